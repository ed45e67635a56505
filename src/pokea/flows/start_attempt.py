"""The first half of a prompt: write down that a phone is about to be asked.

Shared by opening a payment and by trying again. The attempt is stored as ``dispatching``, with
a lease, in the transaction before the call: if this process dies in between, the lease ends and
the attempt is *in doubt*, and nothing is ever sent twice.
"""

from datetime import datetime

from pokea.daraja.values import Msisdn, Shortcode
from pokea.domain.attempt import Attempt, Dispatched
from pokea.domain.attempt_machine import decide as decide_attempt
from pokea.domain.decision import Applied
from pokea.domain.errors import Bug
from pokea.domain.event import Event
from pokea.domain.ids import AttemptId
from pokea.domain.payment import AttemptStarted, Payment
from pokea.domain.payment_machine import decide as decide_payment
from pokea.domain.prompting import DAY, too_soon
from pokea.flows.deps import Deps
from pokea.flows.desk import announce
from pokea.flows.errors import TooOften
from pokea.flows.ports import Tx


def start_attempt(
    tx: Tx, deps: Deps, payment: Payment, till: Shortcode | None, phone: Msisdn
) -> tuple[Payment, Attempt, Event]:
    """A new attempt of a payment, the payment as it is then, and the event that says so.

    Raises:
        TooOften: this phone was prompted often enough for now.
    """
    now = deps.clock.now()
    _check_limits(tx, deps, payment, phone, now)
    attempt = Attempt(
        id=AttemptId(deps.ids.new("attempt")),
        payment_id=payment.id,
        account_id=payment.account_id,
        livemode=payment.livemode,
        shortcode=payment.shortcode,
        till=till,
        amount=payment.owed,
        phone=phone,
        phone_token=deps.phones.phone_token(payment.account_id, phone),
        account_reference=payment.account_reference,
        created_at=now,
    )
    dispatched = decide_attempt(attempt, Dispatched(at=now), deps.rules)
    started = decide_payment(payment, AttemptStarted(attempt_id=attempt.id))
    if not isinstance(dispatched, Applied) or not isinstance(started, Applied):
        raise Bug("an attempt was started where none may start")
    events = announce(deps.ids, started.now, dispatched.now, now)
    return started.now.payment, dispatched.now, events[0]


def _check_limits(tx: Tx, deps: Deps, payment: Payment, phone: Msisdn, now: datetime) -> None:
    earlier = tx.attempts.prompts(phone, now - DAY)
    refusal = too_soon(earlier, payment.owed, now, deps.prompt_limit)
    if refusal is not None:
        raise TooOften(
            "prompt_rate_limited",
            f"{phone.masked} {refusal.why}. Wait, or pay another way.",
            retry_after_s=refusal.wait_s,
            param="phone",
        )
