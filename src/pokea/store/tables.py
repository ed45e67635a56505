"""The schema. The constraints here carry the guarantees (STATE_MACHINES section 13).

Money is whole cents. Phones, raw callbacks and Safaricom's answers are sealed; a phone also has
a keyed blind index, because equality is all that anybody may ask of it. ``version`` makes every
change compare-and-swap. ``due_at`` is all that the engine knows of a row.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from pokea.store.columns import Blind, Instant, Name, Sealed

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

IN_FLIGHT: Final = (
    "state in ('created', 'dispatching', 'awaiting_customer', 'unknown', 'confirming')"
)

DUE: Final = text("due_at is not null")

accounts = Table(
    "accounts",
    metadata,
    Column("id", Name, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Name, primary_key=True),
    Column("account_id", Name, ForeignKey("accounts.id"), nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("hint", String(24), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

payments = Table(
    "payments",
    metadata,
    Column("id", Name, primary_key=True),
    Column("account_id", Name, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("shortcode", String(7), nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("received_cents", BigInteger, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("account_reference", String(12), nullable=False),
    Column("reference", Text),
    Column("description", Text),
    Column("return_url", Text),
    Column("metadata", Text, nullable=False),
    Column("latest_attempt_id", Name),
    Column("status_reason", Text),
    Column("receipt", String(10)),
    Column("receipt_status", String(10), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("due_at", Instant),
    CheckConstraint("amount_cents > 0", name="amount_positive"),
    Index("ix_payments_list", "account_id", "livemode", "id"),
    Index("ix_payments_due", "due_at", postgresql_where=DUE, sqlite_where=DUE),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Name, primary_key=True),
    Column("payment_id", Name, ForeignKey("payments.id"), nullable=False),
    Column("account_id", Name, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("shortcode", String(7), nullable=False),
    Column("till", String(7)),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("phone_sealed", Sealed, nullable=False),
    Column("phone_index", Blind, nullable=False),
    Column("phone_token", String(40), nullable=False),
    Column("account_reference", String(12), nullable=False),
    # Safaricom's id ends with the payer's number (SPEC 3.5), so it is as secret as that.
    Column("checkout_sealed", Sealed),
    Column("checkout_index", Blind),
    Column("merchant_request_id", Text),
    Column("claim_receipt", String(10)),
    Column("claim_paid_at", Instant),
    Column("claim_heard_at", Instant),
    Column("query_paid", Boolean),
    Column("query_at", Instant),
    Column("deaf_since", Instant),
    Column("checks_done", Integer, nullable=False),
    Column("checked_at", Instant),
    Column("corroboration", String(12), nullable=False),
    Column("failure_code", Text),
    Column("failure_provider_code", Text),
    Column("failure_provider_message", Text),
    Column("contest", Text),
    Column("receipt", String(10)),
    Column("created_at", Instant, nullable=False),
    Column("dispatched_at", Instant),
    Column("accepted_at", Instant),
    Column("due_at", Instant),
    Index(
        "uq_attempts_one_in_flight",
        "payment_id",
        unique=True,
        postgresql_where=text(IN_FLIGHT),
        sqlite_where=text(IN_FLIGHT),
    ),
    Index(
        "uq_attempts_checkout_request_id",
        "checkout_index",
        unique=True,
        postgresql_where=text("checkout_index is not null"),
        sqlite_where=text("checkout_index is not null"),
    ),
    Index("ix_attempts_payment_id", "payment_id"),
    Index("ix_attempts_prompts", "phone_index", "created_at"),
    Index("ix_attempts_due", "due_at", postgresql_where=DUE, sqlite_where=DUE),
)

receipts = Table(
    "receipts",
    metadata,
    Column("receipt", String(10), primary_key=True),
    Column("provider", String(10), primary_key=True),
    Column("attempt_id", Name, nullable=False, unique=True),
    Column("account_id", Name, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("shortcode", String(7), nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("received_at", Instant, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Name, primary_key=True),
    Column("kind", String(4), nullable=False),
    Column("subject", Name, nullable=False),
    Column("body_sha256", LargeBinary(32), nullable=False),
    Column("body_sealed", Sealed, nullable=False),
    Column("source_ip", String(45), nullable=False),
    Column("ip_listed", Boolean, nullable=False),
    Column("state", String(12), nullable=False),
    Column("reason", Text),
    Column("seen", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("judged_at", Instant),
    Column("due_at", Instant),
    # The same bytes from a listed address are more than from a stranger's: another row.
    UniqueConstraint("subject", "kind", "body_sha256", "ip_listed"),
    Index("ix_inbox_due", "due_at", postgresql_where=DUE, sqlite_where=DUE),
)

journals = Table(
    "journals",
    metadata,
    Column("id", Name, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("source_id", Name, nullable=False),
    Column("account_id", Name, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("shortcode", String(7), nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("kind", "source_id"),
)

postings = Table(
    "postings",
    metadata,
    Column("journal_id", Name, ForeignKey("journals.id"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("debit", Integer, nullable=False),
    Column("credit", Integer, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    CheckConstraint("amount_cents > 0", name="amount_positive"),
    CheckConstraint("debit <> credit", name="two_accounts"),
)

events = Table(
    "events",
    metadata,
    Column("id", Name, primary_key=True),
    Column("account_id", Name, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("type", String(40), nullable=False),
    Column("object_id", Name, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("object_id", "sequence"),
    Index(
        "uq_events_one_success",
        "object_id",
        unique=True,
        postgresql_where=text("type = 'payment.succeeded'"),
        sqlite_where=text("type = 'payment.succeeded'"),
    ),
)

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", Name, primary_key=True),
    Column("account_id", Name, ForeignKey("accounts.id"), nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("url", Text, nullable=False),
    Column("secret_sealed", Sealed, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("account_id", "livemode", "url"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Name, primary_key=True),
    Column("event_id", Name, ForeignKey("events.id"), nullable=False),
    Column("endpoint_id", Name, ForeignKey("webhook_endpoints.id"), nullable=False),
    Column("object_id", Name, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("due_at", Instant),
    UniqueConstraint("event_id", "endpoint_id"),
    Index("ix_deliveries_order", "endpoint_id", "object_id", "sequence"),
    Index("ix_deliveries_due", "due_at", postgresql_where=DUE, sqlite_where=DUE),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("account_id", Name, primary_key=True),
    Column("livemode", Boolean, primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("request_sha256", LargeBinary(32), nullable=False),
    Column("resource_id", Name, nullable=False),
    Column("status", Integer),
    Column("body", Text),
    Column("created_at", Instant, nullable=False),
    Index("ix_idempotency_resource_id", "resource_id"),
)

# A value sealed with each key that ever was the newest, to know the ring again.
key_checks = Table(
    "key_checks",
    metadata,
    Column("key_id", String(8), primary_key=True),
    Column("sealed", Sealed, nullable=False),
)

provider_calls = Table(
    "provider_calls",
    metadata,
    Column("id", Name, primary_key=True),
    Column("attempt_id", Name, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("http_status", Integer),
    Column("body_sealed", Sealed, nullable=False),
    Column("elapsed_ms", Integer, nullable=False),
    Column("summary", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_provider_calls_attempt_id", "attempt_id"),
)
