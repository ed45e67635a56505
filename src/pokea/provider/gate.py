"""A gate before Safaricom: shut while no access token can be had.

Without it every payment that waits would ask for a token of its own, again and again. Shut, it
lets one call through every six seconds, whoever makes it; the first that gets a token opens it.
"""

import math
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from pokea.daraja.errors import DarajaError, InvalidValue, NoToken
from pokea.daraja.operations import Operation
from pokea.flows.ports import Clock

NO_TOKEN_PAUSE: Final = timedelta(seconds=6)
"""Ten requests for a token a minute from one process, however many payments wait for one."""

TRIES_FOR: Final = timedelta(seconds=2)
"""While somebody is trying, the others come back this soon: by then it is mostly known."""

T = TypeVar("T")


class Caller(Protocol):
    """Sends operations to Daraja."""

    async def send(self, operation: Operation[T]) -> T:
        """Send one and return what it decodes to; errors are ``DarajaError``s."""
        ...


class GateShut(NoToken):
    """No access token can be had. Nothing was sent; come back when the gate opens."""

    def __init__(self, opens_in_s: int) -> None:
        super().__init__(f"no access token; asked again in {opens_in_s} s")
        self.opens_in_s = opens_in_s


class GatedCaller:
    """A client behind the gate."""

    def __init__(self, client: Caller, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._opens_at: datetime | None = None
        self._tried = False

    async def send(self, operation: Operation[T]) -> T:
        """Send an operation, unless the gate is shut.

        Raises:
            GateShut: no token could be had, just now or a moment ago.
        """
        tries = self._pass()
        try:
            answer = await self._client.send(operation)
        except NoToken as error:
            self._shut(self._clock.now())
            raise GateShut(NO_TOKEN_PAUSE.seconds) from error
        except DarajaError as error:
            if not isinstance(error, InvalidValue):  # which is ours, before any token
                self._opens_at = None
            raise
        finally:
            self._tried = self._tried and not tries
        self._opens_at = None
        return answer

    def _pass(self) -> bool:
        """Whether this call is the one that tries."""
        if self._opens_at is None:
            return False
        now = self._clock.now()
        if now < self._opens_at:
            wait = min(self._opens_at - now, TRIES_FOR) if self._tried else self._opens_at - now
            raise GateShut(math.ceil(wait.total_seconds()))
        self._shut(now)  # for everybody else
        self._tried = True
        return True

    def _shut(self, now: datetime) -> None:
        self._opens_at = now + NO_TOKEN_PAUSE
