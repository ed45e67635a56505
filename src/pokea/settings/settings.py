"""All settings in one value."""

from typing import Self

from pydantic import Field, model_validator

from pokea.settings.notices import NoticeSettings


class Settings(NoticeSettings):
    """One frozen value with everything that can be set."""

    pokea_failpoint: str = Field(
        default="",
        description="For tests: where a callback kills the process. Refused in production.",
    )
    pokea_log_level: str = Field(default="info", description="`debug`, `info`, `warning`.")

    @model_validator(mode="after")
    def _spare_production(self) -> Self:
        if self.livemode and self.pokea_failpoint:
            raise ValueError("POKEA_FAILPOINT kills the gateway; it is for tests only")
        return self
