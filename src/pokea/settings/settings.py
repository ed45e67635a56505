"""All settings in one value."""

from pydantic import Field

from pokea.settings.notices import NoticeSettings


class Settings(NoticeSettings):
    """One frozen value with everything that can be set."""

    pokea_log_level: str = Field(default="info", description="`debug`, `info`, `warning`.")
