"""Many rows in one statement: what makes a group commit cheap.

PostgreSQL gets one ``INSERT … SELECT FROM unnest(…)`` (or ``UPDATE … FROM unnest(…)``), whose
text does not depend on the number of rows, so it is prepared once; SQLite, in the same process,
gets ``executemany``. The SQL is made from the tables, never from values.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from sqlalchemy import Column, Connection, Dialect, Table
from sqlalchemy.dialects import postgresql

from pokea.domain.errors import Bug

Row = Mapping[str, object]


class StaleWrite(Exception):
    """A row changed between reading and writing: roll back and do the work again."""


def insert_many(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that all have the same columns; a broken constraint fails them all."""
    if not rows:
        return
    names = tuple(rows[0])
    if connection.dialect.name == "postgresql":
        statement = _pg_insert(table, names)
        connection.exec_driver_sql(
            statement, _as_arrays(connection.dialect, table, names, rows)
        )
    else:
        statement = _sqlite_insert(table, names)
        connection.exec_driver_sql(
            statement, _as_tuples(connection.dialect, table, names, rows)
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
        result = connection.exec_driver_sql(
            _pg_update(table, names), _as_arrays(connection.dialect, table, names, rows)
        )
        changed = result.rowcount
    else:
        statement = _sqlite_update(table, names)
        order = (*(name for name in names if name != "id"), "id", "version")
        changed = connection.exec_driver_sql(
            statement, _as_tuples(connection.dialect, table, order, rows)
        ).rowcount
    if changed != len(rows):
        raise StaleWrite(table.name)


def prepared(
    dialect: Dialect, table: Table, names: Sequence[str], row: Row
) -> tuple[object, ...]:
    """One row as the driver wants it, in the order of ``names``."""
    return _as_tuples(dialect, table, names, [row])[0]


def _as_arrays(
    dialect: Dialect, table: Table, names: Sequence[str], rows: Sequence[Row]
) -> tuple[list[object], ...]:
    columns: list[list[object]] = []
    for name in names:
        bind = _binder(dialect, table.c[name])
        columns.append([row[name] if bind is None else bind(row[name]) for row in rows])
    return tuple(columns)


def _as_tuples(
    dialect: Dialect, table: Table, names: Sequence[str], rows: Sequence[Row]
) -> list[tuple[object, ...]]:
    arrays = _as_arrays(dialect, table, names, rows)
    return list(zip(*arrays, strict=True))


def _binder(dialect: Dialect, column: Column[object]):  # noqa: ANN202 - SQLAlchemy's own
    """The driver's form of a column's values, as SQLAlchemy itself makes it."""
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _pg_type(column: Column[object]) -> str:
    kind = column.type.compile(dialect=postgresql.dialect())
    # Lengths are the table's business; an array of the plain type is enough here.
    return kind.partition("(")[0]


def _pg_unnest(table: Table, names: Sequence[str]) -> str:
    return ", ".join(f"%s::{_pg_type(table.c[name])}[]" for name in names)


@cache
def _pg_insert(table: Table, names: tuple[str, ...]) -> str:
    return (
        f"INSERT INTO {table.name} ({_quoted(names)})"  # noqa: S608 - names of our own tables
        f" SELECT * FROM unnest({_pg_unnest(table, names)})"
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
        f"UPDATE {table.name} AS old SET {changes}"  # noqa: S608
        f" FROM unnest({_pg_unnest(table, names)}) AS new({_quoted(names)})"
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
