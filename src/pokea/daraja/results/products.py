"""Codes of the products that have tables of their own."""

from pokea.daraja.results.meaning import Meaning, catalogue, unknown

PRODUCT_CODES: dict[str, dict[str, Meaning]] = {
    "b2b_express": catalogue("""
0 | nobody | never | /paid | O
    Paid.
4001 | payer | safe | customer_cancelled | O
    The till's owner cancelled.
4102 | merchant | after_change | product_not_allowed/shop_problem | K
    The merchant's KYC does not match.
4104 | merchant | after_change | product_not_allowed/shop_problem | K
    The till has no nominated number.
4201 | safaricom | safe | customer_unreachable | K
    The phone could not be reached.
4203 | safaricom | safe | prompt_failed | K
    The prompt failed.
"""),
    "ratiba": catalogue("""
0 | nobody | never | /paid | O
    The standing order stands.
1001 | payer | safe_later | subscriber_busy | K
    Another M-PESA dialogue is open.
1025 | merchant | after_change | prompt_failed | K
    The prompt could not be sent.
1032 | payer | safe | customer_cancelled | K
    The payer cancelled.
1037 | payer | safe | customer_unreachable | O
    The phone could not be reached.
1050 | merchant | after_change | provider_refused | K
    This payer already has a standing order of that name.
1051 | merchant | after_change | provider_refused | K
    The request is malformed.
2001 | payer | safe | wrong_pin | K
    Wrong PIN.
"""),
    "bonga": catalogue("""
0 | nobody | never | /paid | K
    Points redeemed.
17 | safaricom | after_query | /in_doubt | K
    A failure inside M-PESA.
1031 | payer | safe | customer_cancelled | K
    The payer cancelled.
1037 | payer | safe | customer_unreachable | K
    The phone could not be reached.
2001 | payer | safe | wrong_pin | K
    Wrong PIN.
"""),
    "pull": catalogue("""
1000 | nobody | never | /paid | O
    Done.
1001 | nobody | safe | provider_refused | O
    Already registered (register), or no rows (query).
"""),
    "query_org_info": catalogue("""
4000 | nobody | never | /paid | K S
    Found; part of the documentation says 0.
"""),
    "kyc": catalogue("""
4001 | merchant | after_change | provider_refused | S
    The details do not match the line's owner.
"""),
}


def product_result(product: str, code: str) -> Meaning:
    """Explain a code of one product."""
    return PRODUCT_CODES[product].get(code) or unknown(code)
