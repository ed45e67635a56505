"""``/v1/customers``: whom a merchant knows, by number and by phone. Source: API section 6.

The answer to a request is never kept beside its idempotency key, as those of payments are: a
customer who was erased would live on in it. A repeat shows the customer as they are now.
"""

from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import BillReference
from pokea.domain.account_key import account_key
from pokea.domain.customer import Customer
from pokea.domain.event import rfc3339
from pokea.domain.ids import CustomerId
from pokea.flows.keep_customers import (
    add_customer,
    change_customer,
    erase_customer,
    own_customer,
)
from pokea.flows.open_payment import Merchant
from pokea.http.api.fields import Metadata, PhoneField, Text, described
from pokea.http.api.idempotent import (
    REPLAYED,
    BindingDatabase,
    KeyHeader,
    KeyIsBound,
    Replay,
    key_of,
    replay_of,
)
from pokea.http.api.listing import customer_filter, page_as_json
from pokea.http.api.listing import customer_id as read_id
from pokea.http.deps import MerchantDep, Web, WebDep
from pokea.http.errors import FieldProblem, Problem
from pokea.http.strict_json import StrictRoute

router = APIRouter(prefix="/v1/customers", tags=["customers"], route_class=StrictRoute)


def _number(value: object) -> BillReference:
    if not isinstance(value, str):
        raise FieldProblem("invalid_field", "Write the number as text.")
    try:
        number = BillReference(value)
    except InvalidValue as error:
        raise FieldProblem("invalid_field", f"The number {error.reason}.") from None
    if not account_key(value):
        raise FieldProblem("invalid_field", "The number needs a letter or a digit.")
    return number


def _email(value: str) -> str:
    name, at, host = value.partition("@")
    if not (name and at and host) or "@" in host or any(letter <= " " for letter in value):
        raise FieldProblem("invalid_field", "Give an e-mail address, such as a@shop.example.")
    return value


NumberField = Annotated[
    BillReference,
    BeforeValidator(_number),
    described("What they type as the account when they pay: 1 to 20 characters.", "ADM/1042"),
]
EmailField = Annotated[Text, Field(max_length=254), AfterValidator(_email)]


class CustomerRequest(BaseModel):
    """Somebody whom the merchant knows."""

    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)

    number: NumberField | None = None
    name: Text | None = None
    phone: PhoneField | None = None
    email: EmailField | None = None
    metadata: Metadata = Field(default_factory=dict)


@router.post("", status_code=201)
async def create(
    body: CustomerRequest,
    request: Request,
    site: WebDep,
    asking: MerchantDep,
    idempotency_key: KeyHeader = None,
) -> Response:
    """Make a customer known, so that money paid by hand finds them."""
    key = await key_of(request, asking, idempotency_key)
    customer = Customer(
        id=CustomerId(site.deps.ids.new("customer")),
        account_id=asking.account_id,
        livemode=asking.livemode,
        created_at=site.deps.clock.now(),
        **dict(body),
    )
    binding = BindingDatabase(site.deps, key, customer.id)
    try:
        await add_customer(replace(site.deps, db=binding), customer)
    except KeyIsBound as bound:
        replay = await replay_of(site, key, bound.record)
        if isinstance(replay, Replay):
            return replay.response
        known = await _own(site, asking, CustomerId(replay))
        return JSONResponse(_as_json(site, known), status_code=201, headers=REPLAYED)
    return JSONResponse(_as_json(site, customer), status_code=201)


@router.get("")
async def list_customers(request: Request, site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """A page of customers, newest first; the erased are left out."""
    wanted = customer_filter(request, asking)
    page = await site.deps.db.read(lambda tx: tx.customers.page(wanted))
    return page_as_json(
        "/v1/customers",
        page,
        partial(_as_json, site),
        limit=wanted.limit,
        backwards=wanted.ending_before is not None,
    )


@router.get("/{customer_id}")
async def get(customer_id: str, site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """One customer."""
    return _as_json(site, await _own(site, asking, _named(customer_id)))


@router.patch("/{customer_id}")
async def change(
    customer_id: str, body: CustomerRequest, site: WebDep, asking: MerchantDep
) -> dict[str, Any]:
    """Change the fields that are given; `null` empties one, `metadata` is replaced whole."""
    given = {name: value for name, value in body if name in body.model_fields_set}
    changed = await change_customer(
        site.deps,
        asking.account_id,
        _named(customer_id),
        lambda before: replace(before, **given),
        livemode=asking.livemode,
    )
    return _as_json(site, changed)


@router.delete("/{customer_id}")
async def erase(customer_id: str, site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """Forget who this is; the id, and the money under it, stay."""
    gone = await erase_customer(
        site.deps, asking.account_id, _named(customer_id), livemode=asking.livemode
    )
    return _as_json(site, gone)


def _named(text: str) -> CustomerId:
    """The customer that an address names."""
    try:
        return read_id(text)
    except ValueError:
        raise Problem("customer_not_found", "There is no such customer.") from None


async def _own(site: Web, asking: Merchant, customer_id: CustomerId) -> Customer:
    return await site.deps.db.read(
        lambda tx: own_customer(tx, asking.account_id, customer_id, livemode=asking.livemode)
    )


def _as_json(site: Web, customer: Customer) -> dict[str, Any]:
    phone, gone = customer.phone, customer.erased_at
    return {
        "id": customer.id,
        "object": "customer",
        "livemode": customer.livemode,
        "number": None if customer.number is None else customer.number.text,
        "name": customer.name,
        "phone": None if phone is None else phone.masked,
        "phone_token": None
        if phone is None
        else site.deps.phones.phone_token(customer.account_id, phone),
        "email": customer.email,
        "created_at": rfc3339(customer.created_at),
        "erased_at": None if gone is None else rfc3339(gone),
        "metadata": dict(customer.metadata),
    }
