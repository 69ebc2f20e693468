"""The sockets of the platform, all under `/ws/`."""

from typing import Any

from django.urls import path, re_path

from apps.orders.consumers import BoardConsumer


async def no_such_socket(_scope: Any, receive: Any, send: Any) -> None:
    """Close before the handshake (the client reads HTTP 403) instead of failing on the address."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})


async def no_page_here(_scope: Any, receive: Any, send: Any) -> None:
    """Answer plain HTTP, which the other process serves, with 404 instead of a traceback."""
    await receive()
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": b"Only sockets are served here.\n"})


def live_application(router: Any) -> Any:
    """Return the ASGI application of all sockets; ``router`` is Channels' URLRouter.

    Each socket judges origin and session itself, by `bakery.edge.sockets`, before it accepts.
    """
    missing: Any = no_such_socket
    return router([path("ws/board/", BoardConsumer.as_asgi()), re_path("", missing)])
