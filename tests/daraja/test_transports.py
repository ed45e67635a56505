"""Real sockets on this machine: what a transport says when a connection fails, and how."""

import asyncio
import queue
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from pokea.daraja._http import open_transport
from pokea.daraja._http_async import open_async_transport
from pokea.daraja.errors import InvalidValue
from pokea.daraja.transport import Lost, NeverWritten
from pokea.daraja.wire import WireReply, WireRequest

Behaviour = Callable[[socket.socket], None]
Carry = Callable[..., list[WireReply]]

REQUEST = WireRequest(method="POST", path="/a?b=c", body=b'{"x":1}', moves_money=True)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Accepts connections one after the other and does with each what a test says."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._context = context
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self._behaviours: queue.Queue[Behaviour | None] = queue.Queue()
        self.arrived = threading.Event()
        self.closed = threading.Event()
        self.finished = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        for behave in iter(self._behaviours.get, None):
            try:
                connection, _ = self._listener.accept()
                if self._context:
                    connection = self._context.wrap_socket(connection, server_side=True)
                with connection:
                    behave(connection)
                self.closed.set()
            except OSError:
                continue

    def read(self, connection: socket.socket) -> None:
        data = connection.recv(65_536)
        while data and b'{"x":1}' not in data:
            data += connection.recv(65_536)
        self.requests.append(data)
        self.arrived.set()

    def answer(self, data: bytes) -> Behaviour:
        def behave(connection: socket.socket) -> None:
            self.read(connection)
            connection.sendall(data)

        return behave

    def silence(self, connection: socket.socket) -> None:
        self.read(connection)
        self.finished.wait(5)

    def reset(self, connection: socket.socket) -> None:
        self.read(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def then(self, *behaviours: Behaviour) -> None:
        for behaviour in behaviours:
            self._behaviours.put(behaviour)

    def close(self) -> None:
        self.finished.set()
        self._behaviours.put(None)
        self._listener.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture(params=["sync", "async", "uvloop"])
def carry(request: pytest.FixtureRequest) -> Carry:
    def send(
        base_url: str,
        times: int = 1,
        authority: str | None = None,
        after_each: Callable[[], object] = str,
    ) -> list[WireReply]:
        if request.param != "sync":
            run = uvloop.run if request.param == "uvloop" else asyncio.run
            return run(_carry_async(base_url, times, authority, after_each))
        transport = open_transport(base_url, 1, authority)
        replies = [(transport.send(REQUEST), after_each())[0] for _ in range(times)]
        transport.close()
        return replies

    return send


async def _carry_async(
    base_url: str, times: int, authority: str | None, after_each: Callable[[], object]
) -> list[WireReply]:
    transport = open_async_transport(base_url, 1, authority)
    try:
        return [(await transport.send(REQUEST), after_each())[0] for _ in range(times)]
    finally:
        await transport.close()


def test_a_reply_comes_back_whole(server: Server, carry: Carry) -> None:
    server.then(server.answer(ANSWER))

    [reply] = carry(f"http://127.0.0.1:{server.port}/base")

    assert (reply.status, reply.body) == (200, b"{}")
    assert reply.header("content-type") == "application/json"
    assert server.requests[0].startswith(b"POST /base/a?b=c HTTP/1.1\r\n")


def test_connections_are_kept(server: Server, carry: Carry) -> None:
    def answer_twice(connection: socket.socket) -> None:
        server.answer(ANSWER)(connection)
        server.answer(ANSWER)(connection)

    server.then(answer_twice)

    assert len(carry(f"http://127.0.0.1:{server.port}", times=2)) == 2


def test_redirects_are_not_followed(server: Server, carry: Carry) -> None:
    redirect = (
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    )
    server.then(server.answer(redirect))

    [reply] = carry(f"http://127.0.0.1:{server.port}")

    assert reply.status == 302


def test_the_environments_proxies_are_not_used(
    server: Server, carry: Carry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:1")
    server.then(server.answer(ANSWER))

    assert carry(f"http://127.0.0.1:{server.port}")


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:1", "https://127.0.0.1:1", "http://daraja.invalid"]
)
def test_a_host_that_cannot_be_reached_was_never_written_to(
    carry: Carry, base_url: str
) -> None:
    with pytest.raises(NeverWritten):
        carry(base_url)


def test_a_failed_tls_handshake_was_never_written(server: Server, carry: Carry) -> None:
    def speak_plainly(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"this is not TLS at all, whatever you may think\r\n\r\n")

    server.then(speak_plainly)

    with pytest.raises(NeverWritten):
        carry(f"https://127.0.0.1:{server.port}")


@pytest.mark.parametrize("behaviour", ["silence", "read", "reset"])
def test_what_happens_after_writing_is_lost(
    server: Server, carry: Carry, behaviour: str
) -> None:
    server.then(getattr(server, behaviour))

    with pytest.raises(Lost):
        carry(f"http://127.0.0.1:{server.port}")


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 2_000_000,
    ],
    ids=["truncated", "chunks that are none", "not HTTP", "larger than 1 MiB"],
)
def test_an_answer_that_is_none_is_lost(server: Server, carry: Carry, data: bytes) -> None:
    server.then(server.answer(data))

    with pytest.raises(Lost):
        carry(f"http://127.0.0.1:{server.port}")


def test_an_announcement_is_not_the_answer(server: Server, carry: Carry) -> None:
    server.then(server.answer(b"HTTP/1.1 100 Continue\r\n\r\n" + ANSWER))

    [reply] = carry(f"http://127.0.0.1:{server.port}")

    assert (reply.status, reply.body) == (200, b"{}")


def test_an_answer_without_a_length_ends_with_its_connection(
    server: Server, carry: Carry
) -> None:
    server.then(server.answer(b"HTTP/1.1 200 OK\r\n\r\n{}"))

    [reply] = carry(f"http://127.0.0.1:{server.port}")

    assert reply.body == b"{}"


@pytest.mark.parametrize(
    "data",
    [
        ANSWER.replace(b"200 OK\r\n", b"200 OK\r\nConnection: close\r\n"),
        ANSWER,
        ANSWER + ANSWER.replace(b"200", b"500"),
    ],
    ids=["announced", "unannounced", "with an answer that nobody asked for"],
)
def test_a_connection_that_ended_is_not_used_again(
    server: Server, carry: Carry, data: bytes
) -> None:
    server.then(server.answer(data), server.answer(ANSWER))

    replies = carry(
        f"http://127.0.0.1:{server.port}", times=2, after_each=lambda: server.closed.wait(5)
    )

    assert [reply.status for reply in replies] == [200, 200]


@pytest.mark.parametrize("base_url", ["daraja.test", "ftp://daraja.test", "http://[", "http:"])
def test_a_base_url_that_is_none_is_refused(carry: Carry, base_url: str) -> None:
    with pytest.raises(InvalidValue):
        carry(base_url)


@pytest.mark.parametrize("path", ["/a b", "/a\r\nx: y", "/é"])
def test_a_path_cannot_smuggle_in_a_line(server: Server, path: str) -> None:
    async def send() -> None:
        transport = open_async_transport(f"http://127.0.0.1:{server.port}", 1)
        await transport.send(replace(REQUEST, path=path))

    with pytest.raises(NeverWritten):
        asyncio.run(send())


def test_a_header_cannot_smuggle_in_a_line(server: Server) -> None:
    async def send() -> None:
        transport = open_async_transport(f"http://127.0.0.1:{server.port}", 1)
        await transport.send(replace(REQUEST, headers=(("a", "b\r\nc: d"),)))

    with pytest.raises(NeverWritten):
        asyncio.run(send())


def test_without_a_free_connection_nothing_is_written(server: Server) -> None:
    async def crowd() -> list[WireReply | BaseException]:
        transport = open_async_transport(f"http://127.0.0.1:{server.port}", 1)
        asked = [transport.send(REQUEST) for _ in range(101)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        await transport.close()
        return outcomes

    server.then(server.silence)

    outcomes = asyncio.run(crowd())

    assert [type(outcome) for outcome in outcomes] == [Lost] * 100 + [NeverWritten]


def test_closing_a_client_loses_what_is_in_flight(server: Server) -> None:
    async def close_in_flight() -> None:
        transport = open_async_transport(f"http://127.0.0.1:{server.port}", 1)
        sending = asyncio.create_task(transport.send(REQUEST))
        await asyncio.to_thread(server.arrived.wait, 5)
        await transport.close()
        await sending

    server.then(server.silence)

    with pytest.raises(Lost):
        asyncio.run(close_in_flight())


def test_a_request_given_up_leaves_its_answer_to_nobody(server: Server) -> None:
    async def give_up_and_ask_again() -> WireReply:
        transport = open_async_transport(f"http://127.0.0.1:{server.port}", 1)
        sending = asyncio.create_task(transport.send(REQUEST))
        await asyncio.to_thread(server.arrived.wait, 5)
        sending.cancel()
        await asyncio.wait([sending])
        server.finished.set()
        reply = await transport.send(REQUEST)
        await transport.close()
        return reply

    server.then(server.silence, server.answer(ANSWER))

    assert asyncio.run(give_up_and_ask_again()).status == 200
    assert len(server.requests) == 2


def test_a_second_event_loop_begins_with_connections_of_its_own(server: Server) -> None:
    transport = open_async_transport(f"http://127.0.0.1:{server.port}", 1)

    async def send_and_close() -> WireReply:
        reply = await transport.send(REQUEST)
        await transport.close()
        return reply

    server.then(server.answer(ANSWER), server.answer(ANSWER))

    assert [asyncio.run(send_and_close()).status for _ in range(2)] == [200, 200]


def test_tls_is_verified_against_the_given_authority(carry: Carry, tmp_path: Path) -> None:
    authority, context = _authority(tmp_path)
    server = Server(context)
    server.then(server.answer(ANSWER), server.answer(ANSWER))

    assert carry(f"https://127.0.0.1:{server.port}", authority=authority)
    with pytest.raises(NeverWritten):
        carry(f"https://127.0.0.1:{server.port}")
    server.close()


def _authority(folder: Path) -> tuple[str, ssl.SSLContext]:
    """Make a certificate for 127.0.0.1 that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name.from_rfc4514_string("CN=127.0.0.1")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36_500))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "both.pem").write_bytes(pem + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return pem.decode(), context
