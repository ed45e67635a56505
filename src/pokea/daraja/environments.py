"""Safaricom's two Darajas. A third is any base URL, for instance a simulator's."""

from enum import StrEnum


class Environment(StrEnum):
    """A host of Daraja; its value is the base URL that clients take."""

    SANDBOX = "https://sandbox.safaricom.co.ke"
    PRODUCTION = "https://api.safaricom.co.ke"
