"""The page, its state, the mails it shows, and JSON lists for tools."""

import asyncio
import base64
import re
import time
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bakery.sandbox.mail.sink import MAIL
from bakery.sandbox.page.summary import summarize
from bakery.sandbox.rendering import SECURITY_HEADERS, render_page
from bakery.sandbox.store import Document
from bakery.sandbox.stripe.cards import CARDS
from bakery.sandbox.twilio import messages
from bakery.sandbox.twilio.api import show
from bakery.sandbox.world import World

_DEFAULT_COUNT = 50
_MAX_COUNT = 20_000
_LONG_POLL_S = 20.0
_LOOK_AGAIN_S = 0.2
_MAIL_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline';"
        " font-src data:; frame-ancestors 'self';"
        " sandbox allow-popups allow-popups-to-escape-sandbox"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


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
    brief = {
        name: value for name, value in mail.items() if name not in {"raw", "headers", "inline"}
    }
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
    # To the millisecond, which Twilio does not tell.
    return JSONResponse([show(message) | {"accepted_at": message["_at"]} for message in found])


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


async def show_page(request: Request) -> Response:
    """The page itself; its script fills it."""
    world = _world(request)
    config = world.config
    links = [
        ("Shop", config.shop_url),
        ("Kitchen board", config.board_url),
        ("Console", config.console_url),
        ("Authenticator", "/authenticator"),
    ]
    return render_page(
        "page.html",
        links=[(name, url) for name, url in links if url],
        cards=CARDS,
        smtp_port=world.smtp_port,
        merchant=config.merchant_name,
    )


async def show_state(request: Request) -> Response:
    """The page's state; with `?since=` wait for a newer one, or answer 204 after a while."""
    world = _world(request)
    since = request.query_params.get("since", "")
    deadline = time.monotonic() + _LONG_POLL_S
    while since == str(world.store.version):
        if world.closing or time.monotonic() > deadline:
            return Response(status_code=204)
        await asyncio.sleep(_LOOK_AGAIN_S)
    return JSONResponse(summarize(world), headers=SECURITY_HEADERS)


def _find_mail(request: Request) -> Document | None:
    return _world(request).store.get(MAIL, request.path_params["mail_id"])


async def show_mail_html(request: Request) -> Response:
    """The HTML of a mail, for a sandboxed frame: no script, no forms, links in new tabs."""
    mail = _find_mail(request)
    if mail is None:
        return PlainTextResponse("No such mail.", status_code=404)
    body = re.sub(r"cid:([^\"'\s>)]+)", rf"/mails/{mail['id']}/cid/\1", mail["html"])
    return HTMLResponse(f'<base target="_blank">{body}', headers=_MAIL_HEADERS)


async def show_mail_source(request: Request) -> Response:
    """The mail as it came."""
    mail = _find_mail(request)
    if mail is None:
        return PlainTextResponse("No such mail.", status_code=404)
    return PlainTextResponse(mail["raw"], headers=_MAIL_HEADERS)


async def get_attachment(request: Request) -> Response:
    """One attachment, to be saved; by number, or by content id for the mail's own pictures."""
    mail = _find_mail(request)
    content_id = request.path_params.get("content_id")
    if content_id is None:
        found = dict(enumerate(mail["attachments"] if mail else [])).get(
            request.path_params["number"]
        )
    else:
        pictures = mail["inline"] if mail else []
        found = next((p for p in pictures if p["content_id"] == content_id), None)
    if found is None:
        return PlainTextResponse("No such attachment.", status_code=404)
    inline = content_id is not None and found["type"].startswith("image/")
    name = quote(found["name"])
    disposition = f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{name}"
    headers = _MAIL_HEADERS | {"Content-Disposition": disposition}
    content = base64.b64decode(found["content"])
    return Response(content, media_type=found["type"], headers=headers)


ROUTES = [
    Route("/", show_page),
    Route("/health", health),
    Route("/api/state", show_state),
    Route("/api/mails", list_mails),
    Route("/api/messages", list_messages),
    Route("/api/calls", list_calls),
    Route("/api/stripe/{kind}", list_stripe),
    Route("/mails/{mail_id}/html", show_mail_html),
    Route("/mails/{mail_id}/source", show_mail_source),
    Route("/mails/{mail_id}/attachments/{number:int}", get_attachment),
    Route("/mails/{mail_id}/cid/{content_id}", get_attachment),
]
