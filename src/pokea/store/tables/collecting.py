"""Money coming in: payments, their attempts, and M-PESA's receipts."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from pokea.store.columns import Blind, Instant, Name, Sealed
from pokea.store.tables.schema import DUE, IN_FLIGHT, metadata

TOLD: Final = text("told_receipt is not null")
CLAIMED: Final = text("attempt_id is not null")
REFERRED: Final = text("reference_key is not null")
OWNED: Final = text("customer_id is not null")
PAID_WITHOUT_RECEIPT: Final = text("state = 'succeeded' and receipt is null")
UNMATCHED: Final = text("state = 'unmatched'")

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
    # What of that M-PESA gave back after the payment was paid.
    Column("refunded_cents", BigInteger, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("account_reference", String(12), nullable=False),
    # As a payer may have typed them: capital letters and digits only.
    Column("account_key", String(12), nullable=False),
    Column("reference_key", String(20)),
    Column("allow_partial", Boolean, nullable=False),
    Column("customer_id", Name),
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
    Index("ix_payments_account_key", "account_key", "account_id", "id"),
    Index(
        "ix_payments_reference_key",
        "reference_key",
        "account_id",
        "id",
        postgresql_where=REFERRED,
        sqlite_where=REFERRED,
    ),
    Index("ix_payments_customer_id", "customer_id", postgresql_where=OWNED, sqlite_where=OWNED),
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
    Column("witnesses", Text, nullable=False),
    Column("claim_receipt", String(10)),
    Column("claim_witness", String(20)),
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
    Column("told", Text),
    Column("told_receipt", String(10)),
    Column("proven_cents", BigInteger),
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
    Index("ix_attempts_told_receipt", "told_receipt", postgresql_where=TOLD, sqlite_where=TOLD),
    Index("ix_attempts_payment_id", "payment_id"),
    Index(
        "ix_attempts_without_receipt",
        "shortcode",
        "dispatched_at",
        postgresql_where=PAID_WITHOUT_RECEIPT,
        sqlite_where=PAID_WITHOUT_RECEIPT,
    ),
    Index("ix_attempts_prompts", "phone_index", "created_at"),
    Index("ix_attempts_due", "due_at", postgresql_where=DUE, sqlite_where=DUE),
)

# One row for each receipt of M-PESA's, whatever channel brought it. An attempt's own has its
# attempt; any other is matched to payments and customers by its parts.
receipts = Table(
    "receipts",
    metadata,
    Column("id", Name, primary_key=True),
    Column("provider", String(10), nullable=False),
    Column("receipt", String(10), nullable=False),
    Column("account_id", Name, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("shortcode", String(7), nullable=False),
    Column("state", String(12), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("heard_from", String(20), nullable=False),
    Column("attempt_id", Name),
    # What the payer typed is often a phone number, so it is as secret as one.
    Column("payer_sealed", Sealed),
    Column("phone_index", Blind),
    Column("reason", Text),
    Column("recovered", Boolean, nullable=False),
    # The transaction that gave it back.
    Column("reversal", String(10)),
    Column("checks_done", Integer, nullable=False),
    Column("paid_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("verified_at", Instant),
    Column("due_at", Instant),
    CheckConstraint("amount_cents > 0", name="amount_positive"),
    UniqueConstraint("receipt", "provider"),
    Index(
        "uq_receipts_attempt_id",
        "attempt_id",
        unique=True,
        postgresql_where=CLAIMED,
        sqlite_where=CLAIMED,
    ),
    Index("ix_receipts_list", "account_id", "livemode", "id"),
    Index(
        "ix_receipts_unmatched",
        "shortcode",
        postgresql_where=UNMATCHED,
        sqlite_where=UNMATCHED,
    ),
    Index("ix_receipts_twins", "shortcode", "amount_cents", "paid_at"),
    Index("ix_receipts_due", "due_at", postgresql_where=DUE, sqlite_where=DUE),
)

# Whose a receipt's money is; the parts of a matched receipt add up to its amount.
receipt_parts = Table(
    "receipt_parts",
    metadata,
    Column("receipt_id", Name, ForeignKey("receipts.id"), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("payment_id", Name),
    Column("customer_id", Name),
    Column("amount_cents", BigInteger, nullable=False),
    Column("matched_by", Text, nullable=False),
    Column("matched_at", Instant, nullable=False),
    CheckConstraint("amount_cents > 0", name="amount_positive"),
    Index("ix_receipt_parts_payment_id", "payment_id"),
    Index("ix_receipt_parts_customer_id", "customer_id"),
)
