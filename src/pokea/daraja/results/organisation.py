"""Result codes of B2C, B2Pochi, B2B, tax, status, balance and reversal (the `Result` callback).

The same numbers mean other things here than on an STK push: 1 is the organisation's own
account, 2001 its initiator, 17 a failure inside M-PESA after which money may have moved.
"""

from pokea.daraja.results.meaning import Meaning, catalogue, unknown

ORGANISATION_CODES: dict[str, Meaning] = catalogue("""
0 | nobody | never | /paid | O
    Done. For a status query: the query worked, look at TransactionStatus.
1 | merchant | safe | float_insufficient/sender_problem | O, K production
    Not enough money: B2C debits the utility account, B2B the working account.
2 | merchant | after_change | customer_limit | O, K
    Below the smallest amount (10 shillings for B2C).
3 | merchant | after_change | customer_limit | O
    Above the largest amount.
4 | payer | safe_later | customer_limit | O
    Above a daily limit.
8 | payer | safe_later | customer_limit | O
    The receiving account would be too full.
5 | merchant | after_change | provider_refused | O17
    Would go below the smallest balance.
6 | merchant | after_change | provider_refused | O17
    The primary party cannot be resolved.
7 | merchant | after_change | provider_refused | O17
    The receiving party cannot be resolved.
11 | operator | after_change | account_inactive | O
    The paying account is in an invalid state.
12 | operator | after_change | account_inactive | O17
    The receiving account is invalid.
13 | operator | after_change | account_inactive | O17
    The paying account cannot be resolved.
14 | operator | after_change | account_inactive | O17
    The receiving account cannot be resolved.
15 | merchant | after_query | /in_doubt | O
    This originator conversation id was used before: query it, do not send anew.
17 | safaricom | after_query | /in_doubt | O, capture 2024
    A failure inside M-PESA: only a status query says whether money moved.
18 | operator | after_change | operator_invalid/sender_problem | O
    The initiator's credential could not be checked.
19 | merchant | after_change | provider_refused | O
    Messages out of sequence.
20 | operator | after_change | operator_invalid/sender_problem | O
    The initiator is unknown.
21 | operator | after_change | operator_not_permitted/sender_problem | O, K
    The initiator lacks the role for this request.
22 | operator | after_change | operator_invalid/sender_problem | O
    The initiator is inactive.
24 | merchant | after_change | provider_refused | O
    A field is missing.
25 | merchant | after_change | provider_refused | O, K production
    A field is malformed.
26 | safaricom | after_query | /in_doubt | O
    M-PESA is busy: only a status query says whether money moved.
29 | merchant | after_change | provider_refused | O
    The command is invalid.
2001 | operator | after_change | operator_invalid/sender_problem | O, captures 2017-2024
    The initiator's name, password or certificate is wrong. Repeats lock it.
2006 | operator | after_change | account_inactive | O
    The account's status does not allow it.
2028 | operator | after_change | product_not_allowed/sender_problem | O
    The shortcode does not have this product.
2032 | merchant | never | provider_refused | PS, NM, captures 2026
    A status query for a receipt that M-PESA does not know.
2040 | payer | after_change | recipient_not_registered | O
    The recipient is not registered for M-PESA.
8006 | operator | after_change | operator_locked/sender_problem | O, NM captures 2026
    The initiator is locked; an administrator must unlock it.
SFC_IC0003 | merchant | after_change | recipient_not_registered | O, K
    The receiving number or shortcode does not exist.
R000001 | nobody | never | /paid | O
    This transaction is already reversed: count the reversal as done.
R000002 | merchant | after_change | provider_refused | O
    The transaction to reverse does not exist.
TP40153 | operator | after_change | operator_not_permitted/sender_problem | K
    The initiator has no permission in this organisation.
""")

# Wrong or locked initiators. Two within ten minutes mean "stop sending" (K); a single one is
# sometimes refused by accident, and repeats lock the initiator.
CREDENTIAL_CODES = frozenset({"2001", "8006", "TP40153", "18", "20", "21"})


def organisation_result(code: str) -> Meaning:
    """Explain a code of the `Result` callback."""
    return ORGANISATION_CODES.get(code) or unknown(code)
