"""Whom merchants know: everything that tells who somebody is stands sealed."""

from sqlalchemy import Boolean, Column, Index, Integer, Table, UniqueConstraint, text

from pokea.store.columns import Blind, Instant, Name, Sealed
from pokea.store.tables.schema import metadata

customers = Table(
    "customers",
    metadata,
    Column("id", Name, primary_key=True),
    Column("account_id", Name, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    # Number, name, phone, e-mail and metadata in one; nothing is left when it is erased.
    Column("person_sealed", Sealed),
    # Many merchants' account numbers are phone numbers, so they are as secret as those.
    Column("number_index", Blind),
    Column("phone_index", Blind),
    Column("created_at", Instant, nullable=False),
    Column("erased_at", Instant),
    UniqueConstraint("number_index", "account_id", "livemode"),
    Index("ix_customers_list", "account_id", "livemode", "id"),
    Index(
        "ix_customers_phone_index",
        "phone_index",
        "account_id",
        postgresql_where=text("phone_index is not null"),
        sqlite_where=text("phone_index is not null"),
    ),
)
