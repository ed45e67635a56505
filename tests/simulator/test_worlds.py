"""Clock, seed, file, recording, statement and descriptions of a world."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pokea.simulator.app import create_app
from pokea.simulator.clock import SimClock
from pokea.simulator.keeper import UnreadableWorldError
from pokea.simulator.recording import Recorder, replay
from pokea.simulator.side_door.customers import COLUMNS
from pokea.simulator.testing import START, Postbox, Pretend
from pokea.simulator.world.routes import OPERATIONS

pytestmark = pytest.mark.anyio
_PAYS = "254700000000"
_WANJIKU = "254712345678"


async def _day(safaricom: Pretend) -> list[str]:
    for phone in (_PAYS, "254700001032", _WANJIKU, "254700090003"):
        await safaricom.push(phone)
        await safaricom.advance(10)
    await safaricom.side("POST", "/c2b", {"msisdn": _WANJIKU, "amount": 5, "account": "x"})
    await safaricom.advance(3600)
    return [post.body for post in safaricom.postbox.posts]


async def test_one_seed_is_one_world(safaricom: Pretend) -> None:
    async with Pretend(seed=1) as twin, Pretend(seed=2) as other:
        first, second, third = await _day(safaricom), await _day(twin), await _day(other)

    assert first == second != third


async def test_the_clock_moves_forward_only(safaricom: Pretend) -> None:
    past = (START - timedelta(days=1)).isoformat()
    await safaricom.side("POST", "/clock", {"now": past})
    view = await safaricom.side("POST", "/clock", {"now": "2026-12-01T08:00:00"})

    assert view["nairobi"] == "2026-12-01T08:00:00+03:00"
    assert safaricom.app.engine.clock.now() == datetime(2026, 12, 1, 5, 0, tzinfo=UTC)


async def test_a_fast_clock_lives_through_everything_by_itself(safaricom: Pretend) -> None:
    await safaricom.side("POST", "/clock", {"mode": "fast"})

    await safaricom.push(_WANJIKU)
    seen = -1
    while not safaricom.postbox.posts:
        seen = await safaricom.app.engine.changed(seen, 1.0)

    assert safaricom.told[0]["Body"]["stkCallback"]["ResultCode"] == 1037
    assert safaricom.app.engine.clock.now() >= START + timedelta(seconds=60)


async def test_a_real_clock_rings_by_itself(safaricom: Pretend) -> None:
    await safaricom.side("PATCH", "/switches", {"auto_answer_s": 0.01})
    await safaricom.side("POST", "/clock", {"mode": "real"})

    await safaricom.push(_PAYS)
    seen = -1
    while not safaricom.postbox.posts:
        seen = await safaricom.app.engine.changed(seen, 1.0)

    assert safaricom.told[0]["Body"]["stkCallback"]["ResultCode"] == 0


async def test_a_slow_answer_takes_simulated_time(safaricom: Pretend) -> None:
    await safaricom.side("POST", "/faults", {"product": "stk_push", "sync_delay_s": 5})
    await safaricom.side("POST", "/clock", {"mode": "fast"})

    reply = await safaricom.push(_PAYS)

    assert reply.status_code == 200


async def test_a_world_in_a_file_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    first = create_app(
        seed=1, clock=SimClock(START, "frozen"), data_file=path, courier=Postbox()
    )
    async with Pretend.around(first) as safaricom:
        await safaricom.push(_PAYS)
        await safaricom.advance(5)
        await safaricom.push(_WANJIKU, 100)
        sealed = await safaricom.side("GET", "/credentials")
        world = safaricom.world

    again = create_app(clock=SimClock(START, "frozen"), data_file=path, courier=Postbox())

    assert again.engine.world == world
    assert again.engine.clock.now() == START + timedelta(seconds=5)
    assert (
        again.engine.vault.open(sealed["security_credential"]) == sealed["initiator_password"]
    )
    async with Pretend.around(again) as safaricom:
        answered = await safaricom.side("POST", f"/phones/{_WANJIKU}/answer", {"pin": "1234"})
    assert answered["result_code"] == "0"


async def test_a_file_that_holds_no_world_says_so(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    path.write_text('{"shopping": "milk"}', encoding="utf-8")

    with pytest.raises(UnreadableWorldError, match="move it away"):
        create_app(data_file=path)

    assert path.read_text(encoding="utf-8") == '{"shopping": "milk"}'


async def test_a_recorded_exchange_replays_to_the_letter(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    async with Pretend() as safaricom:
        recorder = Recorder(safaricom.app, path)
        async with Pretend.around(safaricom.app, recorder) as client:
            await client.side("POST", f"/phones/{_WANJIKU}/next", {"action": "cancel"})
            await _day(client)
    recorder.close()

    assert await replay(path.read_text()) == []


async def test_a_replay_finds_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    async with Pretend() as safaricom:
        recorder = Recorder(safaricom.app, path)
        async with Pretend.around(safaricom.app, recorder) as client:
            await client.push("254700090006")
    recorder.close()
    case = json.loads(path.read_text())
    case["posts"][0]["body"] = "{}"
    case["steps"][-1]["answer"] = "{}"

    differences = await replay(json.dumps(case))

    assert [text.partition(" ")[0] for text in differences] == ["POST", "posted", "posted"]


async def test_the_statement_has_the_portals_columns_and_balances(safaricom: Pretend) -> None:
    await _day(safaricom)

    reply = await safaricom.http.get("/_sim/statement.csv?shortcode=174379&day=2026-11-24")

    rows = list(csv.reader(io.StringIO(reply.text)))
    head = rows.index(list(COLUMNS))
    lines = [dict(zip(COLUMNS, row, strict=True)) for row in rows[head + 1 :]]
    assert rows[1] == ["Short Code", "174379"]
    assert [line["Receipt No."] for line in lines] == [
        movement.receipt for movement in safaricom.world.movements
    ]
    assert lines[-1]["Balance"] == "25.00"
    assert lines[0]["Paid In"] == "10.00"
    assert lines[0]["Withdrawn"] == ""
    assert lines[0]["Other Party Info"] == "2547*****000 - " + lines[0]["Other Party Info"][15:]


async def test_the_charges_have_a_statement_of_their_own(safaricom: Pretend) -> None:
    await safaricom.push(_PAYS, 1000)
    await safaricom.advance(2)

    reply = await safaricom.http.get("/_sim/statement.csv?account=charges")

    last = reply.text.strip().splitlines()[-1]
    assert "Pay Bill Online Charge" in last
    assert ",-10.00,,-10.00,TRUE," in last


async def test_another_day_has_an_empty_statement(safaricom: Pretend) -> None:
    await _day(safaricom)

    reply = await safaricom.http.get("/_sim/statement.csv?day=2026-11-25")

    assert reply.text.strip().splitlines()[-1] == ",".join(COLUMNS)


async def test_the_truth_can_be_read_in_pages(safaricom: Pretend) -> None:
    await _day(safaricom)

    everything = await safaricom.side("GET", "/truth")
    rest = await safaricom.side("GET", "/truth?since=1&limit=1")

    assert everything["sum_of_all_accounts"] == "0.00"
    assert everything["total"] == len(everything["movements"]) == 3
    assert rest["movements"] == everything["movements"][1:2]
    assert everything["movements"][0]["checkout_id"].startswith("ws_CO_")
    assert everything["movements"][0]["amount_cents"] == 1000


async def test_prompts_and_deliveries_can_be_looked_up(safaricom: Pretend) -> None:
    await safaricom.push("254700001032")
    await safaricom.advance(2)

    prompts = await safaricom.side("GET", "/prompts")
    deliveries = await safaricom.side("GET", "/deliveries")

    assert prompts[0]["result_code"] == "1032"
    assert deliveries[0]["status"] == 200
    assert json.loads(deliveries[0]["body"]) == safaricom.told[0]


async def test_the_openapi_describes_both_doors(safaricom: Pretend) -> None:
    document = await safaricom.side("GET", "/openapi.json")

    assert set(OPERATIONS) <= set(document["paths"])
    assert "/_sim/phones/{msisdn}/next" in document["paths"]
    assert document["openapi"].startswith("3.1")


async def test_the_credentials_are_ready_for_use(safaricom: Pretend) -> None:
    given = await safaricom.side("GET", "/credentials")

    assert set(given) >= {
        "consumer_key", "consumer_secret", "passkey", "shortcode", "till", "b2c_shortcode",
        "initiator_name", "initiator_password", "certificate_pem", "security_credential",
    }  # fmt: skip
    assert len(given["security_credential"]) == 344
    assert given["certificate_pem"].startswith("-----BEGIN CERTIFICATE-----")
