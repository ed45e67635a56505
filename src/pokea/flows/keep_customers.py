"""A merchant's customers: added, changed, and erased when they ask to be forgotten.

One number is one customer's: that is how money paid by hand finds its owner.
"""

from collections.abc import Callable

from pokea.domain.account_key import account_key
from pokea.domain.customer import Customer, erased
from pokea.domain.ids import AccountId, CustomerId
from pokea.flows.deps import Deps
from pokea.flows.errors import Clashes, NotFound
from pokea.flows.ports import Tx


async def add_customer(deps: Deps, customer: Customer) -> None:
    """Keep a new customer.

    Raises:
        Clashes: the number is another customer's.
    """

    def write(tx: Tx) -> None:
        _check_number(tx, customer)
        tx.customers.add(customer)

    await deps.db.write(write)


async def change_customer(
    deps: Deps,
    account_id: AccountId,
    customer_id: CustomerId,
    change: Callable[[Customer], Customer],
    *,
    livemode: bool,
) -> Customer:
    """Change who a customer is.

    Raises:
        NotFound: this merchant has no such customer.
        Clashes: the customer is erased, or the new number is another's.
    """

    def write(tx: Tx) -> Customer:
        before = _locked(tx, account_id, customer_id, livemode=livemode)
        check_not_erased(before)
        changed = change(before)
        _check_number(tx, changed)
        tx.customers.save([changed])
        return changed

    return await deps.db.write(write)


async def erase_customer(
    deps: Deps, account_id: AccountId, customer_id: CustomerId, *, livemode: bool
) -> Customer:
    """Forget who a customer is; money that is theirs stays in the books under the id.

    Raises:
        NotFound: this merchant has no such customer.
    """
    now = deps.clock.now()

    def write(tx: Tx) -> Customer:
        before = _locked(tx, account_id, customer_id, livemode=livemode)
        changed = erased(before, now)
        if changed is not before:
            tx.customers.save([changed])
        return changed

    return await deps.db.write(write)


def own_customer(
    tx: Tx, account_id: AccountId, customer_id: CustomerId, *, livemode: bool
) -> Customer:
    """A customer of this merchant, in this mode; anybody else's does not exist.

    Raises:
        NotFound: there is none.
    """
    return _own(tx.customers.get(customer_id), account_id, livemode=livemode)


def check_not_erased(customer: Customer) -> None:
    """Refuse to do anything for somebody who asked to be forgotten.

    Raises:
        Clashes: the customer is erased.
    """
    if customer.erased_at is not None:
        raise Clashes(
            "customer_erased",
            "This customer was erased. Make a new one.",
            param="customer",
            related={"customer": customer.id},
        )


def _locked(
    tx: Tx, account_id: AccountId, customer_id: CustomerId, *, livemode: bool
) -> Customer:
    held = tx.customers.lock([customer_id])
    return _own(held.get(customer_id), account_id, livemode=livemode)


def _own(found: Customer | None, account_id: AccountId, *, livemode: bool) -> Customer:
    if found is None or found.account_id != account_id or found.livemode is not livemode:
        raise NotFound("customer_not_found", "There is no such customer.", param="customer")
    return found


def _check_number(tx: Tx, customer: Customer) -> None:
    if customer.number is None:
        return
    key = account_key(customer.number.text)
    taken = tx.customers.numbered(
        customer.account_id, livemode=customer.livemode, keys=[key]
    ).get(key)
    if taken is not None and taken.id != customer.id:
        raise Clashes(
            "customer_number_taken",
            "Another customer has this number, perhaps in another spelling.",
            param="number",
            related={"customer": taken.id},
        )
