"""Money that customers pay by hand: what is let through, and who is asked about it."""

import base64
import re
from typing import Final, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from pokea.settings.payments import PaymentSettings

_FUNCTION: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*")
_SECRET_BYTES_MIN: Final = 24  # Standard Webhooks' own lower bound


class ByHandSettings(PaymentSettings):
    """The rules, and the merchant's own word."""

    pokea_validation_known_accounts_only: bool = Field(
        default=False,
        description="Refuse payments by hand to an account number that nobody here knows;"
        " default: they are taken and wait in suspense.",
    )
    pokea_validation_accounts: re.Pattern[str] | None = Field(
        default=None,
        description="A regular expression for account numbers that only you know, such as"
        " `ADM/[0-9]{4}`.",
    )
    pokea_validation_min: int | None = Field(
        default=None, ge=1, description="The smallest payment by hand, in shillings."
    )
    pokea_validation_max: int | None = Field(
        default=None, ge=1, description="The largest payment by hand, in shillings."
    )
    pokea_validation_hook: str | None = Field(
        default=None,
        description="Your own word on a payment by hand: `https://...`, or a Python function"
        " as `package.module:function`.",
    )
    pokea_validation_secret: SecretStr = Field(
        default=SecretStr(""), description="Signs questions to that URL: `whsec_...`."
    )
    pokea_validation_hook_timeout_ms: int = Field(
        default=700, ge=50, le=800, description="How long the hook may take, in milliseconds."
    )
    pokea_validation_default: Literal["accept", "refuse"] = Field(
        default="accept",
        description="What Safaricom is told when neither hook nor database answered in time.",
    )

    @field_validator("pokea_validation_hook", "pokea_validation_accounts", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _know_whom_to_ask(self) -> Self:
        hook = self.pokea_validation_hook
        if hook is None or _FUNCTION.fullmatch(hook):
            return self
        if not hook.startswith("https://" if self.livemode else ("https://", "http://")):
            raise ValueError(
                "POKEA_VALIDATION_HOOK must be https://... or package.module:function"
            )
        if len(_key_of(self.pokea_validation_secret)) < _SECRET_BYTES_MIN:
            raise ValueError(
                "POKEA_VALIDATION_SECRET must be whsec_ and at least 24 bytes in base64, so"
                " that your server can tell our questions from anybody's"
            )
        return self


def _key_of(secret: SecretStr) -> bytes:
    try:
        encoded = secret.get_secret_value().removeprefix("whsec_")
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        return b""
