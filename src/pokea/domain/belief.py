"""Which callbacks are believed: the guards between the inbox and the attempt.

Anybody who learns a path can post to it, so a callback counts only when its address, ids,
amount, payer and time all agree with what we asked for. Anything less settles nothing; it makes
us ask Safaricom. Source: STATE_MACHINES sections 1 and 3.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

from pokea.daraja.values import Msisdn, Payer, Receipt
from pokea.domain.attempt import (
    Attempt,
    CallbackDisagreed,
    CallbackFailed,
    CallbackPaid,
    DoubtRaised,
    PaidClaim,
)
from pokea.domain.corroboration import Witness
from pokea.domain.inbox import InboxState, Told, ToldFailed, ToldPaid, ToldReceived, ToldUnclear
from pokea.domain.receipt import Collector, MoneyHeard


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """Every guard passed: a class B witness."""

    event: CallbackPaid | CallbackFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubted:
    """A guard failed: how the row is parked, why, and what the attempt makes of it."""

    state: InboxState
    reason: str
    event: CallbackDisagreed | DoubtRaised


Match = Believed | Doubted

EARLIEST: Final = timedelta(minutes=-5)
LATEST: Final = timedelta(hours=24)
"""Safaricom's clock may lag ours by minutes; a prompt cannot be paid a day later."""


def match(attempt: Attempt, told: Told, *, ip_listed: bool, now: datetime) -> Match:
    """Weigh what a callback says against the attempt that its path names."""
    if not ip_listed:
        return _doubt(InboxState.QUARANTINED, "address_not_listed", now)
    known = attempt.checkout_request_id
    if known is not None and told.checkout_request_id != known:
        return _doubt(InboxState.CONFLICT, "checkout_request_id", now)
    known = attempt.merchant_request_id
    if known is not None and told.merchant_request_id not in {"", known}:
        return _doubt(InboxState.CONFLICT, "merchant_request_id", now)
    if not told.checkout_request_id:
        # An attempt in doubt has no id to compare with, and must not be given an empty one.
        return _doubt(InboxState.QUARANTINED, "incomplete", now)
    match told:
        case ToldPaid():
            return _match_paid(attempt, told, now)
        case ToldFailed():
            return Believed(
                event=CallbackFailed(
                    at=now,
                    checkout_request_id=told.checkout_request_id,
                    merchant_request_id=told.merchant_request_id,
                    failure=told.failure,
                )
            )
        case ToldUnclear():
            return _doubt(InboxState.QUARANTINED, "unknown_result_code", now)
        case _:
            assert_never(told)


def _match_paid(attempt: Attempt, told: ToldPaid, now: datetime) -> Match:
    if told.receipt is None or told.amount is None or told.paid_at is None:
        return _doubt(InboxState.QUARANTINED, "incomplete", now)
    if told.amount != attempt.amount:
        return _disagree("amount", str(told.amount), told.receipt, now)
    if told.payer is not None and not _is_payer(told.payer, attempt.phone):
        return _disagree("payer", told.payer.masked, told.receipt, now)
    if not EARLIEST <= told.paid_at - attempt.created_at <= LATEST:
        return _doubt(InboxState.QUARANTINED, "transaction_date", now)
    return Believed(
        event=CallbackPaid(
            at=now,
            checkout_request_id=told.checkout_request_id,
            merchant_request_id=told.merchant_request_id,
            claim=PaidClaim(
                receipt=told.receipt,
                amount=told.amount,
                paid_at=told.paid_at,
                heard_at=now,
            ),
        )
    )


def _is_payer(payer: Payer, phone: Msisdn) -> bool:
    if isinstance(payer, Msisdn):
        return payer == phone
    return payer.agrees_with(phone)  # only the digits that Safaricom shows


def _doubt(state: InboxState, reason: str, now: datetime) -> Doubted:
    return Doubted(state=state, reason=reason, event=DoubtRaised(at=now))


def _disagree(about: str, told: str, receipt: Receipt, now: datetime) -> Doubted:
    return Doubted(
        state=InboxState.CONFLICT,
        reason=about,
        event=CallbackDisagreed(at=now, about=about, told=told, receipt=receipt),
    )


def believe_money(
    collector: Collector, told: ToldReceived, *, ip_listed: bool
) -> MoneyHeard | tuple[InboxState, str]:
    """What a C2B confirmation proves, or how its row is parked and why."""
    if not ip_listed:
        return InboxState.QUARANTINED, "address_not_listed"
    if told.shortcode not in {None, collector.shortcode, collector.till}:
        return InboxState.CONFLICT, "shortcode"
    if told.receipt is None or not told.amount or told.paid_at is None:
        return InboxState.QUARANTINED, "incomplete"
    return MoneyHeard(
        receipt=told.receipt,
        shortcode=collector.shortcode,
        amount=told.amount,
        paid_at=told.paid_at,
        witness=Witness.C2B_CONFIRMATION,
        account=told.account,
        payer=told.payer,
        payer_name=told.payer_name,
    )
