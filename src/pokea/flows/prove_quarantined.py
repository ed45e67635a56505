"""A stranger told the truth: a callback from an address that is not listed is proven later.

It counted for nothing when it came. When Safaricom itself has since named the same receipt, the
address was probably Safaricom's own, and an operator should look at the allow-list.
"""

from collections.abc import Sequence

import structlog

from pokea.domain.attempt import Attempt
from pokea.domain.ids import AttemptId
from pokea.domain.inbox import InboxState, ToldPaid, Verdict
from pokea.flows.apply_prompt import hear_prompt
from pokea.flows.ports import Tx

PROVEN = "proven_later"
_log = structlog.get_logger()


def prove_quarantined(tx: Tx, settled: Sequence[Attempt]) -> None:
    """Mark callbacks as applied whose claim their attempts have since been paid by."""
    receipts = {one.id: one.receipt for one in settled if one.receipt is not None}
    for heard in tx.inbox.quarantined(receipts) if receipts else ():
        told = hear_prompt(heard)
        receipt = receipts[AttemptId(heard.subject)]
        if isinstance(told, ToldPaid) and told.receipt == receipt:
            proven = Verdict(id=heard.id, state=InboxState.APPLIED, reason=PROVEN)
            tx.inbox.judge(proven, heard.received_at)
            _log.warning(
                "callback.from_a_new_address",
                source_ip=heard.source_ip,
                attempt=heard.subject,
                consequence="if it is Safaricom's, add it to POKEA_CALLBACK_ALLOWLIST",
            )
