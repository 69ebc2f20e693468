"""Boards over real sockets: people with sessions, orders with events, a client that checks."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from websockets.sync.client import ClientConnection, connect

from apps.catalog.models import Variant
from apps.orders import consumers
from apps.orders.models import Order
from bakery.kernel import clock
from tests.accounts.people import browser as make_browser
from tests.accounts.people import staff as make_staff
from tests.orders.factories import make_cake, make_slot, place_paid

SESSION = "sessionid"
EGG = {"contains": ["egg"], "may_contain": []}


@pytest.fixture
def fast_board(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten what a board waits for, so that tests need not."""
    monkeypatch.setattr(consumers, "POLL_S", 0.3)
    monkeypatch.setattr(consumers, "SESSION_CHECK_S", 0.2)


def session_of(user, *, verified=True) -> str:
    """The session key of somebody who signed in."""
    return make_browser(user, verified=verified).cookies[SESSION].value


@pytest.fixture
def kitchen(transactional_db):
    """A cook who passed the second factor."""
    return make_staff("kitchen")


@pytest.fixture
def kitchen_session(kitchen) -> str:
    return session_of(kitchen)


class BoardClient:
    """What the board's script does, with every batch checked against the protocol."""

    def __init__(self, socket: ClientConnection, *, after: int) -> None:
        self.socket = socket
        self.last = after
        self.seqs: list[int] = []
        self.other: list[dict] = []
        self.orders: dict[str, dict] = {}
        self.tell(after=after)

    def tell(self, **message) -> None:
        self.socket.send(json.dumps(message))

    def hear(self, timeout: float = 20) -> dict:
        """Take one frame; a batch must begin where the one before it ended."""
        message = json.loads(self.socket.recv(timeout))
        if message["type"] != "events":
            self.other.append(message)
            return message
        assert message["after"] == self.last
        for event in message["events"]:
            assert event["seq"] > self.last
            self.last = event["seq"]
            self.seqs.append(event["seq"])
            self.orders[event["order"]["number"]] = event["order"]
        assert message["last"] == self.last
        return message

    def until(self, condition: Callable[[], bool], within: float = 30) -> None:
        """Listen until something is true."""
        deadline = time.monotonic() + within
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0, f"not within {within} s; last {self.last}, {len(self.seqs)} events"
            self.hear(timeout=left)


@pytest.fixture
def board(live_sockets, settings, kitchen_session) -> Callable[..., ClientConnection]:
    """Open a board's socket; by default as the cook, from our page."""
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:8000"

    @contextmanager
    def open_board(
        *,
        session: str | None = kitchen_session,
        origin: str | None = "http://127.0.0.1:8000",
        after: int = 0,
        url: str = live_sockets.ws_url,
    ) -> Iterator[BoardClient]:
        cookies = {"Cookie": f"{SESSION}={session}"} if session else {}
        with connect(
            f"{url}/ws/board/",
            origin=origin,
            additional_headers=cookies,
            close_timeout=2,
            open_timeout=10,
        ) as socket:
            yield BoardClient(socket, after=after)

    return open_board


@pytest.fixture
def paid_cake(transactional_db) -> Callable[..., Order]:
    """Make a paid order with a cake, now, for pickup in ``ahead``: by default so soon that it has
    fired already."""
    cakes: list[Variant] = []

    def make(message="Happy birthday!", ahead=timedelta(minutes=20), **options) -> Order:
        at = clock.now()
        if not cakes:
            cakes.append(make_cake(stock=500, message=100, allergens=EGG))
        slot = make_slot(at.replace(second=0, microsecond=0) + ahead, capacity=1000)
        lines = [(cakes[0], 1, message)]
        return place_paid(lines, slot=slot, at=at, ref=f"pi_{clock.now().timestamp()}")

    return make
