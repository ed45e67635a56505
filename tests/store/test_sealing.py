"""Sealed fields open in their own place only, and keys can be rotated."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from harness.examples import ACCOUNT, NOW, PHONE, a_callback, a_payment, an_attempt
from harness.stores import KEY, NEWER_KEY, open_store
from pokea.daraja.values import Msisdn
from pokea.domain.ids import AccountId
from pokea.domain.inbox import InboxState, Verdict
from pokea.flows.ports import PaymentFilter, Tx
from pokea.store.database import SqlDatabase
from pokea.store.sealing import SealBroken, Sealer
from pokea.store.tables import attempts, inbox

OLD, ROTATED = Sealer([KEY]), Sealer([NEWER_KEY, KEY])
OTHER = Msisdn("254112345678")


@given(plain=st.binary(max_size=300))
def test_what_is_sealed_opens_in_its_place(plain: bytes) -> None:
    sealed = OLD.seal(plain, field="inbox.body", row="inb_1")

    assert OLD.open(sealed, field="inbox.body", row="inb_1") == plain


@pytest.mark.parametrize(
    ("field", "row"), [("attempts.phone", "att_2"), ("provider_calls.body", "att_1")]
)
def test_in_another_row_or_column_it_does_not_open(field: str, row: str) -> None:
    sealed = OLD.seal(b"254712345678", field="attempts.phone", row="att_1")

    with pytest.raises(SealBroken):
        OLD.open(sealed, field=field, row=row)


def damaged(sealed: bytes) -> Iterator[bytes]:
    for place in range(len(sealed)):
        yield sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        yield sealed[:place]


def test_no_damaged_byte_and_no_missing_end_opens() -> None:
    sealed = OLD.seal(b"254712345678", field="attempts.phone", row="att_1")

    for broken in damaged(sealed):
        with pytest.raises(SealBroken):
            OLD.open(broken, field="attempts.phone", row="att_1")


def test_the_same_value_is_never_sealed_to_the_same_bytes() -> None:
    sealed = {OLD.seal(b"254712345678", field="attempts.phone", row="att_1") for _ in range(9)}

    assert len(sealed) == 9


def test_a_key_ring_is_never_empty() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        Sealer([])


def test_after_rotation_old_rows_open_and_the_index_is_the_same() -> None:
    sealed = OLD.seal(b"254712345678", field="attempts.phone", row="att_1")

    assert ROTATED.open(sealed, field="attempts.phone", row="att_1") == b"254712345678"
    assert ROTATED.phone_index(PHONE) == OLD.phone_index(PHONE)
    assert ROTATED.phone_token(ACCOUNT, PHONE) == OLD.phone_token(ACCOUNT, PHONE)
    assert ROTATED.path_keys[1] == OLD.path_keys[0]


def test_after_rotation_the_newest_key_seals() -> None:
    sealed = ROTATED.seal(b"254712345678", field="attempts.phone", row="att_1")

    assert Sealer([NEWER_KEY]).open(sealed, field="attempts.phone", row="att_1")
    with pytest.raises(SealBroken):
        OLD.open(sealed, field="attempts.phone", row="att_1")


def test_equal_phones_have_equal_indexes_and_nobody_else_has() -> None:
    assert OLD.phone_index(PHONE) == OLD.phone_index(Msisdn("254712345678"))
    assert OLD.phone_index(PHONE) != OLD.phone_index(OTHER)
    assert OLD.phone_index(PHONE) != Sealer([NEWER_KEY]).phone_index(PHONE)


def test_two_merchants_know_a_phone_by_different_names() -> None:
    assert OLD.phone_token(ACCOUNT, PHONE) != OLD.phone_token(AccountId("acct_2"), PHONE)
    assert PHONE.digits not in OLD.phone_token(ACCOUNT, PHONE)


# ── in the tables ────────────────────────────────────────────────────────────────────────


def keep_two(db: SqlDatabase) -> None:
    def write(tx: Tx) -> None:
        for number in (1, 2):
            tx.payments.add(a_payment(number))
            tx.attempts.add(an_attempt(number))
        judged = [
            (callback, Verdict(id=callback.id, state=InboxState.RECEIVED, due_at=NOW), 1)
            for callback in (a_callback(1, body=b"one"), a_callback(2, body=b"two"))
        ]
        tx.inbox.add(judged, NOW)

    db.write_here(write)


def test_swapped_phones_of_two_rows_do_not_open(db: SqlDatabase) -> None:
    keep_two(db)
    first, second = an_attempt(1).id, an_attempt(2).id

    with db.engine.begin() as connection:
        stolen = connection.execute(
            select(attempts.c.phone_sealed).where(attempts.c.id == first)
        ).scalar_one()
        connection.execute(
            update(attempts).where(attempts.c.id == second).values(phone_sealed=stolen)
        )

    assert db.write_here(lambda tx: tx.attempts.get(first)) is not None
    with pytest.raises(SealBroken):
        db.write_here(lambda tx: tx.attempts.get(second))


def test_a_callbacks_body_does_not_open_in_another_row(db: SqlDatabase) -> None:
    keep_two(db)

    with db.engine.begin() as connection:
        stolen = connection.execute(
            select(inbox.c.body_sealed).where(inbox.c.id == a_callback(1).id)
        ).scalar_one()
        connection.execute(update(inbox).values(body_sealed=stolen))

    with pytest.raises(SealBroken):
        db.write_here(lambda tx: tx.inbox.lock(a_callback(2).id))


def test_rows_of_before_a_rotation_are_read_and_found(database_url: str) -> None:
    with open_store(database_url) as before:
        keep_two(before)

    with open_store(database_url, ring=[NEWER_KEY, KEY]) as after:
        wanted = PaymentFilter(account_id=ACCOUNT, livemode=False, limit=9, phone=PHONE)
        assert after.write_here(lambda tx: tx.attempts.get(an_attempt(1).id)) == an_attempt(1)
        assert len(after.write_here(lambda tx: tx.payments.page(wanted))) == 2
        assert len(after.write_here(lambda tx: tx.attempts.prompts(PHONE, NOW))) == 2
