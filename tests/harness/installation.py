"""One installation of the gateway: its settings, its first merchant, and its programs.

``Installation`` starts and kills ``pokea serve`` on a database of a test; a test may look into
that database through a store of its own, which shares the key ring.
"""

import hashlib
import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import httpx2

from harness.callbacks import paid_body
from harness.databases import sqlalchemy_url
from harness.examples import SHORTCODE, a_payment, an_attempt, an_event
from harness.processes import Program, run_to_end
from harness.stores import Handed
from harness.volley import Post
from pokea.daraja.values import Msisdn
from pokea.domain.attempt import Attempt, AttemptState
from pokea.domain.capability import path_for
from pokea.domain.event import Event, EventType
from pokea.domain.ids import AccountId, AttemptId, EventId, PaymentId
from pokea.domain.payment import PaymentState
from pokea.flows.ports import Tx
from pokea.store.database import Carrier, SqlDatabase, open_engine
from pokea.store.sealing import Sealer
from pokea.wiring.world import SystemClock, UlidIds

MASTER_KEY: Final = hashlib.sha256(b"the tests' master key").hexdigest()
CLOCK: Final = SystemClock()
NOBODY: Final = "http://127.0.0.1:9"
"""An address where nothing answers: connections are refused at once."""


@dataclass
class Installation:
    """Settings, data folder and database of one gateway, and the programs that run on it."""

    database_url: str
    folder: Path
    safaricom: str = NOBODY
    settings: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def on_postgresql(self) -> bool:
        """Which kind of database it is on."""
        return self.database_url.startswith("postgresql")

    @property
    def environment(self) -> dict[str, str]:
        """The settings, as the environment of its programs."""
        return {
            "MPESA_ENV": "simulator",
            "MPESA_BASE_URL": self.safaricom,
            "MPESA_CONSUMER_KEY": "key",
            "MPESA_CONSUMER_SECRET": "secret",
            "MPESA_SHORTCODE": SHORTCODE.digits,
            "MPESA_PASSKEY": "passkey",
            "BASE_URL": "http://127.0.0.1:9",
            "DATABASE_URL": self.database_url,
            "POKEA_DATA_DIR": str(self.folder / "data"),
            "POKEA_SECRET_KEYS": MASTER_KEY,
            **self.settings,
        }

    def serve(self, *options: str, port: int = 0) -> "Gateway":
        """A gateway, not started yet."""
        arguments = ["serve", "--json", "--port", str(port), *options]
        return Gateway(arguments, self.environment, self.folder)

    def worker(self) -> Program:
        """A worker, not started yet."""
        return Program(["worker"], self.environment, self.folder)

    @cached_property
    def merchant(self) -> dict[str, str]:
        """The first merchant: ``account`` and ``api_key``."""
        made = run_to_end(["init", "--json"], self.environment, self.folder)
        assert made.returncode == 0, made.stderr
        found: dict[str, str] = json.loads(made.stdout)
        return found

    @contextmanager
    def store(self, carrier: Carrier | None = None) -> Generator[SqlDatabase]:
        """The database, looked at from outside."""
        db = SqlDatabase(
            open_engine(sqlalchemy_url(self.database_url)),
            sealer=self.sealer,
            ids=UlidIds(),
            carrier=carrier or Handed(),
        )
        try:
            yield db
        finally:
            db.close()

    @property
    def sealer(self) -> Sealer:
        """Its key ring."""
        return Sealer([bytes.fromhex(MASTER_KEY)])

    def path_of(self, attempt_id: str) -> str:
        """The secret path of an attempt's callbacks."""
        return "/i/s/" + path_for(attempt_id, purpose="s", key=self.sealer.path_keys[0])


class Gateway(Program):
    """``pokea serve``, and how to speak to it."""

    @property
    def url(self) -> str:
        """Its address."""
        found: str = self.said["gateway"]
        return found

    def calls(self, key: str | None = None) -> httpx2.Client:
        """A client of its API."""
        return calls(self.url, key)


def calls(url: str, key: str | None = None) -> httpx2.Client:
    """A client of a gateway's API."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return httpx2.Client(base_url=url, headers=headers, timeout=30, trust_env=False)


def waiting_attempts(
    installation: Installation, how_many: int, *, account: str = "acct_test"
) -> list[Attempt]:
    """Payments whose customers were prompted just now, written straight into the database."""
    now, ids = CLOCK.now(), UlidIds()
    made = [_prompted(ids, now, AccountId(account), number) for number in range(how_many)]
    store_attempts(installation, made)
    return made


def store_attempts(installation: Installation, made: Sequence[Attempt]) -> None:
    """Write attempts and a processing payment for each."""

    def write(tx: Tx) -> None:
        for attempt in made:
            tx.payments.add(
                replace(
                    a_payment(),
                    id=attempt.payment_id,
                    account_id=attempt.account_id,
                    amount=attempt.amount,
                    created_at=attempt.created_at,
                    expires_at=CLOCK.now() + timedelta(days=1),
                    due_at=CLOCK.now() + timedelta(days=1),
                    state=PaymentState.PROCESSING,
                    sequence=2,
                    latest_attempt_id=attempt.id,
                )
            )
            tx.attempts.add(attempt)
        tx.events.add([told for attempt in made for told in _told_of(attempt)])

    with installation.store() as db:
        db.write_here(write)


def _told_of(attempt: Attempt) -> Iterator[Event]:
    """What was told when an attempt's payment was opened and its customer prompted."""
    kinds = (EventType.PAYMENT_CREATED, EventType.PAYMENT_PROCESSING)
    for sequence, kind in enumerate(kinds, start=1):
        yield replace(
            an_event(sequence, kind=kind),
            id=EventId(UlidIds().new("event")),
            account_id=attempt.account_id,
            object_id=attempt.payment_id,
            at=attempt.created_at,
        )


def _prompted(ids: UlidIds, now: datetime, account: AccountId, number: int) -> Attempt:
    phone = Msisdn(f"2547{number:08d}")
    return replace(
        an_attempt(),
        id=AttemptId(ids.new("attempt")),
        payment_id=PaymentId(ids.new("payment")),
        account_id=account,
        phone=phone,
        state=AttemptState.AWAITING_CUSTOMER,
        created_at=now,
        dispatched_at=now,
        accepted_at=now,
        checkout_request_id=f"ws_CO_{ids.new('call')}",
        merchant_request_id=f"29115-{number}",
        due_at=now + timedelta(hours=1),
    )


def problem(response: httpx2.Response) -> dict[str, Any]:
    """An error's body, which must be a problem document."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    found: dict[str, Any] = response.json()
    return found


def paid(installation: Installation, attempts: Sequence[Attempt]) -> list[Post]:
    """Safaricom says paid, for each."""
    return [
        Post(
            path=installation.path_of(attempt.id),
            body=paid_body(attempt, CLOCK.now(), receipt=f"UAF7X{number:05d}"),
        )
        for number, attempt in enumerate(attempts)
    ]
