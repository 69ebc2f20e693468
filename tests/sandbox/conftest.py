"""The sandbox under test, a receiver in the platform's place, and the real SDKs as clients.

Nothing here needs Django, PostgreSQL or Valkey: the stand-ins are outside services.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
import stripe
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from bakery.sandbox.server import SandboxServer

API_KEY = "sk_test_" + "a" * 24
CALLBACK = "/webhooks/twilio/status/"


@pytest.fixture(autouse=True)
def _empty_valkey() -> None:
    """Replace the platform's own fixture: there is nothing to empty here."""


@dataclass
class Received:
    """One request that the platform got."""

    path: str
    headers: dict[str, str]
    body: bytes
    url: str

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Receiver:
    """Stands where the platform's webhook endpoints are; answers 200 unless told otherwise."""

    url: str
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    body: bytes = b""
    gate: threading.Event = field(default_factory=threading.Event)

    def wait_for(self, count: int, timeout_s: float = 5.0) -> list[Received]:
        deadline = time.monotonic() + timeout_s
        while len(self.received) < count:
            if time.monotonic() > deadline:
                pytest.fail(f"{len(self.received)} requests instead of {count}")
            time.sleep(0.005)
        return self.received


@pytest.fixture
def platform() -> Iterator[Receiver]:
    """A receiver on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            url = receiver.url + self.path
            # Read once, before the request shows: a test that saw it may set the next answer.
            answer = receiver.body
            receiver.received.append(Received(self.path, dict(self.headers), body, url))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield receiver
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def _sandbox_server() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def sandbox(_sandbox_server: SandboxServer) -> SandboxServer:
    """An empty sandbox of its own, apart from the platform's."""
    _sandbox_server.reset()
    return _sandbox_server


@pytest.fixture
def hooked(sandbox: SandboxServer, platform: Receiver) -> SandboxServer:
    """A sandbox that sends its events to the receiver."""
    sandbox.stripe.set_webhook(f"{platform.url}/webhooks/stripe/")
    return sandbox


def make_stripe(url: str, key: str = API_KEY, timeout: float = 5.0) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": f"{url}/stripe"},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=timeout),
    )


@pytest.fixture
def client(sandbox: SandboxServer) -> stripe.StripeClient:
    """The official Stripe SDK, without its own retries."""
    return make_stripe(sandbox.url)


def session_params(amount: int = 1250, **params: Any) -> dict[str, Any]:
    return {
        "mode": "payment",
        "success_url": "http://127.0.0.1:9/thanks?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:9/cart",
        "line_items": [
            {
                "price_data": {
                    "currency": "usd",
                    "unit_amount": amount,
                    "product_data": {"name": "Sacher torte"},
                },
                "quantity": 1,
            }
        ],
        **params,
    }


@pytest.fixture
def new_session(client: stripe.StripeClient) -> Callable[..., Any]:
    """Make a checkout session of `amount` minor units."""

    def make(amount: int = 1250, options: Any = None, **params: Any) -> Any:
        wanted = session_params(amount, **params)
        return client.v1.checkout.sessions.create(params=wanted, options=options)

    return make


class LocalTwilio(TwilioHttpClient):
    """Twilio's own client with its host rewritten, as the platform does it."""

    def __init__(self, url: str, timeout: float = 5.0) -> None:
        super().__init__(timeout=timeout)
        self._base = f"{url}/twilio"

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        local = url.replace("https://api.twilio.com", self._base)
        return super().request(method, local, *args, **kwargs)


def make_twilio(server: SandboxServer, token: str | None = None, timeout: float = 5.0) -> Client:
    config = server.config
    return Client(
        config.twilio_account_sid,
        token or config.twilio_auth_token,
        http_client=LocalTwilio(server.url, timeout),
    )


@pytest.fixture
def twilio(sandbox: SandboxServer) -> Client:
    """The official Twilio SDK."""
    return make_twilio(sandbox)
