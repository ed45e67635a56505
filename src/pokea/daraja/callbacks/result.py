"""The `Result` callback of payouts, business payments, status, balance, reversal and tax.

One envelope for all: `{"Result": {ResultType, ResultCode, ResultDesc, ids, ResultParameters?,
ReferenceData?}}`. Parameters come in any order and from another set each year, as a list or a
single object, with or without a value. `Result` keeps them all; the views in `organisation`
name what each product says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pokea.daraja.errors import MalformedCallback
from pokea.daraja.reading import (
    Envelope,
    Problems,
    identifier,
    items_by_name,
    result_code,
    short_text,
)
from pokea.daraja.results import Kind, Meaning, organisation_result
from pokea.daraja.strict_json import as_object
from pokea.daraja.values import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one request, whatever the product.

    `transaction_id` proves nothing: failures carry placeholders (`SB60000000`) and sometimes
    what looks like a receipt.
    """

    code: str
    description: str
    originator_conversation_id: str
    conversation_id: str
    transaction_id: str
    parameters: Mapping[str, object]
    references: Mapping[str, object]
    problems: tuple[str, ...]
    raw: bytes = field(repr=False)

    @property
    def succeeded(self) -> bool:
        """Whether the code is 0. For a status query that only means that the query worked."""
        return self.code == "0"

    @property
    def meaning(self) -> Meaning:
        """What the code says; an unknown code is neither success nor failure."""
        return organisation_result(self.code)

    @property
    def kind(self) -> Kind:
        """PAID (done), FAILED, or UNKNOWN: then only a status query can tell."""
        return self.meaning.kind

    @property
    def receipt(self) -> Receipt | None:
        """The transaction's receipt: of a success, and only where it has a receipt's form."""
        if not self.succeeded or self.transaction_id.endswith("000000"):
            return None
        return Problems().receipt(self.transaction_id, "TransactionID")


def decode_result(envelope: Envelope) -> Result:
    """Read a parsed body, or raise `MalformedCallback`."""
    members = as_object(envelope.members.get("Result"))
    if members is None:
        raise MalformedCallback("has no Result")
    code = result_code(members.get("ResultCode"))
    problems = Problems()
    parameters = as_object(members.get("ResultParameters")) or {}
    references = as_object(members.get("ReferenceData")) or {}
    return Result(
        code=code,
        description=short_text(members, "ResultDesc", problems),
        originator_conversation_id=identifier(members, "OriginatorConversationID", problems),
        conversation_id=identifier(members, "ConversationID", problems),
        transaction_id=identifier(members, "TransactionID", problems),
        parameters=items_by_name(parameters.get("ResultParameter"), "Key", problems),
        references=items_by_name(references.get("ReferenceItem"), "Key", problems),
        problems=problems.found(),
        raw=envelope.raw,
    )
