"""The kitchen's board over a web socket, `/ws/board/`.

Protocol, JSON both ways. The client first sends ``{"after": n}``, the last sequence number it
has. The server answers with ``{"type": "events", "after": n, "last": m, "events": [...]}`` until
the client is up to date, and again whenever something happens. Each batch begins where the one
before it ended (``after``), so the client knows that nothing is missing; numbers themselves may
have gaps. ``plan`` in a batch is the version of the kitchen's stations: a client that has another
loads the board afresh. Both sides send ``{"type": "beat"}`` every 15 seconds; the server's says
``last``.
``{"type": "ack", "number": "B-..."}`` acknowledges an order. ``{"type": "reset"}`` tells a client
that stands beyond the newest event (the database was restored) to load the board afresh.

Nothing is queued for a slow client: each socket reads from the database where it stands.
"""

import asyncio
import json
import logging
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from apps.orders import selectors, services
from apps.orders.adapters import board_hint
from bakery.edge import access
from bakery.edge.sockets import admitted_user, comes_from_our_pages, session_key_of
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

logger = logging.getLogger(__name__)
BEAT_S = 15.0
# A client that was silent for this long is gone, whatever TCP says.
SILENCE_S = 45.0
SESSION_CHECK_S = 20.0
POLL_S = 5.0
BATCH = 100
MAX_FRAMES_PER_CHECK = 60
SIGNED_OUT, BAD_ORIGIN, SILENT, TOO_CHATTY, TRY_LATER = 4401, 4403, 4408, 4429, 1013
RULE = access.staff("orders.work_board")


class BoardFeed:
    """Wakes the sockets of this process when the board has something new.

    One per event loop, at work only while somebody listens: it follows the hints, and looks into
    the database every `POLL_S` seconds for what no hint told.
    """

    def __init__(self) -> None:
        self._listeners: set[asyncio.Event] = set()
        self._tasks: list[asyncio.Task[None]] = []

    def join(self, wake: asyncio.Event) -> None:
        """Wake ``wake`` from now on."""
        self._listeners.add(wake)
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(self._follow_hints()),
                asyncio.create_task(self._poll()),
            ]

    def leave(self, wake: asyncio.Event) -> None:
        """Wake ``wake`` no more."""
        self._listeners.discard(wake)
        if not self._listeners:
            for task in self._tasks:
                task.cancel()
            self._tasks = []

    def _wake_all(self) -> None:
        for wake in self._listeners:
            wake.set()

    async def _follow_hints(self) -> None:
        async for _ in board_hint.hints():
            self._wake_all()

    async def _poll(self) -> None:
        known = (-1, "")
        while True:
            await asyncio.sleep(POLL_S)
            try:
                position = await database_sync_to_async(selectors.board_position)()
            except Exception as error:  # noqa: BLE001 - the database is down: look again
                logger.warning("board poll failed", extra={"error": type(error).__name__})
                continue
            if position != known:
                known = position
                self._wake_all()


_feeds: WeakKeyDictionary[asyncio.AbstractEventLoop, BoardFeed] = WeakKeyDictionary()


def _feed() -> BoardFeed:
    return _feeds.setdefault(asyncio.get_running_loop(), BoardFeed())


class BoardConsumer(AsyncWebsocketConsumer):
    """One board. Sends nothing before origin, session, second factor and permission are right."""

    # No channel of its own: a broker that restarts must not take the socket with it.
    channel_layer_alias = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._session_key = ""
        self._user_id: int | None = None
        self._seq: int | None = None
        self._heard_at = 0.0
        self._frames = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one socket, and leave nothing running behind it however it ends."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            _feed().leave(self._wake)
            for task in self._tasks:
                task.cancel()

    async def connect(self) -> None:
        """Judge before accepting: a refused client reads HTTP 403 and not a byte of data."""
        if not comes_from_our_pages(self.scope):
            await self.close(code=BAD_ORIGIN)
            return
        self._session_key = session_key_of(self.scope)
        self._user_id = await self._admitted()
        if self._user_id is None:
            await self.close(code=SIGNED_OUT)
            return
        await self.accept()
        self._heard_at = asyncio.get_running_loop().time()
        self._tasks = [asyncio.create_task(self._guard(job)) for job in (self._beat, self._check)]

    async def _admitted(self) -> int | None:
        admitted: int | None = await database_sync_to_async(admitted_user)(self._session_key, RULE)
        return admitted

    async def _guard(self, job: Any) -> None:
        """Run a job; if it fails, end the socket so that the client comes back to a fresh one."""
        try:
            await job()
        except OSError:
            return  # the client is gone, which the server tells by failing to send
        except Exception as error:  # noqa: BLE001 - reported, and the client reconnects
            logger.warning("board socket failed", extra={"error": type(error).__name__})
            with suppress(Exception):
                await self.close(code=TRY_LATER)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            if asyncio.get_running_loop().time() - self._heard_at > SILENCE_S:
                await self.close(code=SILENT)
                return
            await self._say({"type": "beat", "last": self._seq})

    async def _check(self) -> None:
        """Ask again and again whether this person may still look."""
        while True:
            await asyncio.sleep(SESSION_CHECK_S)
            self._frames = 0
            if await self._admitted() != self._user_id:
                await self.close(code=SIGNED_OUT)
                return

    async def _push(self) -> None:
        """Send events from where the client stands, as fast as it takes them, in order."""
        read = database_sync_to_async(selectors.board_updates)
        read_last = database_sync_to_async(selectors.last_board_seq)
        is_first, plan = True, ""
        while True:
            self._wake.clear()
            after = self._seq or 0
            batch = await read(after_seq=after, limit=BATCH)
            count = len(batch["events"])
            if is_first and not count and after > await read_last():
                await self._say({"type": "reset"})
                return
            if count or is_first or batch["plan"] != plan:
                self._seq = batch["last"]
                await self._say({"type": "events", **batch})
            is_first, plan = False, batch["plan"]
            if count < BATCH:
                await self._wake.wait()

    async def _say(self, message: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(message, ensure_ascii=False))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take in one frame; nonsense is answered and changes nothing."""
        self._heard_at = asyncio.get_running_loop().time()
        self._frames += 1
        if self._frames > MAX_FRAMES_PER_CHECK:
            await self.close(code=TOO_CHATTY)
            return
        message = _parse(text_data)
        after, kind = message.get("after"), message.get("type")
        if isinstance(after, int) and not isinstance(after, bool) and 0 <= after < 2**63:
            await self._stand_at(after)
        elif kind == "ack" and isinstance(message.get("number"), str):
            await self._acknowledge(message["number"])
        elif kind != "beat":
            await self._say({"type": "error", "code": "malformed"})

    async def _stand_at(self, after: int) -> None:
        """Start to push, or start again from where the client says it is."""
        for task in self._tasks[2:]:
            task.cancel()
        self._seq = after
        self._tasks[2:] = [asyncio.create_task(self._guard(self._push))]
        _feed().join(self._wake)

    async def _acknowledge(self, number: str) -> None:
        if await self._admitted() != self._user_id:
            await self.close(code=SIGNED_OUT)
            return
        acknowledge = database_sync_to_async(services.acknowledge)
        try:
            await acknowledge(
                order_number=number[:20], actor=f"user:{self._user_id}", at=clock.now()
            )
        except DomainError as error:
            await self._say({"type": "error", "code": error.code, "number": number[:20]})


def _parse(text: str | None) -> dict[str, Any]:
    try:
        message = json.loads(text or "")
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}
