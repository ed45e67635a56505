"""Every setting, once: from the environment or ``.env``, checked before anything starts.

The seed guide's names are kept (``MPESA_ENV``, ``MPESA_CONSUMER_KEY``, …). Nothing else in the
gateway reads the environment. One frozen value holds them all; it is built in parts, a file for
each, in the order of the documentation, and each part knows those before it.
"""

from pokea.settings.daraja import MpesaEnv
from pokea.settings.host import SAFARICOM_ADDRESSES
from pokea.settings.payments import QUESTIONS_IN_PRODUCTION
from pokea.settings.reading import BadSettings, environment_with, read_settings
from pokea.settings.settings import Settings

__all__ = [
    "QUESTIONS_IN_PRODUCTION",
    "SAFARICOM_ADDRESSES",
    "BadSettings",
    "MpesaEnv",
    "Settings",
    "environment_with",
    "read_settings",
]
