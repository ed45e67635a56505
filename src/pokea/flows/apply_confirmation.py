"""C2B confirmations: money that was paid by hand, or a prompt's money told a second time.

The path names the shortcode, which Safaricom was told once; everything else is in the body.
"""

from collections.abc import Sequence
from datetime import datetime

from pokea.daraja.callbacks import C2bConfirmation, decode
from pokea.daraja.errors import MalformedCallback
from pokea.daraja.values import Receipt
from pokea.domain.belief import believe_money
from pokea.domain.errors import Bug
from pokea.domain.ids import InboxId, ShortcodeId
from pokea.domain.inbox import InboxState, ReceivedCallback, ToldReceived, Verdict
from pokea.domain.receipt import Collector, MoneyHeard
from pokea.flows.ask_status import ask_status
from pokea.flows.deps import Deps
from pokea.flows.orphans import orphaned
from pokea.flows.ports import Tx
from pokea.flows.take_receipts import Taken, take_receipts


def judge_confirmations(
    tx: Tx, deps: Deps, callbacks: Sequence[ReceivedCallback], at: datetime
) -> dict[InboxId, Verdict]:
    """Apply confirmations that arrived together; what became of each."""
    verdicts: dict[InboxId, Verdict] = {}
    of_subject: dict[str, list[ReceivedCallback]] = {}
    for callback in callbacks:
        of_subject.setdefault(callback.subject, []).append(callback)
    for subject, theirs in sorted(of_subject.items()):
        collector = tx.shortcodes.get(ShortcodeId(subject))
        if collector is None:
            verdicts |= {one.id: orphaned(one, "no_such_shortcode", at) for one in theirs}
        else:
            verdicts |= _judge_of(tx, deps, collector, theirs, at)
    return verdicts


def _judge_of(
    tx: Tx,
    deps: Deps,
    collector: Collector,
    callbacks: Sequence[ReceivedCallback],
    at: datetime,
) -> dict[InboxId, Verdict]:
    verdicts: dict[InboxId, Verdict] = {}
    believed: list[tuple[ReceivedCallback, MoneyHeard]] = []
    doubted: Receipt | None = None
    for callback in callbacks:
        told = _hear(callback)
        if isinstance(told, MalformedCallback):
            verdicts[callback.id] = Verdict(
                id=callback.id, state=InboxState.MALFORMED, reason=told.reason
            )
            continue
        money = believe_money(collector, told, ip_listed=callback.ip_listed)
        if isinstance(money, MoneyHeard):
            believed.append((callback, money))
        else:
            state, reason = money
            verdicts[callback.id] = Verdict(id=callback.id, state=state, reason=reason)
            doubted = doubted or told.receipt
    if doubted is not None:
        # None of it is believed. One question for each group: a stranger who posts a thousand
        # claims must not use up our questions; Pull and the statement find what was genuine.
        ask_status(tx, deps, doubted, collector)
    outcomes = take_receipts(tx, deps, collector, [money for _, money in believed], at)
    for (callback, _), taken in zip(believed, outcomes, strict=True):
        verdicts[callback.id] = _verdict(callback, taken)
    return verdicts


def _verdict(callback: ReceivedCallback, taken: Taken) -> Verdict:
    match taken:
        case Taken.NEW | Taken.CONFIRMED | Taken.VERIFIED:
            return Verdict(id=callback.id, state=InboxState.APPLIED)
        case Taken.REPEATED:
            return Verdict(id=callback.id, state=InboxState.DUPLICATE)
        case Taken.DIFFERS:
            return Verdict(id=callback.id, state=InboxState.CONFLICT, reason="receipt")


def _hear(callback: ReceivedCallback) -> ToldReceived | MalformedCallback:
    """What a body says, in our words, or why it says nothing."""
    try:
        said = decode("c2b_confirmation", callback.body)
    except MalformedCallback as malformed:
        return malformed
    if not isinstance(said, C2bConfirmation):
        raise Bug("a confirmation of another kind")
    names = (said.first_name, said.middle_name, said.last_name)
    return ToldReceived(
        receipt=said.receipt,
        amount=said.amount,
        shortcode=said.shortcode,
        paid_at=said.paid_at,
        account=said.account,
        payer=said.payer,
        payer_name=" ".join(name for name in names if name),
    )
