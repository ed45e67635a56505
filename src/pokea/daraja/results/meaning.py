"""The words in which every code is explained."""

from dataclasses import dataclass
from enum import StrEnum

from pokea.daraja.results.sentences import SENTENCES, Sentence


class Kind(StrEnum):
    """What a result says about the money."""

    PAID = "paid"
    FAILED = "failed"
    PENDING = "pending"
    UNKNOWN = "unknown"


class Actor(StrEnum):
    """Who must act before it can work."""

    NOBODY = "nobody"
    PAYER = "payer"
    MERCHANT = "merchant"
    OPERATOR = "operator"  # an administrator in Safaricom's organisation portal
    SAFARICOM = "safaricom"


class NewAttempt(StrEnum):
    """Whether the merchant may make a new attempt without risking to move money twice."""

    SAFE = "safe"
    SAFE_LATER = "safe_later"  # after a minute or more, or when the limit has passed
    AFTER_CHANGE = "after_change"  # only once the request or the set-up is corrected
    AFTER_QUERY = "after_query"  # only once a status query says that nothing happened
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """One row of a catalogue; `failure_code` is ours and stable, "" when it is no failure."""

    code: str
    meaning: str
    actor: Actor
    new_attempt: NewAttempt
    failure_code: str
    wording: str
    source: str

    @property
    def kind(self) -> Kind:
        """What the code says about the money; unknown and doubtful codes say nothing."""
        if self.failure_code:
            return Kind.FAILED
        states = {"paid": Kind.PAID, "pending": Kind.PENDING}
        return states.get(self.wording, Kind.UNKNOWN)

    @property
    def sentence(self) -> Sentence:
        """What to tell the payer, in English and Kiswahili."""
        return SENTENCES[self.wording]


def catalogue(table: str) -> dict[str, Meaning]:
    """Read a table of codes, two lines each.

    `code | who acts | new attempt | failure code | source`, then the meaning. A slash after the
    failure code names the sentence, where that is another than the failure code's own.
    """
    lines = [line.strip() for line in table.strip().splitlines()]
    meanings: dict[str, Meaning] = {}
    for row, meaning in zip(lines[::2], lines[1::2], strict=True):
        cells = [cell.strip() for cell in row.split("|")]
        code, actor, new_attempt, failure_code, source = cells
        failure_code, _, wording = failure_code.partition("/")
        meanings[code] = Meaning(
            code=code,
            meaning=meaning,
            actor=Actor(actor),
            new_attempt=NewAttempt(new_attempt),
            failure_code=failure_code,
            wording=wording or failure_code,
            source=source,
        )
    return meanings


def unknown(code: str) -> Meaning:
    """Explain a code that is on no list: the money stays in doubt."""
    return Meaning(
        code=code,
        meaning="Not on the list of known codes: the outcome stays in doubt.",
        actor=Actor.MERCHANT,
        new_attempt=NewAttempt.AFTER_QUERY,
        failure_code="",
        wording="in_doubt",
        source="",
    )
