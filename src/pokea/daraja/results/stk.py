"""Result codes of M-PESA Express: of its callback, and of the answer to its query.

Only "0" is paid. The list of failures is closed: a code that is not on it says nothing about
the money, so the attempt stays in doubt. 4999 alone must be read with its text.
"""

from dataclasses import dataclass

from pokea.daraja.results.meaning import Kind, Meaning, catalogue, unknown
from pokea.daraja.results.sentences import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class StkResult:
    """What one code (with its text) says."""

    code: str
    text: str
    meaning: Meaning

    @property
    def kind(self) -> Kind:
        """PAID, FAILED, PENDING, or UNKNOWN, which is neither success nor failure."""
        return self.meaning.kind

    @property
    def failure_code(self) -> str:
        """Our stable code of the failure; "" unless `kind` is FAILED."""
        return self.meaning.failure_code

    @property
    def sentence(self) -> Sentence:
        """What to tell the payer."""
        return self.meaning.sentence


def stk_result(code: str, text: str) -> StkResult:
    """Explain a result code; `text` decides only for 4999, and names the reason for 1037."""
    meaning = _STATES["0"] if code == "0" else STK_CODES.get(code)
    if code == "4999":
        meaning = _of_4999(text)
    elif code == "1037" and "no response" in text.lower():
        # The prompt was shown and not answered; other texts of 1037 mean that it never came.
        meaning = _STATES["unanswered"]
    return StkResult(code=code, text=text, meaning=meaning or unknown(code))


def _of_4999(text: str) -> Meaning | None:
    """4999 is "still under processing" (N, U, R 2026) and, for tills, a final refusal."""
    lowered = text.lower()
    if "processing" in lowered:
        return _STATES["pending"]
    if "merchant does not exist" in lowered or "wrong credentials" in lowered:
        return _STATES["misconfigured"]
    return None


STK_CODES: dict[str, Meaning] = catalogue("""
1 | payer | safe | insufficient_funds | O, captures 2021
    Not enough money, no overdraft.
2 | merchant | after_change | customer_limit | O
    Below the smallest amount.
3 | merchant | after_change | customer_limit | O
    Above the largest amount.
4 | payer | safe_later | customer_limit | O
    Above the payer's daily limit.
8 | merchant | safe_later | customer_limit | O
    The receiving account would be too full.
17 | merchant | safe_later | too_soon | O, capture 2021
    Same amount, same payer, within two minutes.
26 | safaricom | safe_later | provider_refused/provider_busy | code tables
    M-PESA is busy.
1001 | payer | safe_later | subscriber_busy | code tables
    Another M-PESA dialogue is open.
1019 | payer | safe | customer_timeout | O, captures 2022-2023
    Not processed in the allowed time.
1025 | merchant | after_change | prompt_failed | O
    The prompt is longer than 182 characters.
1031 | payer | safe | customer_cancelled | captures 2021
    The payer cancelled (older number).
1032 | payer | safe | customer_cancelled | O, captures 2019-2024
    The payer cancelled, or let it run out.
1036 | safaricom | safe | customer_unreachable | captures 2018
    The phone's answer was lost.
1037 | payer | safe | customer_unreachable | O, captures 2021-2026
    No phone, or no answer within a minute.
2001 | payer | safe | wrong_pin | O, captures 2019-2022
    Wrong PIN (once: no M-PESA on the line).
2028 | merchant | after_change | product_not_allowed/shop_problem | O
    Transaction type and receiver do not fit.
8006 | payer | safe_later | operator_locked/pin_locked | O
    The payer's PIN is locked.
9999 | safaricom | safe | prompt_failed | code tables
    The prompt could not be sent.
SFC_IC0003 | merchant | after_change | product_not_allowed/shop_problem | O, captures 2021
    The receiving party does not exist.
E3008 | payer | after_change | provider_refused/customer_debt | U 2026, production
    The line has a bad debt contract.
""")

_STATES: dict[str, Meaning] = catalogue("""
0 | nobody | never | /paid | O
    Paid; from a query, a strong hint.
pending | nobody | never | /pending | N U R, 2026
    Still under processing: ask again.
unanswered | payer | safe | customer_timeout | N 2026
    The prompt was on the phone; nobody answered within a minute.
misconfigured | merchant | after_change | provider_refused/shop_problem | two live reports
    Shortcode, till or passkey do not fit.
""")
