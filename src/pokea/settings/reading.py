"""Reading the settings; the only file that touches the environment."""

import os
from collections.abc import Mapping

from pydantic import ValidationError

from pokea.settings.settings import Settings


class BadSettings(Exception):
    """Settings that cannot work; the message says which, and what to do."""


def read_settings(**changes: object) -> Settings:
    """Read and check all settings.

    Raises:
        BadSettings: with one sentence for each setting that cannot work.
    """
    try:
        return Settings(**changes)  # pyright: ignore[reportArgumentType]
    except ValidationError as error:
        sentences = [
            f"{'.'.join(str(part) for part in one['loc']).upper() or 'Settings'}:"
            f" {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors()
        ]
        raise BadSettings("\n".join(sentences)) from None


def environment_with(changes: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with changes, for a process that it starts."""
    return {**os.environ, **changes}  # noqa: TID251 - only this file reads it
