"""The books are opened: what M-PESA's accounts held before the first payment is posted, once.

Either a person names the amounts, or they are what M-PESA's last answer has and the books of
that moment do not. Such an answer must be old enough that everything that was on its way then
has arrived: else a payment would be counted as an opening, and then once more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pokea.domain.balance import COMPARED_AFTER, LEDGER_ACCOUNTS, BalanceReading
from pokea.domain.event import rfc3339
from pokea.domain.ledger import Books, JournalKind, LedgerAccount
from pokea.domain.opening import Amounts, is_an_opening, opening_entries, unexplained
from pokea.domain.receipt import Collector
from pokea.flows.compare_balance import books_at
from pokea.flows.deps import Deps
from pokea.flows.errors import Clashes
from pokea.flows.ports import JournalFilter, Tx
from pokea.flows.represent_balance import signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is posted, or was: ``opened_at`` is when, ``as_of`` is M-PESA's answer."""

    amounts: Amounts
    as_of: datetime | None = None
    opened_at: datetime | None = None


async def open_books(
    deps: Deps, collector: Collector, named: Mapping[LedgerAccount, int], *, post: bool
) -> Opening:
    """Open the books of a shortcode, or only say how; what is open stays as it is.

    Raises:
        Refusal: an account is open already, or nobody can say what it held.
    """

    def write(tx: Tx) -> Opening:
        known = _opened(tx, collector)
        if named:
            _check_named(named, known)
            found = Opening(amounts=named)
        elif known:
            return Opening(
                amounts={account: cents for account, (cents, _) in known.items()},
                opened_at=min(at for _, at in known.values()),
            )
        else:
            found = _from_mpesa(tx, deps, collector)
        if not post:
            return found
        now = deps.clock.now()
        books = Books(
            account_id=collector.account_id,
            livemode=collector.livemode,
            shortcode=collector.shortcode,
        )
        tx.journals.add(opening_entries(books, found.amounts, now))
        return Opening(amounts=found.amounts, as_of=found.as_of, opened_at=now)

    return await deps.db.write(write)


def _opened(tx: Tx, collector: Collector) -> dict[LedgerAccount, tuple[int, datetime]]:
    """With what each account was opened, and when."""
    wanted = JournalFilter(
        account_id=collector.account_id,
        livemode=collector.livemode,
        limit=len(LedgerAccount),
        kind=JournalKind.OPENING.value,
        shortcode=collector.shortcode.digits,
    )
    held = LedgerAccount.OPENING_BALANCE.value
    found: dict[LedgerAccount, tuple[int, datetime]] = {}
    for journal in tx.journals.page(wanted):
        for _, debit, credit, cents, _ in journal.lines:
            account = LedgerAccount(debit if credit == held else credit)
            found[account] = (cents if credit == held else -cents, journal.at)
    return found


def _check_named(
    named: Mapping[LedgerAccount, int], known: Mapping[LedgerAccount, tuple[int, datetime]]
) -> None:
    for account, cents in named.items():
        if account in known:
            before, at = known[account]
            raise Clashes(
                "books_opened",
                f"{account.name.lower()} was opened with KES {signed(before)} at {rfc3339(at)},"
                " and an account is opened once.",
            )
        if not is_an_opening(account, cents):
            raise Clashes("not_an_opening", _wrong_way(account, cents))


def _from_mpesa(tx: Tx, deps: Deps, collector: Collector) -> Opening:
    reading = tx.balances.latest(collector.shortcode, livemode=collector.livemode)
    if reading is None:
        raise Clashes(
            "balance_unknown",
            "M-PESA's balances are not known yet. Ask for them: pokea balance --ask",
        )
    if deps.clock.now() - reading.as_of < COMPARED_AFTER:
        raise Clashes("balance_too_new", _too_early(reading))
    amounts = unexplained(reading.figures, books_at(tx, reading))
    for account, cents in amounts.items():
        if not is_an_opening(account, cents):
            raise Clashes("not_an_opening", _wrong_way(account, cents))
    return Opening(amounts=amounts, as_of=reading.as_of)


def _too_early(reading: BalanceReading) -> str:
    return (
        f"M-PESA's last answer is of {rfc3339(reading.as_of)}. Payments were on their way then:"
        f" try again after {rfc3339(reading.as_of + COMPARED_AFTER)}."
    )


def _wrong_way(account: LedgerAccount, cents: int) -> str:
    name = next(name for name, one in LEDGER_ACCOUNTS.items() if one is account)
    return (
        f"{name}: KES {signed(cents)} is no opening; what left it is in a statement. Import the"
        " statements since the first payment, then open the books."
    )
