"""`stk_push` calls: processor time and calls per second, beside other Python M-PESA SDKs.

    make bench ARGS="sdk"

The peers are installed into a temporary virtual environment; the same local stub answers all of
them, over plain HTTP and over TLS. Every contestant runs in a process of its own. Fails when
ours takes more than 200 microseconds of processor time per synchronous call over plain HTTP,
or more of it than any peer or fewer calls per second than any peer, one by one or with 32 in
flight, over HTTP or TLS, or fewer calls per second with 32 in flight than one by one.
"""

import argparse
import asyncio
import json
import ssl
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from typing_extensions import override

HERE = Path(__file__).parent
CONTESTANTS = HERE / "sdk_contestants.py"
PEERS = ("daraja-v3[async]", "mpesa-sdk", "mpesakit", "django-daraja", "setuptools")
LIMIT_US = 200
ROUNDS = 3
MODES = {"sync": "one call after the other", "async": "asyncio, 32 in flight"}
SYNC = ("http.client", "pokea", "daraja-v3", "mpesa-sdk", "mpesakit", "django-daraja")
ASYNC = ("pokea", "daraja-v3", "mpesakit")
OURS = ("http.client", "pokea")

ACCEPTED = json.dumps(
    {
        "MerchantRequestID": "29115-34620561-1",
        "CheckoutRequestID": "ws_CO_191220191020363925",
        "ResponseCode": "0",
        "ResponseDescription": "Success. Request accepted for processing",
        "CustomerMessage": "Success. Request accepted for processing",
    }
).encode()
TOKEN = json.dumps(
    {"access_token": "c9SQxWWhmdVRlyh0zh8gZDTkubVF", "expires_in": "3599"}
).encode()


class Stub(asyncio.Protocol):
    """Answers any request at once, and reads no more of it than its length."""

    def __init__(self) -> None:
        self._read = b""
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head = self._read[:end].lower()
            _, named, rest = head.partition(b"content-length:")
            size = end + 4 + (int(rest.split(b"\r\n")[0]) if named else 0)
            if len(self._read) < size:
                return
            body = TOKEN if head.startswith(b"get") else ACCEPTED
            self._read = self._read[size:]
            if self._transport:
                self._transport.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\n"
                    b"Cache-Control: no-store\r\nContent-Length: %d\r\n\r\n%s"
                    % (len(body), body)
                )


async def serve(certificate: Path) -> None:
    """Serve plain and TLS on free ports, and print both."""
    loop = asyncio.get_running_loop()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    plain = await loop.create_server(Stub, "127.0.0.1", 0)
    secure = await loop.create_server(Stub, "127.0.0.1", 0, ssl=context)
    print(plain.sockets[0].getsockname()[1], secure.sockets[0].getsockname()[1], flush=True)
    await asyncio.gather(plain.serve_forever(), secure.serve_forever())


def make_certificate(folder: Path) -> None:
    """Write a certificate for 127.0.0.1 that is its own authority, and its key."""
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
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "authority.pem").write_bytes(pem)
    (folder / "server.pem").write_bytes(pem + secret)


def install_peers(folder: Path) -> Path:
    """Make the temporary environment and return its Python."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    install = [
        str(python),
        "-m",
        "pip",
        "install",
        "-qq",
        "--disable-pip-version-check",
        *PEERS,
    ]
    subprocess.run(install, check=True)
    return python


def contest(python: Path, name: str, mode: str, url: str, authority: Path) -> dict[str, int]:
    """Run one contestant and return its figures."""
    # Each HTTP library looks for the authority under another name.
    trust = [f"SSL_CERT_FILE={authority}", f"REQUESTS_CA_BUNDLE={authority}"]
    command = ["env", *trust, str(python), str(CONTESTANTS), name, mode, url]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(said.splitlines()[-1])


def compare(peers: Path, urls: dict[str, str], authority: Path) -> list[str]:
    """Print the tables and return what broke a limit."""
    broken: list[str] = []
    for scheme, url in urls.items():
        for mode, names in (("sync", SYNC), ("async", ASYNC)):
            taken = take_turns(peers, names, mode, url, authority)
            print(f"\n{scheme}: {MODES[mode]:32}CPU us/call   calls/s")
            for name, figures in taken.items():
                print(
                    f"  {name:34}{figures['cpu_us']:15,}{1_000_000 // figures['wall_us']:10,}"
                )
            broken += lost_to_peers(f"{scheme} {mode}", taken)
            ours = taken["pokea"]["cpu_us"]
            if (scheme, mode) == ("http", "sync") and ours > LIMIT_US:
                broken.append(f"{ours} us of CPU per call; the limit is {LIMIT_US}")
    one_by_one, in_flight = side_by_side(urls["http"], authority)
    print(
        f"\npokea, http, in turns: {one_by_one:,} calls/s one by one, {in_flight:,} in flight"
    )
    if in_flight < one_by_one:
        broken.append("32 in flight make fewer calls than one by one")
    return broken


def take_turns(
    peers: Path, names: tuple[str, ...], mode: str, url: str, authority: Path
) -> dict[str, dict[str, int]]:
    """Return the best figures of each contestant over rounds in which each has its turn.

    The machine is shared: figures taken one after the other belong to different moments.
    """
    best: dict[str, dict[str, int]] = {}
    for _ in range(ROUNDS):
        for name in names:
            python = Path(sys.executable) if name in OURS else peers
            figures = contest(python, name, mode, url, authority)
            known = best.get(name, figures)
            best[name] = {key: min(known[key], figures[key]) for key in figures}
    return best


def lost_to_peers(where: str, taken: dict[str, dict[str, int]]) -> list[str]:
    """Say which peers need less processor time than ours, or make as many calls per second."""
    ours = taken["pokea"]
    return [
        f"{where}: {name} needs {figures[key]} us ({key}), ours {ours[key]}"
        for name, figures in taken.items()
        for key in ("cpu_us", "wall_us")
        if name not in OURS and figures[key] <= ours[key]
    ]


def side_by_side(url: str, authority: Path) -> tuple[int, int]:
    """Return calls per second one by one and in flight: each the best of alternating runs.

    Wall time on a shared machine depends on the moment, so the two take turns.
    """
    best = {"sync": 0, "async": 0}
    for _ in range(ROUNDS):
        for mode, record in best.items():
            figures = contest(Path(sys.executable), "pokea", mode, url, authority)
            best[mode] = max(record, 1_000_000 // figures["wall_us"])
    return best["sync"], best["async"]


def main() -> None:
    """Measure, print, and fail where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", type=Path, help="serve the stub with this certificate")
    parser.add_argument("--peers", type=Path, help="a Python that has the peers already")
    arguments = parser.parse_args()
    if arguments.serve:
        asyncio.run(serve(arguments.serve))
        return
    with tempfile.TemporaryDirectory(prefix="pokea-bench-sdk-") as name:
        folder = Path(name)
        make_certificate(folder)
        peers = arguments.peers or install_peers(folder / "peers")
        command = [sys.executable, __file__, "--serve", str(folder / "server.pem")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as stub:
            try:
                assert stub.stdout
                plain, secure = stub.stdout.readline().split()
                urls = {
                    "http": f"http://127.0.0.1:{plain}",
                    "tls": f"https://127.0.0.1:{secure}",
                }
                broken = compare(peers, urls, folder / "authority.pem")
            finally:
                stub.terminate()
    for line in broken:
        print(f"BROKEN  {line}")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
