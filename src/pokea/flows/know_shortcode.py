"""The installation's own shortcode has a row, so that money by hand finds its merchant.

The row's id is in the addresses that Safaricom is told once, and so it never changes.
"""

from dataclasses import replace

from pokea.domain.ids import ShortcodeId
from pokea.domain.receipt import Collector
from pokea.flows.deps import Deps
from pokea.flows.open_payment import Merchant
from pokea.flows.ports import Tx


def know_shortcode(tx: Tx, deps: Deps, merchant: Merchant) -> Collector:
    """The row of a merchant's shortcode, made where it is missing."""
    known = tx.shortcodes.of(merchant.shortcode, livemode=merchant.livemode)
    if known is None:
        made = Collector(
            id=ShortcodeId(deps.ids.new("shortcode")),
            account_id=merchant.account_id,
            livemode=merchant.livemode,
            shortcode=merchant.shortcode,
            till=merchant.till,
        )
        tx.shortcodes.add(made, deps.clock.now())
        return made
    if known.till != merchant.till:
        tx.shortcodes.change_till(known.id, merchant.till)
        known = replace(known, till=merchant.till)
    return known
