"""Alembic's entry: runs on the connection that :mod:`pokea.store.migrate` brings."""

from alembic import context

from pokea.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
