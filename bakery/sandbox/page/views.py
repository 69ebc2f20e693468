"""JSON of everything that happened, for the page and for tools."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bakery.sandbox.mail.sink import MAIL
from bakery.sandbox.store import Document
from bakery.sandbox.twilio import messages
from bakery.sandbox.twilio.api import show
from bakery.sandbox.world import World

_DEFAULT_COUNT = 50
_MAX_COUNT = 1000


def _world(request: Request) -> World:
    world: World = request.app.state.world
    return world


def _count(request: Request) -> int:
    given = request.query_params.get("limit", "")
    return min(int(given), _MAX_COUNT) if given.isdecimal() else _DEFAULT_COUNT


def _latest(request: Request, kind: str, **wanted: str) -> list[Document]:
    filters = {f: request.query_params[q] for q, f in wanted.items() if q in request.query_params}
    world, count = _world(request), _count(request)
    if not filters:
        return world.store.latest(kind, count)
    newest_first = world.store.all(kind)[::-1]
    return [d for d in newest_first if all(d.get(f) == v for f, v in filters.items())][:count]


async def list_mails(request: Request) -> Response:
    """Mails, newest first; `?to=` finds those to one recipient."""
    to = request.query_params.get("to")
    mails = _world(request).store.all(MAIL)[::-1]
    found = [m for m in mails if to is None or to in m["recipients"]]
    return JSONResponse([_brief(m) for m in found[: _count(request)]])


def _brief(mail: Document) -> Document:
    brief = {name: value for name, value in mail.items() if name not in {"raw", "headers"}}
    brief["attachments"] = [
        {name: value for name, value in a.items() if name != "content"} for a in mail["attachments"]
    ]
    return brief


async def list_messages(request: Request) -> Response:
    """Texts, newest first; `?to=` and `?from=` narrow them."""
    found = (
        _latest(request, messages.MESSAGE, to="to")
        if "from" not in request.query_params
        else _latest(request, messages.MESSAGE, **{"to": "to", "from": "from"})
    )
    return JSONResponse([show(message) for message in found])


async def list_calls(request: Request) -> Response:
    """Calls, newest first, with what was said."""
    found = _latest(request, messages.CALL, to="to")
    return JSONResponse([show(call) | {"said": call["_said"]} for call in found])


async def list_stripe(request: Request) -> Response:
    """Objects of one kind of the local Stripe, newest first."""
    kinds = {
        "sessions": "checkout.session",
        "payments": "charge",
        "refunds": "refund",
        "disputes": "dispute",
        "events": "event",
        "deliveries": "stripe.delivery",
    }
    kind = kinds.get(request.path_params["kind"])
    if kind is None:
        return JSONResponse({"error": {"message": "No such list."}}, status_code=404)
    return JSONResponse(_latest(request, kind, payment_intent="payment_intent", status="status"))


async def health(request: Request) -> Response:
    """Whether the sandbox is up, and where its parts listen."""
    world = _world(request)
    return JSONResponse({"status": "ok", "smtp_port": world.smtp_port, "now": world.clock.now()})


ROUTES = [
    Route("/health", health),
    Route("/api/mails", list_mails),
    Route("/api/messages", list_messages),
    Route("/api/calls", list_calls),
    Route("/api/stripe/{kind}", list_stripe),
]
