"""Who carries notices, and the plan that they follow."""

from typing import Protocol

from pokea.domain.notice import Channel, NoticePlan, NotTaken, SendOutcome, Target
from pokea.domain.notice_text import Message
from pokea.flows.ports import Notifier
from pokea.settings import Settings


class Carrier(Notifier, Protocol):
    """A notifier that knows whom it can reach."""

    @property
    def operators(self) -> tuple[Target, ...]:
        """The operators' addresses."""
        ...

    @property
    def customers(self) -> frozenset[Channel]:
        """By what customers can be reached."""
        ...

    def close(self) -> None:
        """Begin nothing more."""
        ...


class Nobody:
    """Reaches nobody; what was written down under other settings is not taken."""

    operators: tuple[Target, ...] = ()
    customers: frozenset[Channel] = frozenset()

    async def send(self, target: Target, message: Message) -> SendOutcome:
        """Take nothing."""
        del target, message
        return NotTaken(why="the address is no longer in the settings")

    def close(self) -> None:
        """Nothing is open."""


def open_notifier(settings: Settings) -> Carrier:
    """The carrier that the settings ask for.

    Raises:
        BadSettings: an address that Apprise does not know.
    """
    if not settings.pokea_notify_operators and not settings.pokea_notify_customers:
        return Nobody()
    # Here, because Apprise takes 8 MB of memory, which most installations never need.
    from pokea.notifier import AppriseNotifier  # noqa: PLC0415

    return AppriseNotifier(settings)


def notice_plan(settings: Settings, carrier: Carrier) -> NoticePlan:
    """Who is told, in which language, and in whose name."""
    return NoticePlan(
        operators=carrier.operators,
        customers=carrier.customers,
        language=settings.pokea_notify_language,
        merchant_name=settings.pokea_merchant_name,
        livemode=settings.livemode,
    )
