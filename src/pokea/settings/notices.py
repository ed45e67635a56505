"""Who is told by SMS and e-mail, and in which language."""

import re
from typing import Annotated, Final

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from pokea.domain.language import Language
from pokea.settings.by_hand import ByHandSettings

_BETWEEN_URLS: Final = re.compile(r"[\s,]+(?=[A-Za-z0-9]+://)")


class NoticeSettings(ByHandSettings):
    """Receipts to customers and alerts to operators; off until set."""

    pokea_notify_operators: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="Apprise URLs that alerts go to, separated by commas; secret."
    )
    pokea_notify_customers: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        description="Apprise URLs with `{phone}` or `{email}` in them, for receipts; secret.",
    )
    pokea_notify_language: Language = Field(
        default="en", description="`en` or `sw`: the language of receipts and alerts."
    )

    @field_validator("pokea_notify_operators", "pokea_notify_customers", mode="before")
    @classmethod
    def _split_urls(cls, value: object) -> object:
        # A comma may also stand inside of such a URL, between two of its targets.
        return _BETWEEN_URLS.split(value.strip(" ,")) if isinstance(value, str) else value

    @field_validator("pokea_notify_customers")
    @classmethod
    def _to_somebody(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        held = [
            [mark for mark in ("{phone}", "{email}") if mark in url.get_secret_value()]
            for url in value
        ]
        if any(len(marks) != 1 for marks in held) or len({*map(str, held)}) != len(held):
            raise ValueError("needs one URL with {phone}, or one with {email}, or both")
        return value
