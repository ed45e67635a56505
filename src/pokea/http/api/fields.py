"""The API's fields: text in, checked values out, each refusal with its own code."""

from decimal import Decimal
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import AccountReference, Money, Msisdn
from pokea.domain.ids import CustomerId
from pokea.http.errors import FieldProblem

METADATA_KEYS_MAX: Final = 50


def _amount(value: object) -> Money:
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise FieldProblem("invalid_field", 'Write the amount as "1500.00" or 1500.')
    if isinstance(value, Decimal):
        raise FieldProblem(
            "amount_must_not_be_float",
            'Write the amount as a string, "1500.50": JSON floats lose cents.',
        )
    try:
        return Money.parse(value)
    except InvalidValue as error:
        raise FieldProblem("invalid_field", f"The amount {error.reason}.") from None


def _phone(value: object) -> Msisdn:
    if not isinstance(value, str):
        raise FieldProblem("invalid_phone", "Write the phone as text, such as 0712 345 678.")
    try:
        return Msisdn.parse(value)
    except InvalidValue as error:
        raise FieldProblem("invalid_phone", f"The phone number {error.reason}.") from None


def _account_reference(value: object) -> AccountReference:
    if not isinstance(value, str):
        raise FieldProblem("invalid_field", "Write the account reference as text.")
    try:
        return AccountReference(value)
    except InvalidValue as error:
        raise FieldProblem("invalid_field", f"The account reference {error.reason}.") from None


def _storable(value: str) -> str:
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise FieldProblem("invalid_field", "Text must not hold NUL or half characters.")
    return value


def _web_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise FieldProblem("invalid_field", "Give a whole URL, beginning with https://.")
    return value


def _metadata(value: dict[str, str]) -> dict[str, str]:
    if len(value) > METADATA_KEYS_MAX:
        raise FieldProblem("invalid_field", "At most 50 keys of metadata.")
    return value


def described(description: str, example: str) -> WithJsonSchema:
    """How the API's document shows a text that becomes a value of ours."""
    return WithJsonSchema({"type": "string", "description": description, "examples": [example]})


AmountField = Annotated[
    Money,
    BeforeValidator(_amount),
    PlainSerializer(str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^[0-9]{1,17}(\.[0-9]{1,2})?$"},
                {"type": "integer", "minimum": 1},
            ],
            "description": "Shillings, as a decimal string or an integer.",
            "examples": ["1500.00"],
        }
    ),
]
PhoneField = Annotated[
    Msisdn,
    BeforeValidator(_phone),
    described("A Kenyan mobile number, any spelling.", "0712345678"),
]
AccountReferenceField = Annotated[
    AccountReference,
    BeforeValidator(_account_reference),
    described("What the prompt shows as the account: 1 to 12 characters.", "INV-10042"),
]
CustomerField = Annotated[CustomerId, Field(pattern=r"^cus_[0-9A-HJKMNP-TV-Z]{26}$")]
Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_storable)]
LongText = Annotated[str, Field(max_length=500), AfterValidator(_storable)]
WebUrl = Annotated[
    str, Field(max_length=2000), AfterValidator(_storable), AfterValidator(_web_url)
]
MetadataKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
Metadata = Annotated[dict[MetadataKey, LongText], AfterValidator(_metadata)]
