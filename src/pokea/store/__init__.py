"""SQL for SQLite and PostgreSQL, from one set of tables.

:mod:`~pokea.store.tables` is the schema, :mod:`~pokea.store.database` opens transactions, and
each other file keeps one noun. Uniqueness, append-only and "one attempt in flight" live here,
in constraints, and nowhere else.
"""
