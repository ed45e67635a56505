"""Values to begin a test with; each test changes only what it is about."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from pokea.daraja.values import AccountReference, Money, Msisdn, Receipt, Shortcode
from pokea.domain.attempt import (
    Attempt,
    AttemptState,
    Failure,
    PaidClaim,
    QueryWord,
)
from pokea.domain.balance import BalanceReading, Figure
from pokea.domain.corroboration import Corroboration
from pokea.domain.delivery import Delivery, Endpoint
from pokea.domain.event import Event, EventType
from pokea.domain.ids import (
    PREFIXES,
    AccountId,
    AttemptId,
    BalanceId,
    CustomerId,
    DeliveryId,
    EndpointId,
    EventId,
    InboxId,
    InquiryId,
    NoticeId,
    PaymentId,
    RoutineId,
    ulid_text,
)
from pokea.domain.inbox import ReceivedCallback
from pokea.domain.inquiry import Inquiry, InquiryKind
from pokea.domain.notice import Audience, Channel, Notice, Target
from pokea.domain.payment import Payment, PaymentState, ReceiptStatus
from pokea.domain.routine import Routine, RoutineKind

NOW: Final = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
ACCOUNT: Final = AccountId("acct_00000000000000000000000001")
SHORTCODE: Final = Shortcode("174379")
TILL: Final = Shortcode("5123456")
PHONE: Final = Msisdn("254712345678")
RECEIPT: Final = Receipt("UAF7X2K9QP")
SECRET: Final = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
CANCELLED: Final = Failure(
    code="customer_cancelled",
    provider_code="1032",
    provider_message="Request cancelled by user",
)


class CountingIds:
    """Ids that count on from a million: in order, the same in every run, and never a test's."""

    def __init__(self) -> None:
        self._next = itertools.count(1_000_000)

    def new(self, thing: str) -> str:
        """The next id."""
        return f"{PREFIXES[thing]}_{ulid_text(next(self._next).to_bytes(16, 'big'))}"


def named(prefix: str, number: int) -> str:
    """An id that ends in a number."""
    return f"{prefix}_{ulid_text(number.to_bytes(16, 'big'))}"


def a_payment(number: int = 1) -> Payment:
    """A new payment of KES 100 that says no more than it must."""
    return Payment(
        id=PaymentId(named("pay", number)),
        account_id=ACCOUNT,
        livemode=False,
        shortcode=SHORTCODE,
        amount=Money.shillings(100),
        account_reference=AccountReference("INV-1"),
        created_at=NOW,
        expires_at=NOW + timedelta(minutes=15),
    )


def a_full_payment(number: int = 1) -> Payment:
    """A payment with every field set."""
    return replace(
        a_payment(number),
        livemode=True,
        state=PaymentState.SUCCEEDED,
        sequence=3,
        amount_received=Money.shillings(100),
        late=True,
        customer_id=CustomerId(named("cus", number)),
        reference="order-10042",
        description="Kiondo, two",
        return_url="https://shop.example/orders/1",
        metadata={"order_id": "10042", "kikapu": "ndiyo, mbilí"},
        latest_attempt_id=AttemptId(named("att", number)),
        status_reason="paid_after_cancel",
        receipt=Receipt("UAF7X2K9QP"),
        receipt_status=ReceiptStatus.VERIFIED,
        due_at=NOW + timedelta(seconds=7, microseconds=123_456),
    )


def an_attempt(number: int = 1, *, payment: int | None = None) -> Attempt:
    """A new attempt of a payment that says no more than it must."""
    return Attempt(
        id=AttemptId(named("att", number)),
        payment_id=PaymentId(named("pay", number if payment is None else payment)),
        account_id=ACCOUNT,
        livemode=False,
        shortcode=SHORTCODE,
        till=None,
        amount=Money.shillings(100),
        phone=PHONE,
        phone_token="phn_0123456789abcdef01234567",
        account_reference=AccountReference("INV-1"),
        created_at=NOW,
    )


def a_full_attempt(number: int = 1) -> Attempt:
    """An attempt with every field set."""
    return replace(
        an_attempt(number),
        livemode=True,
        till=TILL,
        state=AttemptState.CONTESTED,
        dispatched_at=NOW + timedelta(milliseconds=1),
        accepted_at=NOW + timedelta(milliseconds=2),
        checkout_request_id="ws_CO_15012026123000000712345678",
        merchant_request_id="29115-34620561-1",
        claim=PaidClaim(
            receipt=Receipt("UAF7X2K9QP"),
            amount=Money.shillings(100),
            paid_at=NOW + timedelta(seconds=20),
            heard_at=NOW + timedelta(seconds=21),
        ),
        query_word=QueryWord(paid=False, at=NOW + timedelta(seconds=35)),
        deaf_since=NOW + timedelta(seconds=30),
        checks_done=4,
        corroboration=Corroboration.DISAGREES,
        failure=CANCELLED,
        contest="amount",
        receipt=Receipt("UAF7X2K9QP"),
        due_at=NOW + timedelta(hours=1, microseconds=5),
    )


def a_callback(number: int = 1, *, subject: int = 1, body: bytes = b"{}") -> ReceivedCallback:
    """A callback as it came; its hash is its body, padded."""
    return ReceivedCallback(
        id=InboxId(named("inb", number)),
        kind="s",
        subject=AttemptId(named("att", subject)),
        body=body,
        body_sha256=body.ljust(32, b".")[:32],
        source_ip="196.201.214.200",
        ip_listed=True,
        received_at=NOW,
    )


def an_event(number: int = 1, *, of: int = 1, kind: EventType | None = None) -> Event:
    """An event of a payment; its number is its sequence."""
    return Event(
        id=EventId(named("evt", of * 1000 + number)),
        account_id=ACCOUNT,
        livemode=False,
        type=kind or EventType.PAYMENT_CREATED,
        object_id=named("pay", of),
        sequence=number,
        at=NOW,
        body='{"id":"evt"}',
    )


def an_endpoint(number: int = 1, *, account_id: AccountId = ACCOUNT) -> Endpoint:
    """An endpoint in test mode."""
    return Endpoint(
        id=EndpointId(named("whe", number)),
        account_id=account_id,
        livemode=False,
        url=f"https://shop.example/hooks/{number}",
        secret=SECRET,
    )


def a_delivery(of: Event, *, number: int, to: Endpoint) -> Delivery:
    """An event on its way to an endpoint, due now."""
    return Delivery(
        id=DeliveryId(named("dlv", number)),
        event_id=of.id,
        endpoint_id=to.id,
        object_id=of.object_id,
        sequence=of.sequence,
        due_at=NOW,
    )


def a_routine(number: int = 1) -> Routine:
    """A duty of the whole installation, due now."""
    return Routine(
        id=RoutineId(named("rtn", number)),
        kind=RoutineKind.IN_DOUBT,
        shortcode=None,
        due_at=NOW,
    )


def a_notice(number: int = 1) -> Notice:
    """A receipt to a customer's phone, due now."""
    return Notice(
        id=NoticeId(named("ntf", number)),
        about_id=named("evt", number),
        kind=EventType.PAYMENT_SUCCEEDED.value,
        audience=Audience.CUSTOMER,
        target=Target(channel=Channel.PHONE, address=PHONE.digits),
        language="en",
        created_at=NOW,
        due_at=NOW,
    )


def an_alert(number: int = 1) -> Notice:
    """An alert to an operator, due now."""
    return replace(
        a_notice(number),
        kind=EventType.PAYMENT_REQUIRES_REVIEW.value,
        audience=Audience.OPERATORS,
        target=Target(channel=Channel.OPERATOR, address="0123456789abcdef"),
    )


def an_inquiry(number: int = 1, *, kind: InquiryKind = InquiryKind.STATUS) -> Inquiry:
    """A question that is to be asked now: about a receipt, or about balances."""
    return Inquiry(
        id=InquiryId(named("inq", number)),
        kind=kind,
        account_id=ACCOUNT,
        livemode=False,
        shortcode=SHORTCODE,
        created_at=NOW,
        about=RECEIPT if kind is InquiryKind.STATUS else None,
        due_at=NOW,
    )


def a_balance(number: int = 1) -> BalanceReading:
    """M-PESA's answer: KES 150 on the utility account, and five of charges."""
    utility = Figure(
        name="Utility Account", currency="KES", current_cents=150_00, available_cents=150_00
    )
    charges = Figure(
        name="Charges Paid Account", currency="KES", current_cents=-5_00, available_cents=-5_00
    )
    return BalanceReading(
        id=BalanceId(named("bal", number)),
        account_id=ACCOUNT,
        livemode=False,
        shortcode=SHORTCODE,
        inquiry_id=InquiryId(named("inq", number)),
        figures=(utility, charges),
        as_of=NOW,
        heard_at=NOW,
    )
