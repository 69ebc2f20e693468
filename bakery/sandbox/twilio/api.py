"""Twilio's REST API, as far as messages and calls go."""

import hmac
import re
from base64 import b64decode
from binascii import Error as Base64Error
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bakery.sandbox.faults import DropConnection, Fault
from bakery.sandbox.store import Document
from bakery.sandbox.twilio import messages
from bakery.sandbox.twilio.errors import TwilioError
from bakery.sandbox.world import World

_PATH = re.compile(
    rf"/{messages.API_VERSION}/Accounts/(?P<account>[^/.]+)"
    r"(?:/(?P<collection>Messages|Calls)(?:/(?P<sid>[^/.]+))?)?\.json"
)
_KINDS = {"Messages": messages.MESSAGE, "Calls": messages.CALL}
_DEFAULT_PAGE_SIZE = 50
_MAX_PAGE_SIZE = 1000


class TwilioApi:
    """Serves `/2010-04-01/...` as an ASGI application."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever was done is on disk before the answer leaves."""
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except TwilioError as error:
            response = JSONResponse(error.body, status_code=error.status)
        finally:
            self._world.store.flush()
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response | DropConnection:
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        match = _PATH.fullmatch(path)
        self._check_credentials(request)
        if match is None or match["account"] != self._world.config.twilio_account_sid:
            raise _not_found(path)
        form = await request.form(max_fields=100)
        params = {name: value for name, value in form.items() if isinstance(value, str)}
        self._world.twilio_requests[f"{request.method} {match['collection'] or 'Account'}"] += 1
        faults = self._world.twilio_faults
        fault = faults.take(method=request.method, path=path, params=params)
        if fault is not None and not fault.is_after:
            resets = self._world.resets
            await faults.wait(fault.seconds)
            if fault.kind != "delay" or resets != self._world.resets:
                return _fault_response(fault)
        response = self._execute(request, match["collection"], match["sid"], params)
        self._world.store.flush()
        if fault is None or not fault.is_after:
            return response
        await faults.wait(fault.seconds)
        return response if fault.kind == "delay_after" else _fault_response(fault)

    def _check_credentials(self, request: Request) -> None:
        config = self._world.config
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            given = b64decode(encoded, validate=True) if scheme.lower() == "basic" else b""
        except Base64Error:
            given = b""
        expected = f"{config.twilio_account_sid}:{config.twilio_auth_token}".encode()
        if not hmac.compare_digest(given, expected):
            raise TwilioError(401, 20003, "Authenticate")

    def _execute(
        self, request: Request, collection: str | None, sid: str | None, params: dict[str, str]
    ) -> Response:
        if collection is None:
            return self._show_account()
        if sid is not None:
            return self._one(request, collection, sid, params)
        if request.method == "POST":
            create = messages.create_message if collection == "Messages" else messages.create_call
            return JSONResponse(show(create(self._world, params)), status_code=201)
        return self._list(request, collection)

    def _show_account(self) -> Response:
        sid = self._world.config.twilio_account_sid
        name = self._world.config.merchant_name
        return JSONResponse(
            {"sid": sid, "friendly_name": name, "status": "active", "type": "Trial"}
        )

    def _one(self, request: Request, collection: str, sid: str, params: dict[str, str]) -> Response:
        found = self._world.store.get(_KINDS[collection], sid)
        if found is None:
            raise _not_found(request.scope["path"])
        if request.method == "DELETE":
            self._world.store.delete(_KINDS[collection], sid)
            return Response(status_code=204)
        if request.method == "POST" and "Body" in params:
            # Redaction: Twilio lets the text be emptied after sending.
            found["body"] = params["Body"]
            self._world.store.save(_KINDS[collection], found)
        return JSONResponse(show(found))

    def _list(self, request: Request, collection: str) -> Response:
        query = request.query_params
        size, page = _read_page(query.get("PageSize"), query.get("Page"))
        found = [
            document
            for document in self._world.store.all(_KINDS[collection])[::-1]
            if all(
                query.get(q, document[f]) == document[f]
                for q, f in (("To", "to"), ("From", "from"), ("Status", "status"))
            )
            and _was_sent(document, dict(query))
        ]
        window = found[page * size : (page + 1) * size]
        has_more = len(found) > (page + 1) * size
        return JSONResponse(
            {
                collection.lower(): [show(document) for document in window],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": max(0, page * size + len(window) - 1),
                "uri": _page_uri(request, page, size),
                "first_page_uri": _page_uri(request, 0, size),
                "next_page_uri": _page_uri(request, page + 1, size) if has_more else None,
                "previous_page_uri": _page_uri(request, page - 1, size) if page else None,
            }
        )


def _read_page(size: str | None, page: str | None) -> tuple[int, int]:
    try:
        return min(int(size or _DEFAULT_PAGE_SIZE), _MAX_PAGE_SIZE), max(int(page or 0), 0)
    except ValueError:
        raise TwilioError(400, 20001, "Invalid paging parameter.") from None


def _page_uri(request: Request, page: int, size: int) -> str:
    query = dict(request.query_params) | {"PageSize": str(size), "Page": str(page)}
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return f"{path}?{urlencode(query)}"


def _was_sent(document: Document, query: dict[str, str]) -> bool:
    sent = parsedate_to_datetime(document["date_created"]).isoformat()
    day, stamp = sent[:10], sent[:19]
    exact = query.get("DateSent")
    after = query.get("DateSent>", query.get("DateSentAfter"))
    before = query.get("DateSent<", query.get("DateSentBefore"))
    return (
        (exact is None or day == exact[:10])
        and (after is None or stamp >= after.rstrip("Z"))
        and (before is None or stamp[: len(before.rstrip("Z"))] <= before.rstrip("Z"))
    )


def show(document: Document) -> Document:
    """Return a resource without the sandbox's own fields."""
    return {k: v for k, v in document.items() if not k.startswith("_") and k != "id"}


def _not_found(path: str) -> TwilioError:
    return TwilioError(404, 20404, f"The requested resource {path} was not found")


def _fault_response(fault: Fault) -> Response | DropConnection:
    if fault.kind in {"hang", "drop", "drop_after", "delay"}:
        return DropConnection()
    default = 20429 if fault.status == 429 else 20500
    error = TwilioError(fault.status, int(fault.code or default), "An error occurred on command.")
    return JSONResponse(error.body, status_code=fault.status)
