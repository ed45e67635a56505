"""The synchronous `errorCode`s: what they say and who must act.

Which of them are refusals is decided in `pokea.daraja.classification`; this is for people.
Where one code has several meanings the key is `code message`, in lower case.
"""

from pokea.daraja.results.meaning import Meaning, catalogue, unknown

REFUSAL_CODES: dict[str, Meaning] = catalogue("""
400.001 | merchant | after_change | provider_refused | O
    Invalid shortcode (Pull).
400.002.02 | merchant | after_change | provider_refused | O, captures
    The field named in the message is invalid. "Invalid Remarks" means TransactionDesc.
400.002.05 | merchant | after_change | provider_refused | O
    The body is not JSON.
400.003.01 | merchant | safe | provider_refused | O
    Invalid access token.
400.003.02 | merchant | after_change | provider_refused | O
    A parameter is missing.
400.008.01 | merchant | after_change | provider_refused | O
    OAuth: wrong consumer key or secret, or not Basic.
400.008.02 | merchant | after_change | provider_refused | O
    OAuth: wrong grant type.
401 | merchant | safe | provider_refused | K
    Invalid access token (Bill Manager).
401.001 | merchant | safe | provider_refused | O, K, PS
    Invalid access token; or Pull without the product on the app.
401.002.01 | merchant | safe | provider_refused | O, NM
    Invalid access token (the message repeats it); or the product is not on the app.
401.003.01 | merchant | safe | provider_refused | K, G
    The product is not on the app, or the token is older than the product.
403.002.1001 | safaricom | after_change | product_not_allowed/sender_problem | K production
    The app may not use this version, or our address is not on Safaricom's list.
404.001.01 | merchant | after_change | provider_refused | O
    Wrong path.
404.001.03 | merchant | safe | provider_refused | O, captures
    Invalid access token; or the product is not ticked; or a token of the other environment.
404.001.04 | merchant | after_change | provider_refused | O
    GET instead of POST, or a header is missing.
404.002.01 | merchant | after_change | provider_refused | O
    Wrong path (balance).
404.003.01 | merchant | after_change | provider_refused | O
    Wrong path (C2B, status).
405.001 | merchant | after_change | provider_refused | O
    Wrong method.
429 | merchant | safe_later | provider_refused/provider_busy | R, live 2026
    Too many requests.
500.001.1001 wrong credentials | merchant | after_change | provider_refused/shop_problem | O
    Shortcode or passkey is wrong.
500.001.1001 merchant does not exist | merchant | after_change | provider_refused | O
    The shortcode is not a merchant of M-PESA Express.
500.001.1001 unable to lock subscriber | payer | safe_later | subscriber_busy | O
    Another M-PESA dialogue is open on the phone: wait one to three minutes.
500.001.1001 | safaricom | after_query | /in_doubt | O, N
    Also "being processed", "does not exist" and "internal error": no information.
500.002.1001 duplicate originatorconversationid | merchant | after_query | /in_doubt | O, 121
    Accepted before: query it, do not send anew.
500.002.1001 | safaricom | after_query | /in_doubt | capture
    A failure inside M-PESA.
500.003.02 | merchant | safe_later | provider_refused/provider_busy | O
    Too many requests.
500.003.03 | merchant | safe_later | provider_refused/provider_busy | O
    The quota is used up.
500.003.1001 | merchant | after_query | /in_doubt | O, G, PS
    C2B: already registered, or Safaricom's service is unreachable.
00.002.1001 | safaricom | safe_later | provider_refused/provider_busy | O
    Maintenance.
""")


def refusal_meaning(code: str, message: str = "") -> Meaning:
    """Explain a synchronous error code; the message decides where the code is not enough."""
    lowered = message.lower()
    for key, meaning in REFUSAL_CODES.items():
        known, _, words = key.partition(" ")
        if known == code and words and words in lowered:
            return meaning
    return REFUSAL_CODES.get(code) or unknown(code)
