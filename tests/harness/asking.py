"""A world whose gateway may ask: as an API operator, and for Safaricom's own list.

``Asking`` answers the gateway's questions as Safaricom would, later and by callback.
"""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from harness.examples import RECEIPT, SHORTCODE
from harness.fakes import Asks, FakeInquirer, FakePuller
from harness.world import SAFARICOM, World, a_world
from pokea.daraja.values import Receipt, eat_timestamp
from pokea.domain.corroboration import Rules
from pokea.domain.inquiry import Conversation, Inquiry
from pokea.domain.receipt import Collector
from pokea.domain.routine import RoutineKind
from pokea.flows.ports import SaysPaid
from pokea.flows.run_routine import plan_routines

PAYER: Final = "254712345678 - WANJIKU KAMAU"
US: Final = f"{SHORTCODE.digits} - DUKA LA WANJIKU   "
"""With the trailing spaces of Safaricom's."""


@dataclass
class Asking:
    """A gateway that asks, and the Safaricom that answers it."""

    world: World
    inquirer: FakeInquirer
    puller: FakePuller
    collector: Collector

    @property
    def last(self) -> Inquiry:
        """The question that was asked last."""
        return self.inquirer.asked[-1][0]

    async def inquiry(self) -> Inquiry:
        """That question as it is now."""
        asked = self.last.id
        found = await self.world.deps.db.read(lambda tx: tx.inquiries.get(asked))
        assert found is not None
        return found

    async def inquiries(self) -> int:
        """How many questions there are."""
        return len(self.world.rows_of_inquiries())

    async def hears(self, body: bytes, *, given_up: bool = False, listed: bool = True) -> None:
        """A callback arrives on the last question's own path."""
        _, result_path, timeout_path = self.inquirer.asked[-1]
        _, _, kind, path = (timeout_path if given_up else result_path).split("/")
        callback = self.world.door.read(kind, path, body, source_ip=SAFARICOM, ip_listed=listed)
        assert callback is not None
        await self.world.door.receive(callback)

    async def answers_status(
        self, *, code: int = 0, conversation: Conversation | None = None, **bent: Any
    ) -> None:
        """Safaricom answers what became of a receipt; ``bent`` replaces parameters."""
        await self.hears(self.status_body(code=code, conversation=conversation, **bent))

    def status_body(
        self, *, code: int = 0, conversation: Conversation | None = None, **bent: Any
    ) -> bytes:
        """Completed, KES 100 to us, unless bent."""
        moment = int(eat_timestamp(self.world.clock.now()))
        about = self.last.about or RECEIPT
        parameters: dict[str, object] = {
            "DebitPartyName": PAYER,
            "CreditPartyName": US,
            "TransactionStatus": "Completed",
            "InitiatedTime": moment,
            "FinalisedTime": moment,
            "Amount": 100.0,
            "ReceiptNo": about.code,
        }
        return result_body(
            conversation or self.inquirer.conversation(), code, parameters | bent
        )

    async def answers_balance(self, text: str, *, at: datetime | None = None) -> None:
        """Safaricom answers what the accounts hold."""
        moment = eat_timestamp(at or self.world.clock.now())
        parameters = {"AccountBalance": text, "BOCompletedTime": int(moment)}
        body = result_body(self.inquirer.conversation(), 0, parameters)
        await self.hears(body)

    async def gives_up(self) -> None:
        """A queue of Safaricom's gives up: our own request comes back."""
        echoed = {"CommandID": "TransactionStatusQuery", "SecurityCredential": "abc"}
        await self.hears(json.dumps(echoed).encode(), given_up=True)


def result_body(
    conversation: Conversation, code: int | str, parameters: Mapping[str, object]
) -> bytes:
    """A result as Safaricom writes it."""
    return json.dumps(
        {
            "Result": {
                "ResultType": 0,
                "ResultCode": code,
                "ResultDesc": "The service request is processed successfully.",
                "OriginatorConversationID": conversation.originator_conversation_id,
                "ConversationID": conversation.conversation_id,
                "TransactionID": "UAF0000000",
                "ResultParameters": {
                    "ResultParameter": [
                        {"Key": key, "Value": value}
                        for key, value in parameters.items()
                        if value is not None
                    ]
                },
            }
        }
    ).encode()


@asynccontextmanager
async def an_asking_world(url: str, *, rules: Rules | None = None) -> AsyncGenerator[Asking]:
    """A world with an initiator, with Pull, and with its shortcode's row."""
    asks = Asks()
    async with a_world(url, rules=rules, asks=asks) as world:
        yield Asking(world, asks.inquirer, asks.puller, world.collector)


@asynccontextmanager
async def a_watched_shop(url: str) -> AsyncGenerator[Asking]:
    """A shop that is paid in a second, and asks for its balance every quarter of an hour."""
    async with an_asking_world(url) as made:
        made.world.provider.otherwise = SaysPaid()
        deps, now = made.world.deps, made.world.clock.now()
        wanted = [(RoutineKind.BALANCE, SHORTCODE)]
        await deps.db.write(lambda tx: plan_routines(tx, deps.ids, wanted, now))
        yield made


def receipt(number: int) -> Receipt:
    """One of many receipts."""
    return Receipt(f"UAF7X{number:05d}")
