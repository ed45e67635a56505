"""How the API, an export and its events show the books: numbers, names, and signed shillings.

What stands in the tables is shown as it stands; an account outside the chart has no name.
"""

from pokea.domain.chain import Line, WrittenJournal
from pokea.domain.event import rfc3339
from pokea.domain.ledger import AccountType, Balance, LedgerAccount


def represent_journal(journal: WrittenJournal) -> dict[str, object]:
    """One journal, as JSON."""
    return {
        "id": journal.id,
        "object": "ledger_transaction",
        "livemode": bool(journal.livemode),
        "kind": journal.kind,
        "source": journal.source_id,
        "corrects": journal.corrects_id,
        "shortcode": journal.shortcode,
        "created_at": rfc3339(journal.at),
        "postings": [_posting(line) for line in journal.lines],
    }


def represent_balance(balance: Balance) -> dict[str, object]:
    """What an account holds, as JSON: positive is what the account is for."""
    return {
        "object": "ledger_account",
        "number": balance.account.value,
        "name": account_name(balance.account.value),
        "type": balance.account.type.value,
        "shortcode": balance.shortcode.digits,
        "balance": shillings(_usual_side(balance.account) * balance.posted),
        "pending": shillings(_usual_side(balance.account) * balance.pending),
    }


def account_name(number: int) -> str | None:
    """The chart's name of a number."""
    return _NAMES.get(number)


def shillings(cents: int) -> str:
    """Signed cents as decimal shillings."""
    sign, amount = "-" if cents < 0 else "", abs(cents)
    return f"{sign}{amount // 100}.{amount % 100:02d}"


_NAMES = {account.value: account.name.lower() for account in LedgerAccount}
_CREDITED = {AccountType.LIABILITY, AccountType.EQUITY}


def _usual_side(account: LedgerAccount) -> int:
    return -1 if account.type in _CREDITED else 1


def _posting(line: Line) -> dict[str, object]:
    _, debit, credit, cents, pending = line
    return {
        "debit": _account(debit),
        "credit": _account(credit),
        "amount": shillings(cents),
        "layer": "pending" if pending else "posted",
    }


def _account(number: int) -> dict[str, object]:
    return {"number": number, "name": account_name(number)}
