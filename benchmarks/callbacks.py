"""Durable, applied callbacks per second, on both databases, beside the machine's own limits.

    make bench ARGS="callbacks --callbacks 20000"

A callback counts when its 200 has arrived, which is after the commit of its inbox row, the
attempt, the payment, the receipt, the journal entry and the event. The load generator, the
gateway and the database share this machine. CPU is the gateway's and the database's together.
"""

import argparse
import asyncio
import secrets
import sqlite3
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psycopg

import load
import machines
import prepared

CONNECTIONS = 64
STRICT_CALLBACKS = 2_000
_SERVE = ("-m", "pokea.cli", "serve", "--port", "0", "--json")
_AGREEING_DARAJA = """
import json, socket, uvicorn
TOKEN = b'{"access_token":"bench","expires_in":"3599"}'
PAID = json.dumps({"ResponseCode": "0", "ResponseDescription": "ok", "MerchantRequestID": "1",
    "CheckoutRequestID": "1", "ResultCode": "0", "ResultDesc": "ok"}).encode()
async def app(scope, receive, send):
    if scope["type"] != "http": return
    while (await receive()).get("more_body"): pass
    body = TOKEN if scope["path"].startswith("/oauth") else PAID
    headers = [(b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
print(json.dumps({"daraja": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run([listener])
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callbacks", type=int, default=20_000)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="pokea-bench-"))
    bare = _bare_asgi(folder)
    print(f"bare ASGI application                {bare:9,.0f} posts/s")
    if arguments.only != "postgresql":
        limit = _sqlite_limit(folder)
        print(
            f"SQLite, single-row commits           {limit:9,.0f} /s  (WAL, full sync, 1 thread)"
        )
        _measure(prepared.sqlite_url(folder), folder, limit, arguments.callbacks)
        _measure_strict(prepared.sqlite_url(folder / "strict"), folder)
    if arguments.only != "sqlite":
        with machines.postgresql() as url:
            limit = _postgres_limit(url)
            print(f"PostgreSQL, single-row commits       {limit:9,.0f} /s  (16 clients)")
            _measure(url, folder, limit, arguments.callbacks)
        with machines.postgresql() as url:
            _measure_strict(url, folder)


def _environment(url: str, folder: Path, key: bytes, **changes: str) -> dict[str, str]:
    return {
        "MPESA_ENV": "simulator",
        "MPESA_BASE_URL": "http://127.0.0.1:9",
        "MPESA_CONSUMER_KEY": "key",
        "MPESA_CONSUMER_SECRET": "secret",
        "MPESA_SHORTCODE": prepared.SHORTCODE.digits,
        "MPESA_PASSKEY": "passkey",
        "DATABASE_URL": url,
        "POKEA_DATA_DIR": str(folder),
        "POKEA_SECRET_KEYS": key.hex(),
        "POKEA_LOG_LEVEL": "warning",
        **changes,
    }


def _measure_strict(url: str, folder: Path) -> None:
    """Under ``strict`` a payment is settled when Safaricom, asked by us, agrees."""
    folder = folder / "strict"
    folder.mkdir(exist_ok=True)
    key = secrets.token_bytes(32)
    name = url.partition(":")[0]
    errors = folder / "errors"
    with machines.program(["-c", _AGREEING_DARAJA], {}, errors=folder / "daraja") as (
        _,
        daraja,
    ):
        environment = _environment(
            url, folder, key, MPESA_BASE_URL=daraja["daraja"], POKEA_CORROBORATION="strict"
        )
        with machines.program([*_SERVE], environment, errors=errors) as (_, line):
            port = int(line["gateway"].rpartition(":")[2])
            expected = prepared.prepare(url, key, STRICT_CALLBACKS)
            requests = [load.request_bytes(one.path, one.body) for one in expected]
            begin = time.perf_counter()
            heard = asyncio.run(load.run(port, requests, connections=CONNECTIONS))
            while prepared.applied(url)[0] < len(expected):
                if time.perf_counter() - begin > 300:
                    raise SystemExit("not every payment was settled in five minutes")
                time.sleep(0.2)
            seconds = time.perf_counter() - begin
    print(
        f"  {name} strict: settled         {len(expected) / seconds:9,.0f} /s"
        f"  callback, STK query and books (callbacks heard {heard.per_second:,.0f} /s)"
    )


def _measure(url: str, folder: Path, limit: float, callbacks: int) -> None:
    key = secrets.token_bytes(32)
    environment = _environment(
        url, folder, key, POKEA_CORROBORATION="fast", POKEA_QUERIES_PER_MINUTE="1"
    )
    name = url.partition(":")[0]
    serve = [*_SERVE, "--no-worker"] if name == "postgresql" else [*_SERVE]
    with machines.program(serve, environment, errors=folder / "errors") as (gateway, line):
        port = int(line["gateway"].rpartition(":")[2])
        expected = prepared.prepare(url, key, callbacks + 5_000)
        requests = [load.request_bytes(one.path, one.body) for one in expected]
        asyncio.run(load.run(port, requests[:1_000], connections=CONNECTIONS))  # warm
        database = machines.postgres_pids(url) if name == "postgresql" else []
        before = machines.cpu_seconds([gateway.pid]), machines.cpu_seconds(database)
        full = asyncio.run(load.run(port, requests[5_000:], connections=CONNECTIONS))
        after = machines.cpu_seconds([gateway.pid]), machines.cpu_seconds(database)
        paced = asyncio.run(
            load.run(port, requests[1_000:5_000], connections=CONNECTIONS, per_second=1_000)
        )
    journals, events = prepared.applied(url)
    number = len(full.latencies_ms)
    own, theirs = ((then - now) * 1e6 / number for now, then in zip(before, after, strict=True))
    print(
        f"  {name} fast: callbacks         {full.per_second:9,.0f} /s"
        f"  = {full.per_second / limit:.2f} x its single-row commits"
    )
    print(
        f"    CPU for each                     {own + theirs:9,.0f} us"
        f"  (gateway {own:.0f}, database {theirs:.0f})"
    )
    print(
        f"    latency at full load             {full.percentile(50):9.1f} ms p50,"
        f" {full.percentile(99):.1f} ms p99"
    )
    print(
        f"    latency at 1,000/s               {paced.percentile(50):9.1f} ms p50,"
        f" {paced.percentile(99):.1f} ms p99"
    )
    if full.refused or paced.refused:
        raise SystemExit(f"{full.refused + paced.refused} callbacks were not answered 200")
    if (journals, events) != (len(expected), len(expected)):
        raise SystemExit(f"{len(expected)} callbacks made {journals} journals, {events} events")


def _bare_asgi(folder: Path) -> float:
    code = (
        "import json, socket, uvicorn\n"
        "async def app(scope, receive, send):\n"
        "    if scope['type'] != 'http': return\n"
        "    await receive()\n"
        "    await send({'type': 'http.response.start', 'status': 200,"
        " 'headers': [(b'content-length', b'2')]})\n"
        "    await send({'type': 'http.response.body', 'body': b'ok'})\n"
        "listener = socket.create_server(('127.0.0.1', 0), backlog=1024)\n"
        "print(json.dumps({'bare': str(listener.getsockname()[1])}), flush=True)\n"
        "config = uvicorn.Config(app, log_level='error', access_log=False, lifespan='off')\n"
        "uvicorn.Server(config).run([listener])\n"
    )
    with machines.program(["-c", code], {}, errors=folder / "bare") as (_, line):
        request = load.request_bytes("/", b"x" * 500)
        measured = asyncio.run(load.run(int(line["bare"]), [request] * 20_000, connections=64))
    return measured.per_second


def _sqlite_limit(folder: Path) -> float:
    connection = sqlite3.connect(folder / "limit.db", isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("create table one (id integer primary key, body blob)")
    begin, number = time.perf_counter(), 0
    while time.perf_counter() - begin < 3:
        connection.execute("insert into one (body) values (?)", (b"x" * 500,))
        number += 1
    return number / (time.perf_counter() - begin)


def _postgres_limit(url: str) -> float:
    pgbench = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table one (id bigserial primary key, body bytea)")
    if pgbench:
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write("insert into one (body) values (decode(repeat('78', 500), 'hex'));\n")
            script.flush()
            command = [pgbench[-1], "-n", "-M", "prepared", "-c", "16", "-j", "2", "-T", "4"]
            done = subprocess.run(
                [*command, "-f", script.name, url], check=True, capture_output=True, text=True
            )
        return float(done.stdout.partition("tps = ")[2].partition(" ")[0])
    return _postgres_limit_in_python(url)


def _postgres_limit_in_python(url: str) -> float:
    counts: list[int] = []
    until = time.perf_counter() + 4

    def insert() -> None:
        number = 0
        with psycopg.connect(url, autocommit=True) as connection:
            while time.perf_counter() < until:
                connection.execute("insert into one (body) values (%s)", [b"x" * 500])
                number += 1
        counts.append(number)

    threads = [threading.Thread(target=insert) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / 4


if __name__ == "__main__":
    main()
