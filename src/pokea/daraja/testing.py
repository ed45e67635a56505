"""For tests of your own code: a Daraja that answers what you wrote down, without a socket.

    script = Script(TOKEN, reply(200, {"ResponseCode": "0", ...}))
    client = Client(...).over(script)  # or AsyncClient(...).over(AsyncScript(script))
    client.send(StkPush(...))
    assert script.requests[1].path == "/mpesa/stkpush/v1/processrequest"

For whole journeys, with a phone and callbacks, start `pokea simulator` instead.
"""

import json
from collections.abc import Mapping, Sequence

from typing_extensions import override

from pokea.daraja.transport import AsyncTransport, Lost, NeverWritten, Transport
from pokea.daraja.wire import WireReply, WireRequest

Answer = WireReply | NeverWritten | Lost


def reply(
    status: int,
    body: bytes | Mapping[str, object] | Sequence[object],
    headers: tuple[tuple[str, str], ...] = (),
) -> WireReply:
    """Make a reply; a mapping or list becomes JSON."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return WireReply(status=status, body=body, headers=headers)


# What OAuth answers; on the wire the life is text.
TOKEN = reply(200, {"access_token": "c9SQxWWhmdVRlyh0zh8gZDTkubVF", "expires_in": "3599"})


class Script(Transport):
    """Gives its answers in order and keeps the requests."""

    def __init__(self, *answers: Answer) -> None:
        self.requests: list[WireRequest] = []
        self._answers = list(answers)

    @override
    def send(self, request: WireRequest) -> WireReply:
        self.requests.append(request)
        if not self._answers:
            raise AssertionError(f"the script has no answer left for {request.path}")
        answer = self._answers.pop(0)
        if isinstance(answer, WireReply):
            return answer
        raise answer

    @override
    def close(self) -> None:
        pass

    @property
    def paths(self) -> list[str]:
        """What was asked, without query strings, in order."""
        return [request.path.partition("?")[0] for request in self.requests]


class AsyncScript(AsyncTransport):
    """The same script for an `AsyncClient`."""

    def __init__(self, script: Script) -> None:
        self._script = script

    @override
    async def send(self, request: WireRequest) -> WireReply:
        return self._script.send(request)

    @override
    async def close(self) -> None:
        pass
