"""Result codes and the texts that go with them (SPEC 5.1 and 5.2)."""

SUCCESS = "0"
SUCCESS_TEXT = "The service request is processed successfully."

STK: dict[str, str] = {
    "0": SUCCESS_TEXT,
    "1": "The balance is insufficient for the transaction.",
    "2": "Declined due to limit rule.",
    "3": "Declined due to limit rule: greater than the maximum transaction amount.",
    "4": "Declined due to limit rule: would exceed daily transfer limit.",
    "8": "Declined due to limit rule: would exceed the maximum balance.",
    "17": "Rule limited.",
    "26": "System busy. The service request is rejected.",
    "1001": "Unable to lock subscriber, a transaction is already in process for the current "
    "subscriber",
    "1019": "Transaction has expired",
    "1025": "An error occurred while sending a push request.",
    "1031": "Request cancelled by user",
    "1032": "Request cancelled by user",
    "1036": "[STK_CB - ]SMSC ACK timeout.",
    "1037": "DS timeout user cannot be reached",
    "2001": "The initiator information is invalid.",
    "2028": "The request is not permitted according to product assignment.",
    "4999": "Merchant does not exist",
    "8006": "The security credential is locked.",
    "9999": "An error occurred while sending a push request.",
    "E3008": "Error, the user has a bad debt contract.",
    "SFC_IC0003": "The operator does not exist.",
}

# The results of B2C, B2B, status, balance and reversal; the same number may mean another thing.
COMMANDS: dict[str, str] = {
    "0": SUCCESS_TEXT,
    "1": "The balance is insufficient for the transaction.",
    "2": "Declined due to limit rule: less than the minimum transaction amount.",
    "3": "Declined due to limit rule: greater than the maximum transaction amount.",
    "4": "Declined due to limit rule: would exceed daily transfer limit.",
    "8": "Declined due to limit rule: would exceed the maximum balance.",
    "11": "The DebitParty is in an invalid state.",
    "15": "Duplicate Detected",
    "17": "System internal error.",
    "18": "Initiator credential check failure",
    "20": "Unresolved Initiator",
    "21": "The initiator is not allowed to initiate this request",
    "25": "Invalid request parameters: The format of parameter null is invalid.",
    "26": "Traffic blocking condition in place",
    "29": "InvalidCommand",
    "2001": "The initiator information is invalid.",
    "2006": "Declined due to account rule: The account status does not allow this transaction.",
    "2028": "The request is not permitted according to product assignment.",
    "2032": "The transaction receipt number does not exist.",
    "2040": "Credit Party customer type (Unregistered or Registered Customer) can't be "
    "supported by the service.",
    "8006": "The security credential is locked.",
    "R000001": "The transaction has already been reversed.",
    "R000002": "The OriginalTransactionID is invalid.",
    "SFC_IC0003": "The operator does not exist.",
    "TP40153": "The operator has no permission.",
}


def typed(code: str) -> int | str:
    """A number when it is one, as in every STK callback seen; ``"E3008"`` stays a string."""
    return int(code) if code.isascii() and code.isdigit() else code


def stk_text(code: str) -> str:
    """The callback's sentence for an STK code."""
    return STK.get(code, "The service request failed.")


def command_text(code: str) -> str:
    """The result's sentence for every other product."""
    return COMMANDS.get(code, "The service request failed.")
