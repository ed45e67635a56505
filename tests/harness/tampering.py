"""What somebody with the database's own password can do, who means no good."""

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text


@contextmanager
def as_superuser(engine: Engine) -> Generator[Connection]:
    """A connection on which no trigger and no foreign key holds; it commits at the end."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("set local session_replication_role = replica"))
            yield connection
        return
    with engine.connect() as connection:
        connection.exec_driver_sql("rollback")  # the pragma does nothing in a transaction
        connection.exec_driver_sql("pragma foreign_keys = off")
        connection.exec_driver_sql("begin immediate")
        guards = connection.execute(
            text("select name, sql from sqlite_master where type = 'trigger'")
        ).all()
        for guard in guards:
            connection.exec_driver_sql(f"drop trigger {guard.name}")
        yield connection
        for guard in guards:
            connection.exec_driver_sql(guard.sql)
        connection.commit()
        connection.exec_driver_sql("rollback")
        connection.exec_driver_sql("pragma foreign_keys = on")
        connection.exec_driver_sql("begin")


def change_amounts(engine: Engine, sql: str = "amount_cents * 2") -> None:
    """Change every amount in the books."""
    with as_superuser(engine) as connection:
        connection.execute(text(f"update postings set amount_cents = {sql}"))  # noqa: S608
