"""What to tell the payer (or the recipient), in English and Kiswahili.

"No money was taken" stands only where the code is final. Where it is not, the payer is asked
not to pay again.
"""

from typing import NamedTuple


class Sentence(NamedTuple):
    """The same sentence twice."""

    en: str
    sw: str


# Keys are our failure codes, and a few words of ours where a code needs two sentences.
SENTENCES: dict[str, Sentence] = {
    "paid": Sentence("Paid. Thank you!", "Umelipa. Asante!"),
    "pending": Sentence(
        "Check your phone and enter your M-PESA PIN. Do not pay again.",
        "Angalia simu yako na uweke PIN yako ya M-PESA. Usilipe tena.",
    ),
    "in_doubt": Sentence(
        "We are confirming your payment with M-PESA. Do not pay again.",
        "Tunathibitisha malipo yako na M-PESA. Usilipe tena.",
    ),
    "customer_cancelled": Sentence(
        "The payment was cancelled on the phone. No money was taken. You can try again.",
        "Malipo yalighairiwa kwenye simu. Hakuna pesa iliyokatwa. Unaweza kujaribu tena.",
    ),
    "customer_unreachable": Sentence(
        "We could not reach that phone. No money was taken. Turn it on, then try again.",
        "Simu hiyo haikupatikana. Hakuna pesa iliyokatwa. Iwashe, kisha jaribu tena.",
    ),
    "customer_timeout": Sentence(
        "The prompt ran out of time. No money was taken. You can try again.",
        "Muda wa ombi uliisha. Hakuna pesa iliyokatwa. Unaweza kujaribu tena.",
    ),
    "insufficient_funds": Sentence(
        "There is not enough money in that M-PESA account. No money was taken.",
        "Salio la M-PESA halitoshi. Hakuna pesa iliyokatwa.",
    ),
    "wrong_pin": Sentence(
        "M-PESA did not accept the PIN. No money was taken. Three wrong PINs lock it.",
        "M-PESA haikukubali PIN. Hakuna pesa iliyokatwa. PIN tatu zisizo sahihi huifunga.",
    ),
    "customer_limit": Sentence(
        "This amount is outside M-PESA's limits. No money was taken. Try another amount.",
        "Kiasi hiki hakiruhusiwi na M-PESA. Hakuna pesa iliyokatwa. Jaribu kiasi kingine.",
    ),
    "too_soon": Sentence(
        "You were just asked for this amount. No money was taken. Try again in two minutes.",
        "Umeombwa kiasi hicho sasa hivi. Hakuna pesa iliyokatwa. Jaribu baada ya dakika mbili.",
    ),
    "subscriber_busy": Sentence(
        "Another M-PESA menu is open on that phone. Close it, wait one minute, then try again.",
        "Kuna ombi lingine la M-PESA kwenye simu hiyo. Lifunge, subiri dakika, jaribu tena.",
    ),
    "prompt_failed": Sentence(
        "M-PESA could not show the prompt. No money was taken. Please try again.",
        "M-PESA haikuweza kuonyesha ombi. Hakuna pesa iliyokatwa. Tafadhali jaribu tena.",
    ),
    "pin_locked": Sentence(
        "This M-PESA PIN is locked. No money was taken. Call 100 or 200 to unlock it.",
        "PIN hii ya M-PESA imefungwa. Hakuna pesa iliyokatwa. Piga 100 au 200 kuifungua.",
    ),
    "customer_debt": Sentence(
        "M-PESA does not allow this payment for that line. No money was taken. Ask Safaricom.",
        "M-PESA hairuhusu malipo haya kwa laini hiyo. Hakuna pesa iliyokatwa. Uliza Safaricom.",
    ),
    "provider_busy": Sentence(
        "M-PESA is busy. No money was taken. Try again in a few minutes.",
        "M-PESA ina shughuli nyingi. Hakuna pesa iliyokatwa. Jaribu baada ya dakika chache.",
    ),
    "shop_problem": Sentence(
        "The shop cannot take this payment now. No money was taken. Please tell the shop.",
        "Duka haliwezi kupokea malipo haya sasa. Hakuna pesa iliyokatwa. Julisha duka.",
    ),
    "provider_refused": Sentence(
        "M-PESA refused the request. No money was moved.",
        "M-PESA ilikataa ombi. Hakuna pesa iliyohamishwa.",
    ),
    "recipient_not_registered": Sentence(
        "That number is not registered for M-PESA. No money was sent.",
        "Nambari hiyo haijasajiliwa kwa M-PESA. Hakuna pesa iliyotumwa.",
    ),
    "sender_problem": Sentence(
        "The payment could not be sent now. No money was sent. The sender has been told.",
        "Malipo hayakuweza kutumwa sasa. Hakuna pesa iliyotumwa. Mtumaji amejulishwa.",
    ),
    "account_inactive": Sentence(
        "That account is not active. No money was sent.",
        "Akaunti hiyo haitumiki. Hakuna pesa iliyotumwa.",
    ),
}
