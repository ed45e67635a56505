"""Carries notices by SMS, e-mail and 130 other ways, through Apprise; one try at a time.

Apprise is synchronous and says only yes or no. What a "no" means decides whether a message may
be sent again, so the requests that its services make are watched: nothing connected, or a
refusal, is clear; a request that may have been read is not. Services that do not speak HTTP
leave a "no" unclear.

The addresses in the settings are secrets: they are never logged, and neither are the services'
own words, which may repeat them.
"""

import asyncio
import logging
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote

import apprise
import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3.exceptions import MaxRetryError, NewConnectionError

from pokea.domain.notice import Channel, NotTaken, SendOutcome, Taken, Target, Unclear
from pokea.domain.notice_text import Message
from pokea.flows.work import NOTICES_AT_ONCE
from pokea.settings import BadSettings, Settings

LIMIT_S: Final = 20
"""For one message, whatever its service does; most services need one or two requests."""

READ_S: Final = 10
"""For one answer. Apprise's own four seconds are less than an SMS service may need."""

_SCHEMES: Final = {Channel.PHONE: "{phone}", Channel.EMAIL: "{email}"}
_EXAMPLES: Final = {Channel.PHONE: "254712345678", Channel.EMAIL: "payer@example.com"}
_REFUSALS: Final = range(300, 500)
"""Redirects are not followed. 5xx may come from what stands before a service that took it."""


class AppriseNotifier:
    """Sends messages to the addresses that the settings name."""

    def __init__(self, settings: Settings) -> None:
        """Read and try every address.

        Raises:
            BadSettings: an address that Apprise does not know.
        """
        _watch_requests()
        self._operators = _by_name(settings)
        self._customers = _by_channel(settings)
        self._threads = ThreadPoolExecutor(NOTICES_AT_ONCE, thread_name_prefix="notify")
        for number, url in enumerate(self._operators.values(), start=1):
            _check("POKEA_NOTIFY_OPERATORS", url, f"number {number}")
        for channel, template in self._customers.items():
            example = _filled(template, channel, _EXAMPLES[channel])
            _check("POKEA_NOTIFY_CUSTOMERS", example, f"with {_SCHEMES[channel]}")

    @property
    def operators(self) -> tuple[Target, ...]:
        """The operators' addresses, by names that give nothing away."""
        return tuple(Target(channel=Channel.OPERATOR, address=name) for name in self._operators)

    @property
    def customers(self) -> frozenset[Channel]:
        """By what customers can be reached."""
        return frozenset(self._customers)

    async def send(self, target: Target, message: Message) -> SendOutcome:
        """One try; never raises for what the far side does."""
        url = self._url(target)
        if url is None:
            return NotTaken(why="the address is no longer in the settings")
        sending = self._threads.submit(_send, url, message)
        try:
            async with asyncio.timeout(LIMIT_S):
                return await asyncio.wrap_future(sending)
        except TimeoutError:
            # Still in the queue behind sends that hang: then it never began, and never will.
            if sending.cancel():
                return NotTaken(why="other messages were still being sent")
            return Unclear(why=f"no answer in {LIMIT_S} s")

    def close(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _url(self, target: Target) -> str | None:
        if target.channel is Channel.OPERATOR:
            return self._operators.get(target.address)
        template = self._customers.get(target.channel)
        return template and _filled(template, target.channel, target.address)


def _by_name(settings: Settings) -> Mapping[str, str]:
    urls = [url.get_secret_value() for url in settings.pokea_notify_operators]
    return {sha256(url.encode()).hexdigest()[:16]: url for url in urls}


def _by_channel(settings: Settings) -> Mapping[Channel, str]:
    templates = [url.get_secret_value() for url in settings.pokea_notify_customers]
    return {
        channel: template
        for template in templates
        for channel, mark in _SCHEMES.items()
        if mark in template
    }


def _filled(template: str, channel: Channel, address: str) -> str:
    return template.replace(_SCHEMES[channel], quote(address, safe=""))


def _check(setting: str, url: str, which: str) -> None:
    if _service(url) is None:
        raise BadSettings(
            f"{setting}: the URL {which} is none that Apprise knows, or it is incomplete."
            " See docs/how-to/notifications.md"
        )


_Apprise: Any = apprise.Apprise  # its types are only half known


def _service(url: str) -> apprise.NotifyBase | None:
    asset = apprise.AppriseAsset(
        app_id="Pokea",
        app_desc="Pokea",
        app_url="",
        async_mode=False,
        service_timeout=0,  # the limit is ours, and one thread is enough
        http_redirects=False,
    )
    service: apprise.NotifyBase | None = _Apprise.instantiate(url, asset=asset)
    if service is not None:
        # Whether to send again is decided where it is written down, never in a URL's ?retry=
        service.retry = 0
        service.socket_read_timeout = READ_S
    return service


def _send(url: str, message: Message) -> SendOutcome:
    """Send on this thread."""
    service = _service(url)
    if service is None:
        return NotTaken(why="the address is none that the service accepts")
    title = message.title if service.title_maxlen > 0 else ""
    _seen.requests = requests_seen = list[_Request]()
    taken = _Apprise(services=service).notify(
        body=message.body, title=title, body_format=apprise.NotifyFormat.TEXT
    )
    return Taken() if taken else _why_not(requests_seen)


# ── what became of the requests ──────────────────────────────────────────────────────────


@dataclass
class _Request:
    """One HTTP request: whether it was ever sent, and its status when there was an answer."""

    sent: bool = True
    status: int | None = None

    @property
    def is_clear(self) -> bool:
        return not self.sent or self.status is not None


_seen = threading.local()


def _why_not(seen: Sequence[_Request]) -> SendOutcome:
    if not seen or not all(request.is_clear for request in seen):
        return Unclear(why="no clear answer")
    last = seen[-1]
    if not last.sent:
        return NotTaken(why="no connection")
    if last.status in _REFUSALS:
        return NotTaken(why=f"refused with HTTP status {last.status}")
    return Unclear(why=f"not taken, with HTTP status {last.status}")


class _WatchedAdapter(HTTPAdapter):
    """Notes how requests of this thread end; a proxy of the environment is not ours."""

    @override
    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send a request."""
        noted = _Request()
        getattr(_seen, "requests", []).append(noted)
        try:
            response = super().send(request, stream, timeout, verify, cert, {})
        except requests.ConnectionError as error:
            noted.sent = not _never_connected(error)
            raise
        noted.status = response.status_code
        return response


def _never_connected(error: requests.ConnectionError) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _watch_requests() -> None:
    """Let every session that a service opens be watched: services open their own."""
    sessions: Any = requests.sessions
    sessions.HTTPAdapter = _WatchedAdapter
    for library in ("apprise", "urllib3"):
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
