"""Many rows in one statement: what makes a group commit cheap.

PostgreSQL gets one JSON document and ``json_to_recordset``, so that a statement's text does not
depend on the number of rows and is prepared once (arrays cost four times the processor time:
the driver dumps them element by element); SQLite, in the same process, gets ``executemany``.
The SQL is made from the tables, never from values.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Table,
    Text,
    any_,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import LargeBinary

from pokea.domain.errors import Bug
from pokea.store.columns import sortable

Row = Mapping[str, object]


class StaleWrite(Exception):
    """A row changed between reading and writing: roll back and do the work again."""


def insert_many(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that all have the same columns; a broken constraint fails them all."""
    if not rows:
        return
    names = tuple(rows[0])
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_pg_insert(table, names), (_document(rows),))
    else:
        connection.exec_driver_sql(
            _sqlite_insert(table, names), _tuples(connection.dialect, table, names, rows)
        )


def update_many(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Write whole rows by id, where each row's version is still one below its new one.

    Raises:
        StaleWrite: another transaction was quicker for at least one row.
    """
    if not rows:
        return
    names = tuple(rows[0])
    if connection.dialect.name == "postgresql":
        result = connection.exec_driver_sql(_pg_update(table, names), (_document(rows),))
    else:
        order = (*(name for name in names if name != "id"), "id", "version")
        result = connection.exec_driver_sql(
            _sqlite_update(table, names), _tuples(connection.dialect, table, order, rows)
        )
    if result.rowcount != len(rows):
        raise StaleWrite(table.name)


def among(
    column: Column[Any], values: Collection[str], dialect: Dialect
) -> ColumnElement[bool]:
    """``column`` is one of ``values``: one statement for any number of them."""
    if dialect.name == "postgresql":
        return column == any_(literal(list(values), ARRAY(Text)))
    listed = func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(select(listed.c.value))


def _document(rows: Sequence[Row]) -> str:
    """Rows as JSON; instants as ISO text and bytes as PostgreSQL's hex."""
    return _ENCODER.encode(rows)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return sortable(value)
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise Bug(f"no column holds a {type(value).__name__}")


_ENCODER = json.JSONEncoder(default=_plain, separators=(",", ":"), ensure_ascii=False)


def _tuples(
    dialect: Dialect, table: Table, names: Sequence[str], rows: Sequence[Row]
) -> list[tuple[object, ...]]:
    columns: list[list[object]] = []
    for name in names:
        bind = _binder(dialect, table.c[name])
        columns.append([row[name] if bind is None else bind(row[name]) for row in rows])
    return list(zip(*columns, strict=True))


def _binder(dialect: Dialect, column: Column[Any]) -> Callable[[Any], Any] | None:
    """What turns a value into the driver's form, as SQLAlchemy itself makes it."""
    if isinstance(column.type, LargeBinary):
        return None  # sqlite3 takes bytes as they are
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _pg_rows(table: Table, names: Sequence[str]) -> str:
    dialect = postgresql.dialect()
    typed = ", ".join(
        # Lengths are the table's business; the plain type is enough here.
        f'"{name}" {table.c[name].type.compile(dialect=dialect).partition("(")[0]}'
        if "WITH" not in table.c[name].type.compile(dialect=dialect)
        else f'"{name}" timestamptz'
        for name in names
    )
    return f"json_to_recordset(%s::json) AS new({typed})"


@cache
def _pg_insert(table: Table, names: tuple[str, ...]) -> str:
    return (
        f"INSERT INTO {table.name} ({_quoted(names)})"  # noqa: S608 - names of our own tables
        f" SELECT {_quoted(names)} FROM {_pg_rows(table, names)}"
    )


@cache
def _sqlite_insert(table: Table, names: tuple[str, ...]) -> str:
    marks = ", ".join("?" for _ in names)
    return f"INSERT INTO {table.name} ({_quoted(names)}) VALUES ({marks})"  # noqa: S608


@cache
def _pg_update(table: Table, names: tuple[str, ...]) -> str:
    _check_versioned(names)
    changes = ", ".join(f'"{name}" = new."{name}"' for name in names if name != "id")
    return (
        f"UPDATE {table.name} AS old SET {changes} FROM {_pg_rows(table, names)}"  # noqa: S608
        " WHERE old.id = new.id AND old.version = new.version - 1"
    )


@cache
def _sqlite_update(table: Table, names: tuple[str, ...]) -> str:
    _check_versioned(names)
    changes = ", ".join(f'"{name}" = ?' for name in names if name != "id")
    return f"UPDATE {table.name} SET {changes} WHERE id = ? AND version = ? - 1"  # noqa: S608


def _check_versioned(names: Sequence[str]) -> None:
    if "id" not in names or "version" not in names:
        raise Bug("a compare-and-swap needs id and version")


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
