"""``/v1/ledger`` and ``/v1/balances``: the merchant's books, to read. Source: API section 6.

Nothing here changes anything: what happened is booked where it happens, and what was wrong is
corrected by a new journal.
"""

from typing import Any, Final

from fastapi import APIRouter, Request

from pokea.domain.balance import LEDGER_ACCOUNTS, BalanceReading, Figure
from pokea.domain.event import rfc3339
from pokea.domain.invariant import Finding
from pokea.domain.ledger import Balance, LedgerAccount
from pokea.flows.ports import Tx
from pokea.flows.represent_journal import represent_balance, represent_journal, shillings
from pokea.http.api.listing import journal_filter, moment_filter, page_as_json
from pokea.http.deps import MerchantDep, WebDep
from pokea.http.strict_json import StrictRoute

router = APIRouter(prefix="/v1", tags=["ledger"], route_class=StrictRoute)

AT_MPESA: Final = (
    LedgerAccount.MPESA_UTILITY,
    LedgerAccount.MPESA_MERCHANT,
    LedgerAccount.MPESA_WORKING,
    LedgerAccount.MPESA_CHARGES_PAID,
    LedgerAccount.MPESA_SETTLEMENT,
)
"""The accounts of which M-PESA has its own figure."""


@router.get("/ledger/transactions")
async def transactions(request: Request, site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """A page of journals, newest first."""
    wanted = journal_filter(request, asking)
    page = await site.deps.db.read(lambda tx: tx.journals.page(wanted))
    return page_as_json(
        "/v1/ledger/transactions",
        page,
        represent_journal,
        limit=wanted.limit,
        backwards=wanted.ending_before is not None,
    )


@router.get("/ledger/accounts")
async def accounts(request: Request, site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """What every account held `at` a moment, or holds now; accounts never used are left out."""
    wanted = moment_filter(request)
    at = wanted["at"] or site.deps.clock.now()
    found = await site.deps.db.read(
        lambda tx: tx.journals.balances(
            asking.account_id, livemode=asking.livemode, shortcode=wanted["shortcode"], at=at
        )
    )
    return {
        "object": "list",
        "at": rfc3339(at),
        "data": [represent_balance(balance) for balance in found],
        "url": "/v1/ledger/accounts",
    }


@router.get("/ledger/invariants")
async def invariants(site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """What the last look at all the books found; it is looked every hour."""
    del asking  # the books are the installation's; whose things are named is not told
    report = await site.deps.db.read(lambda tx: tx.book_checks.last())
    findings = () if report is None else report.findings
    return {
        "object": "list",
        "checked_at": None if report is None else rfc3339(report.at),
        "opens_payments": report is None or report.intact,
        "chain": None
        if report is None
        else {"number": report.head.number, "hash": report.head.hash.hex()},
        "data": [_invariant(finding) for finding in findings],
        "url": "/v1/ledger/invariants",
    }


@router.get("/balances")
async def balances(site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """What the merchant has at M-PESA: by our books, and by M-PESA's own word."""

    def look(tx: Tx) -> list[dict[str, Any]]:
        found = tx.journals.balances(asking.account_id, livemode=asking.livemode)
        at_mpesa = [one for one in found if one.account in AT_MPESA]
        words = {
            shortcode: (
                tx.balances.latest(shortcode, livemode=asking.livemode),
                tx.balances.latest_compared(shortcode, livemode=asking.livemode),
            )
            for shortcode in {one.shortcode for one in at_mpesa}
        }
        return [_balance(one, *words[one.shortcode]) for one in at_mpesa]

    data = await site.deps.db.read(look)
    return {"object": "list", "data": data, "url": "/v1/balances"}


def _balance(
    ours: Balance, heard: BalanceReading | None, compared: BalanceReading | None
) -> dict[str, Any]:
    """An account by our books, M-PESA's last word, and how they differed when compared."""
    theirs, beside = _figure(ours, heard), _figure(ours, compared)
    return {
        "object": "balance",
        "shortcode": ours.shortcode.digits,
        "account": ours.account.name.lower(),
        "ledger": shillings(ours.posted),
        "held": shillings(-ours.pending),
        "available": shillings(ours.posted + ours.pending),
        "mpesa": None if theirs is None else shillings(theirs.current_cents),
        "mpesa_as_of": None if theirs is None or heard is None else rfc3339(heard.as_of),
        "difference": None if beside is None else shillings(beside.difference_cents),
        "difference_as_of": None
        if beside is None or compared is None
        else rfc3339(compared.as_of),
    }


def _figure(ours: Balance, heard: BalanceReading | None) -> Figure | None:
    """What M-PESA said of an account of ours."""
    figures = () if heard is None else heard.figures
    return next((one for one in figures if LEDGER_ACCOUNTS.get(one.name) is ours.account), None)


def _invariant(finding: Finding) -> dict[str, Any]:
    return {
        "object": "ledger_invariant",
        "number": finding.invariant.number,
        "name": finding.invariant.value,
        "holds": finding.holds,
        "broken_by": finding.count,
    }
