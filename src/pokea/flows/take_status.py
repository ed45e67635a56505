"""A status result about money: it arrived, or it did not, whatever somebody claimed."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from pokea.domain.attempt import CallbackDisagreed
from pokea.domain.corroboration import Witness
from pokea.domain.inquiry import Inquiry
from pokea.domain.receipt import MoneyHeard
from pokea.domain.receipt_machine import conflicted
from pokea.domain.status_word import Arrived, Ended
from pokea.flows.deps import Deps
from pokea.flows.desk import Desk
from pokea.flows.ports import Tx
from pokea.flows.push_payment import apply_event
from pokea.flows.take_receipts import take_receipts

_log = structlog.get_logger()


def take_statuses(
    tx: Tx, deps: Deps, told: Sequence[tuple[Inquiry, Arrived | Ended]], at: datetime
) -> None:
    """Take in what became of receipts."""
    for inquiry, word in told:
        if isinstance(word, Arrived):
            _arrived(tx, deps, inquiry, word, at)
        else:
            _ended(tx, deps, inquiry, word, at)


def _arrived(tx: Tx, deps: Deps, inquiry: Inquiry, word: Arrived, at: datetime) -> None:
    collector = tx.shortcodes.of(inquiry.shortcode, livemode=inquiry.livemode)
    if collector is None:
        _log.error("status.no_collector", shortcode=inquiry.shortcode.digits)
        return
    money = MoneyHeard(
        receipt=word.receipt,
        shortcode=inquiry.shortcode,
        amount=word.amount,
        paid_at=word.paid_at,
        witness=Witness.STATUS_RESULT,
        payer=word.payer,
        payer_name=word.payer_name,
    )
    take_receipts(tx, deps, collector, [money], at)


def _ended(tx: Tx, deps: Deps, inquiry: Inquiry, word: Ended, at: datetime) -> None:
    """Somebody named this receipt, and Safaricom says that it brought us no money."""
    if inquiry.about is None:
        return
    if not word.denies:
        _log.warning("status.credited_elsewhere", receipt=inquiry.about.code, told=word.outcome)
        return
    if inquiry.attempt_id is not None:
        event = CallbackDisagreed(at=at, about="status")
        apply_event(tx, deps, inquiry.attempt_id, event, at)
    row = tx.receipts.lock([inquiry.about]).get(inquiry.about)
    if row is not None:
        _log.error("receipt.denied", receipt=inquiry.about.code, status=word.outcome)
        if row.attempt_id is None:
            change = conflicted(row)
            tx.receipts.save([change.record])
            desk = Desk(tx, deps, at)
            desk.tell_receipt(change)
            desk.write()
