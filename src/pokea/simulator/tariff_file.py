"""Reads the tariff file; the figures and their sources stand in ``tariff.toml``."""

import tomllib
from pathlib import Path

from pydantic import TypeAdapter

from pokea.simulator.world.tariff import Tariff

TARIFF = Path(__file__).parent / "tariff.toml"
_TARIFF = TypeAdapter(Tariff)


def read_tariff(path: Path) -> Tariff:
    """The charges in a file."""
    return _TARIFF.validate_python(tomllib.loads(path.read_text()))
