"""The key ring: where it comes from, and whether it is the one that sealed this database.

A wrong ring would be noticed only when the first sealed field does not open, with new fields
sealed under another key meanwhile. So the database keeps a known value, sealed with each key
that ever was the newest, and every start opens them all.
"""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, insert, select, text

from pokea.settings import BadSettings, Settings
from pokea.store.database import reading
from pokea.store.sealing import SealBroken, Sealer
from pokea.store.tables import key_checks

KEY_BYTES: Final = 32
_FIELD: Final = "key_checks.sealed"
_ADVISORY_LOCK: Final = 7_652_012  # any number that nobody else on this database uses
_FROM_SETTINGS: Final = "POKEA_SECRET_KEYS"


def sealer_of(settings: Settings, engine: Engine) -> Sealer:
    """The sealer of this installation's keys, which are this database's too.

    Raises:
        BadSettings: keys are missing, malformed, or not the ones that sealed the database.
    """
    with reading(engine) as connection:
        sealed_before = connection.execute(select(key_checks.c.key_id)).first() is not None
    sealer = Sealer(_ring(settings, sealed_before=sealed_before))
    place = _FROM_SETTINGS if settings.pokea_secret_keys else str(_key_file(settings))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(
                text("select pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK}
            )
        _check(connection, sealer, place)
    return sealer


def _check(connection: Connection, sealer: Sealer, place: str) -> None:
    known: set[str] = set()
    # The phones' index hangs on the oldest key, so a ring in another order is another ring.
    expected = sealer.text_index(_FIELD)
    for key_id, sealed in connection.execute(select(key_checks)).all():
        try:
            kept = sealer.open(sealed, field=_FIELD, row=key_id)
        except SealBroken:
            raise BadSettings(
                f"{place} does not open this database: it was sealed with the key {key_id},"
                " which is not there. Put that key back, from the copy that you keep apart"
                " from the database. A new key is written before the old ones and never"
                " replaces them."
            ) from None
        if kept != expected:
            raise BadSettings(
                f"{place}: the keys are in another order than before. Write new keys before"
                " the old ones; the oldest key stays the last."
            )
        known.add(key_id)
    if sealer.key_id not in known:
        sealed = sealer.seal(expected, field=_FIELD, row=sealer.key_id)
        connection.execute(insert(key_checks).values(key_id=sealer.key_id, sealed=sealed))


def _ring(settings: Settings, *, sealed_before: bool) -> list[bytes]:
    """The master keys, newest first: from settings, or the data folder's own key file."""
    if settings.pokea_secret_keys:
        return [_read_key(key.get_secret_value()) for key in settings.pokea_secret_keys]
    if settings.livemode:
        raise BadSettings(
            "POKEA_SECRET_KEYS is not set. Make one with: openssl rand -hex 32"
            " - and keep a copy apart from the database: without it, backups cannot be read."
        )
    path = _key_file(settings)
    if sealed_before and not path.exists():
        raise BadSettings(
            f"The key file {path} is missing, and the database was sealed with its key. Put"
            " the file back, set POKEA_DATA_DIR to where it is, or set POKEA_SECRET_KEYS. To"
            " begin anew, begin with an empty database too."
        )
    return [_own_key(path)]


def _key_file(settings: Settings) -> Path:
    return settings.pokea_data_dir / "secret-keys"


def _read_key(key_text: str) -> bytes:
    try:
        key = bytes.fromhex(key_text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES or len(set(key)) < KEY_BYTES // 4:
        raise BadSettings(
            "POKEA_SECRET_KEYS: each key must be 64 random hex digits (openssl rand -hex 32)."
        )
    return key


def _own_key(path: Path) -> bytes:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(KEY_BYTES))
    if path.stat().st_mode & 0o077:
        raise BadSettings(f"{path} can be read by others. Run: chmod 600 {path}")
    return _read_key(path.read_text().strip())
