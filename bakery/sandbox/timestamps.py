"""A local timestamp server (RFC 3161): `python -m bakery.sandbox.timestamps --port 8004`.

It believes this machine's clock and its own new certificate, so that its stamps prove nothing
beyond that the platform asks for them and reads them. It prints the settings to use it with.
"""

import argparse
import contextlib
import sys
import tempfile
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_LONGEST = 65536


class TimestampServer:
    """The server in a background thread; ``url`` is its address, ``root`` its certificate (PEM).

    ``broken`` makes it answer as one that is out of order. Port 0 takes a free port.
    """

    def __init__(self, *, port: int = 0) -> None:
        self.broken = False
        self.asked = 0
        self.root, self._stamper = _make_stamper()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def answer(self, body: bytes) -> bytes:
        """Return the reply (DER) to a request (DER)."""
        from asn1crypto import tsp

        self.asked += 1
        reply: bytes = self._stamper.request_tsa_response(tsp.TimeStampReq.load(body)).dump()
        return reply

    def __enter__(self) -> Self:
        """Serve from now on."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


def _handler(server: TimestampServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _LONGEST))
            reply = b"out of order" if server.broken else server.answer(body)
            self.send_response(503 if server.broken else 200)
            kind = "text/plain" if server.broken else "application/timestamp-reply"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    return Handler


def _make_stamper() -> tuple[str, Any]:
    """Return a certificate for stamping time, vouched for by itself, and who stamps with it."""
    from asn1crypto import keys
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
    from pyhanko.keys import load_certs_from_pemder_data
    from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

    # The stamper that signs for us knows RSA only.
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sandbox timestamps")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(key, hashes.SHA256())
    )
    der = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (own,) = load_certs_from_pemder_data(pem)
    return pem.decode(), DummyTimeStamper(own, keys.PrivateKeyInfo.load(der))


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m bakery.sandbox.timestamps")
    parser.add_argument("--port", type=int, default=8004)
    given = parser.parse_args(argv)
    with TimestampServer(port=given.port) as server, tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root.pem")
        root.write_text(server.root, encoding="utf-8")
        shown = f"RECEIPT_TIMESTAMP_URL={server.url} RECEIPT_TIMESTAMP_ROOTS={root}"
        print(shown, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
