"""The ten invariants as SQL: each statement finds what breaks its rule, in words.

Every statement is one snapshot, so it may run beside a busy gateway. The text is the same for
both databases. Where section 12 of STATE_MACHINES says less than can be held exactly, or more
than a database at rest can show, the comment says what is checked instead.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, text

from pokea.domain.corroboration import CONFIRM_LONGEST
from pokea.domain.invariant import OFFENDING_MAX, Finding, Invariant
from pokea.domain.ledger import LedgerAccount
from pokea.store.columns import Instant

OVERDUE_FOR: Final = timedelta(minutes=10)
"""A row that fails rests for five minutes at most between two tries; a worker that is dead for
ten has been noticed by nobody."""

DIFFERS_FOR: Final = timedelta(hours=1)
"""Money that is on its way when M-PESA is asked is in one figure and not yet in the other."""

_CHART: Final = ", ".join(str(account.value) for account in LedgerAccount)
_IN_TRANSIT: Final = "1200, 1210"

# 1. With two legs in one row (decision 0002) a journal cannot but sum to zero, and so do all.
# What is left to go wrong: lines that are gone, and rows that the constraints would refuse.
_JOURNALS_BALANCE: Final = f"""
select j.id || ' has no postings' as words from journals j
 where not exists (select 1 from postings p where p.journal_id = j.id)
union all
select p.journal_id || ' lacks a line' from postings p
 group by p.journal_id having min(p.line) <> 1 or max(p.line) <> count(*)
union all
select p.journal_id || ' is not there, and has postings' from postings p
 where not exists (select 1 from journals j where j.id = p.journal_id)
union all
select p.journal_id || ' posts what no entry can' from postings p
 where p.amount_cents <= 0 or p.debit = p.credit
    or p.debit not in ({_CHART}) or p.credit not in ({_CHART})
"""  # noqa: S608 - the chart's numbers

# 2. What is reserved is compared with the payouts that reserve it as soon as there are payouts;
# until then it must not be less than nothing.
_TRANSIT_IS_EXPLAINED: Final = f"""
select j.shortcode || ': ' || case when s.pending then 'pending ' else 'posted ' end
       || s.account || ' holds ' || sum(s.cents) || ' cents' as words
  from (select journal_id, debit as account, amount_cents as cents, pending
          from postings where debit in ({_IN_TRANSIT})
        union all
        select journal_id, credit, -amount_cents, pending
          from postings where credit in ({_IN_TRANSIT})) s
  join journals j on j.id = s.journal_id
 group by j.account_id, j.livemode, j.shortcode, s.account, s.pending
having (s.pending and sum(s.cents) < 0) or (not s.pending and sum(s.cents) <> 0)
"""  # noqa: S608 - two numbers

# 3. By an attempt (J1, J2, J6) or by hand (J3): once. A J3 that was
# undone, because the money was a prompt's that had been booked without its receipt, is none.
# And a receipt whose state says that it is in the books is there.
_RECEIPTS_ARE_BOOKED_ONCE: Final = """
select r.id || ' (' || r.receipt || ') is ' || r.state || ' and booked '
       || coalesce(b.times, 0) || ' times' as words
  from receipts r
  left join (
    select r.id, count(*) as times from (
      select r.id from receipts r
        join journals j on j.kind = 'c2b' and j.source_id = r.id
        left join journals u on u.kind = 'unmatch' and u.source_id = r.id
       where u.id is null
      union all
      select r.id from receipts r
        join journals j on j.kind = 'collect' and j.source_id = r.attempt_id
    ) r group by r.id
  ) b on b.id = r.id
 where b.times > 1
    or (r.state in ('received', 'matched', 'unmatched', 'reversed') and b.times is null)
    or (r.state = 'parked' and b.times is not null)
"""

# 4. Both are unique in the database. This notices when they no longer are.
_SUCCESS_COMES_ONCE: Final = """
select e.object_id || ' succeeded ' || count(*) || ' times' as words from events e
 where e.type = 'payment.succeeded' group by e.object_id having count(*) > 1
union all
select j.kind || ' ' || j.source_id || ' is booked ' || count(*) || ' times' from journals j
 group by j.kind, j.source_id having count(*) > 1
"""

# 5. What customers no longer owe, by payment, is what the payment counts as received; a part
# of a receipt is its payment's, or its attempt's, also when M-PESA gave it back; a correction
# belongs to what it corrects. Of money that came after a cancellation, which a payment counts
# as received too, nothing is paid until a person takes it: it is in 2100 with what has no
# owner. There, too, is what only a statement knows of (J20); its rows are the statement's
# lines, and it is left out here.
_ALLOCATIONS_AGREE: Final = """
with moved as (
  select journal_id, sum(case when credit = 1100 then amount_cents else -amount_cents end)
         as cents
    from postings where (credit = 1100 or debit = 1100) and not pending group by journal_id),
booked as (
  select case coalesce(o.kind, j.kind) when 'unmatch' then 'match'
         else coalesce(o.kind, j.kind) end as kind,
         coalesce(o.source_id, j.source_id) as source_id, sum(m.cents) as cents
    from moved m join journals j on j.id = m.journal_id
    left join journals o on o.id = j.corrects_id
   group by 1, 2 having sum(m.cents) <> 0),
allocated as (
  select a.payment_id, b.cents from booked b join attempts a on a.id = b.source_id
   where b.kind in ('collect', 'accept')
  union all
  select b.source_id, b.cents from booked b where b.kind = 'accept' and b.source_id like 'pay%'
  union all
  select case when p.receipt_id is null then a.payment_id else p.payment_id end, b.cents
    from booked b join receipts r on r.id = substr(b.source_id, 1, 30)
    left join receipt_parts p on p.receipt_id = r.id and b.source_id like '%:' || p.part
    left join attempts a on a.id = r.attempt_id
   where b.kind = 'match'
  union all
  select coalesce(p.payment_id, a.payment_id), b.cents
    from booked b join receipts r on r.receipt = substr(b.source_id, 1, 10)
    left join receipt_parts p on p.receipt_id = r.id
     and b.source_id = case p.part when 1 then r.receipt else r.receipt || ':' || p.part end
    left join attempts a on a.id = r.attempt_id and p.receipt_id is null
   where b.kind = 'reversed')
select p.id || ' counts ' || (p.received_cents - p.refunded_cents) || ' cents and is booked '
       || coalesce(s.cents, 0) as words
  from payments p
  left join (select payment_id, sum(cents) as cents from allocated group by payment_id) s
    on s.payment_id = p.id
 where coalesce(s.cents, 0) <> case
         when p.state = 'requires_review' and p.status_reason = 'paid_after_cancel' then 0
         else p.received_cents - p.refunded_cents end
union all
select s.account_id || ': suspense holds ' || sum(s.cents) || ' cents more than nobody''s money'
  from (
    select j.account_id, j.livemode,
           case when p.credit = 2100 then p.amount_cents else -p.amount_cents end as cents
      from postings p join journals j on j.id = p.journal_id
     where (p.credit = 2100 or p.debit = 2100) and not p.pending and j.kind <> 'stmt'
    union all
    select r.account_id, r.livemode, -r.amount_cents from receipts r
     where r.state in ('received', 'unmatched')
    union all
    select p.account_id, p.livemode, -p.received_cents from payments p
     where p.state = 'requires_review' and p.status_reason = 'paid_after_cancel'
  ) s group by s.account_id, s.livemode having sum(s.cents) <> 0
"""

# 7. A payment that expired may be opened again by a person and expire again.
_EVENTS_ARE_COMPLETE: Final = """
with told as (
  select object_id, min(sequence) as low, max(sequence) as high, count(*) as many,
         sum(case when type = 'payment.succeeded' then 1 else 0 end) as succeeded,
         sum(case when type = 'payment.canceled' then 1 else 0 end) as canceled,
         sum(case when type = 'payment.expired' then 1 else 0 end) as expired
    from events group by object_id)
select object_id || ' lacks an event' as words from told where low <> 1 or high <> many
union all
select p.id || ' has ' || coalesce(t.many, 0) || ' events and counts ' || p.sequence
  from payments p left join told t on t.object_id = p.id
 where coalesce(t.many, 0) <> p.sequence
union all
select r.id || ' has ' || coalesce(t.many, 0) || ' events and counts ' || r.sequence
  from receipts r left join told t on t.object_id = r.id
 where coalesce(t.many, 0) <> r.sequence
union all
select p.id || ' is ' || p.state || ' and has not said so once'
  from payments p left join told t on t.object_id = p.id
 where (p.state = 'succeeded' and coalesce(t.succeeded, 0) <> 1)
    or (p.state = 'canceled' and coalesce(t.canceled, 0) <> 1)
    or (p.state = 'expired' and coalesce(t.expired, 0) < 1)
"""

# 8. That a refusal changes nothing is shown by tests. At rest it shows as this: nothing refers
# to something that was never written.
_NOTHING_IS_HALF_DONE: Final = """
select 'key of ' || i.resource_id || ' is bound, and it is not there' as words
  from idempotency i where i.resource_id like 'pay%'
   and not exists (select 1 from payments p where p.id = i.resource_id)
union all
select p.id || ' names ' || p.latest_attempt_id || ', which is not there'
  from payments p where p.latest_attempt_id is not null
   and not exists (select 1 from attempts a where a.id = p.latest_attempt_id)
union all
select r.id || ' is of ' || r.attempt_id || ', which is not there'
  from receipts r where r.attempt_id is not null
   and not exists (select 1 from attempts a where a.id = r.attempt_id)
union all
select j.id || ' books ' || j.source_id || ', which is not there' from journals j
 where j.kind in ('collect', 'accept')
   and not exists (select 1 from attempts a where a.id = j.source_id)
   and not exists (select 1 from payments p where p.id = j.source_id and j.kind = 'accept')
union all
select j.id || ' books ' || j.source_id || ', which is not there' from journals j
 where j.kind = 'c2b' and not exists (select 1 from receipts r where r.id = j.source_id)
union all
select e.id || ' tells of ' || e.object_id || ', which is not there' from events e
 where e.object_id like 'pay%'
   and not exists (select 1 from payments p where p.id = e.object_id)
"""

# 9. M-PESA's own figure as it was last compared with the ledger's.
_MPESA_AGREES: Final = """
select b.shortcode || ' differs by ' || b.difference_cents || ' cents since '
       || b.differs_since as words
  from mpesa_balances b
  join (select shortcode, livemode, max(heard_at) as heard_at from mpesa_balances
         where compared_at is not null group by shortcode, livemode) last
    on last.shortcode = b.shortcode and last.livemode = b.livemode
   and last.heard_at = b.heard_at
 where b.differs_since < :differs_before
"""

# 10. A claim that nobody confirmed in three days is a person's by then. A payment that has been
# paid in part does not end by itself.
_WORK_IS_SCHEDULED: Final = """
select a.id || ' is ' || a.state || ' and nobody will ask' as words from attempts a
 where a.state in ('created', 'dispatching', 'awaiting_customer', 'unknown', 'confirming')
   and a.due_at is null and not (a.state = 'confirming' and a.claim_heard_at < :claimed_before)
union all
select p.id || ' is ' || p.state || ' and has no end' from payments p
 where p.state in ('open', 'processing') and p.due_at is null and p.received_cents = 0
union all
select i.id || ' is not applied and nobody will' from inbox i
 where i.state = 'received' and i.due_at is null
union all
select d.id || ' is ' || d.state || ' and nobody will send it' from deliveries d
 where d.state in ('scheduled', 'sending', 'retrying') and d.due_at is null
union all
select a.id || ' waits since ' || a.due_at from attempts a where a.due_at < :late
union all
select p.id || ' waits since ' || p.due_at from payments p where p.due_at < :late
union all
select i.id || ' waits since ' || i.due_at from inbox i where i.due_at < :late
union all
select d.id || ' waits since ' || d.due_at from deliveries d where d.due_at < :late
"""

STATEMENTS: Final[Mapping[Invariant, tuple[str, str]]] = {
    Invariant.JOURNALS_BALANCE: (_JOURNALS_BALANCE, "every journal sums to zero"),
    Invariant.TRANSIT_IS_EXPLAINED: (_TRANSIT_IS_EXPLAINED, "nothing is left in transit"),
    Invariant.RECEIPTS_ARE_BOOKED_ONCE: (
        _RECEIPTS_ARE_BOOKED_ONCE,
        "each receipt is in the books once",
    ),
    Invariant.SUCCESS_COMES_ONCE: (_SUCCESS_COMES_ONCE, "no payment succeeded twice"),
    Invariant.ALLOCATIONS_AGREE: (
        _ALLOCATIONS_AGREE,
        "payments count what is booked, and suspense is what nobody owns",
    ),
    Invariant.EVENTS_ARE_COMPLETE: (_EVENTS_ARE_COMPLETE, "every change was told once"),
    Invariant.NOTHING_IS_HALF_DONE: (_NOTHING_IS_HALF_DONE, "nothing names what is not there"),
    Invariant.MPESA_AGREES: (_MPESA_AGREES, "no balance has differed from M-PESA's for long"),
    Invariant.WORK_IS_SCHEDULED: (
        _WORK_IS_SCHEDULED,
        "everything in doubt will be asked about",
    ),
}
"""What finds the breakers of each, and what is true when there are none."""


def look_up(
    connection: Connection,
    invariant: Invariant,
    now: datetime,
    *,
    overdue_for: timedelta = OVERDUE_FOR,
) -> Finding:
    """Whether one of :data:`STATEMENTS` finds anything."""
    breaking, good = STATEMENTS[invariant]
    statement = text(
        f"select words, count(*) over () as many from ({breaking}) b"  # noqa: S608 - our own
        f" order by words limit {OFFENDING_MAX}"
    )
    values = {
        "late": now - overdue_for,
        "claimed_before": now - CONFIRM_LONGEST,
        "differs_before": now - DIFFERS_FOR,
    }
    used = {name: value for name, value in values.items() if f":{name}" in breaking}
    statement = statement.bindparams(*(bindparam(name, type_=Instant) for name in used))
    rows = connection.execute(statement, used).all()
    if not rows:
        return Finding(invariant=invariant, detail=good)
    words = tuple(str(row.words) for row in rows)
    return Finding(
        invariant=invariant,
        detail=f"{rows[0].many} found; the first: {words[0]}",
        offending=words,
        count=rows[0].many,
    )
