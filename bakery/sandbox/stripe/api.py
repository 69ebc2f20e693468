"""The API's front: keys, parameters, idempotency, faults, expansion, errors."""

import hashlib
import hmac
import json
import re
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bakery.sandbox.faults import DropConnection, Fault
from bakery.sandbox.ids import make_token
from bakery.sandbox.store import Document
from bakery.sandbox.stripe.errors import StripeError
from bakery.sandbox.stripe.forms import decode_form
from bakery.sandbox.stripe.lists import expand
from bakery.sandbox.stripe.objects import API_VERSION
from bakery.sandbox.stripe.params import clean_params
from bakery.sandbox.stripe.routes import find_route
from bakery.sandbox.world import ApiRequest, World, current_request

_KEY_LIFETIME_S = 24 * 3600
_TEST_KEY = re.compile(r"(sk|rk)_test_[A-Za-z0-9_]{8,}")
_MAX_IDEMPOTENCY_KEY = 255
_MAX_BODY_BYTES = 1 << 20


class StripeApi:
    """Serves `/v1/...` as an ASGI application."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._in_flight: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever was done is on disk before the answer leaves."""
        request = Request(scope, receive)
        request_id = f"req_{make_token(14)}"
        key = request.headers.get("idempotency-key")
        token = current_request.set(ApiRequest(id=request_id, idempotency_key=key))
        try:
            response = await self._respond(request)
        except StripeError as error:
            response = _error_response(error, request_id)
        finally:
            current_request.reset(token)
            self._world.store.flush()
        if isinstance(response, Response):
            response.headers["Request-Id"] = request_id
            response.headers["Stripe-Version"] = API_VERSION
            if key is not None:
                response.headers["Idempotency-Key"] = key[:_MAX_IDEMPOTENCY_KEY]
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response | DropConnection:
        _check_key(self._world, request)
        raw = await _read_params(request)
        key = request.headers.get("idempotency-key")
        if request.method != "POST" or key is None:
            return await self._perform(request, raw, key=None)
        if not 0 < len(key) <= _MAX_IDEMPOTENCY_KEY:
            raise StripeError(
                400,
                "Keys for idempotent requests can be up to 255 characters.",
                error_type="idempotency_error",
            )
        replay = self._find_replay(request, raw, key)
        if replay is not None:
            return replay
        self._in_flight.add(key)
        try:
            return await self._perform(request, raw, key=key)
        finally:
            self._in_flight.discard(key)

    def _find_replay(self, request: Request, raw: Document, key: str) -> Response | None:
        saved = self._world.store.get("idempotency", key)
        if saved is not None and saved["at"] + _KEY_LIFETIME_S <= self._world.clock.now():
            self._world.store.delete("idempotency", key)
            saved = None
        if key in self._in_flight:
            raise StripeError(
                409,
                "There is currently another in-progress request using this Stripe-Idempotent"
                f" key ({key}). Try again later.",
                error_type="idempotency_error",
                code="idempotency_key_in_use",
            )
        if saved is None:
            return None
        if saved["fingerprint"] != _fingerprint(request, raw):
            raise StripeError(
                400,
                "Keys for idempotent requests can only be used with the same parameters they"
                f" were first used with. Try using a key other than '{key}' if you meant to"
                " execute a different request.",
                error_type="idempotency_error",
            )
        return JSONResponse(
            saved["body"],
            status_code=saved["status"],
            headers={"Idempotent-Replayed": "true", "Original-Request": saved["request_id"]},
        )

    async def _perform(
        self, request: Request, raw: Document, *, key: str | None
    ) -> Response | DropConnection:
        faults = self._world.stripe_faults
        fault = faults.take(method=request.method, path=_path_of(request), params=raw)
        if fault is not None and not fault.is_after:
            resets = self._world.resets
            await faults.wait(fault.seconds)
            if fault.kind != "delay" or resets != self._world.resets:
                return _fault_response(fault)
        response = self._execute(request, raw, key=key)
        self._world.store.flush()
        if fault is None or not fault.is_after:
            return response
        await faults.wait(fault.seconds)
        return response if fault.kind == "delay_after" else _fault_response(fault)

    def _execute(self, request: Request, raw: Document, *, key: str | None) -> Response:
        route, ids = find_route(request.method, _path_of(request).removeprefix("/v1/"))
        params = clean_params(route.params_type, raw)
        paths = params.pop("expand", [])
        status, body = 200, {}
        try:
            body = expand(self._world, route.handler(self._world, ids, params), paths)
        except StripeError as error:
            if error.status == 400 or key is None:
                # A refused parameter did nothing, so the key stays unused.
                raise
            status, body = error.status, {"error": error.error}
        if key is not None:
            self._world.store.save(
                "idempotency",
                {
                    "id": key,
                    "at": self._world.clock.now(),
                    "fingerprint": _fingerprint(request, raw),
                    "status": status,
                    "body": body,
                    "request_id": current_request.get().id,
                },
            )
        return JSONResponse(body, status_code=status)


def _path_of(request: Request) -> str:
    # Below a mount, the path still carries the prefix.
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", ""))


def _fingerprint(request: Request, raw: Document) -> str:
    canonical = json.dumps([request.method, _path_of(request), raw], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


async def _read_params(request: Request) -> Document:
    pairs = list(request.query_params.multi_items())
    if request.method == "POST":
        if len(await request.body()) > _MAX_BODY_BYTES:
            raise StripeError(413, "The request is too large.")
        form = await request.form(max_fields=5000)
        pairs += [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    if any("\x00" in name or "\x00" in value for name, value in pairs):
        raise StripeError(400, "Parameters must not contain NUL.")
    return decode_form(pairs)


def _check_key(world: World, request: Request) -> None:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    key = credentials.strip()
    if scheme.lower() == "basic":
        try:
            key = b64decode(key, validate=True).decode().partition(":")[0]
        except (Base64Error, UnicodeDecodeError):
            key = ""
    if not key:
        raise StripeError(401, "You did not provide an API key.")
    accepted = world.store.get("settings", "stripe_api_keys")
    keys = accepted["keys"] if accepted else list(world.config.stripe_api_keys)
    known = any(hmac.compare_digest(key.encode(), known.encode()) for known in keys)
    if not (known if keys else _TEST_KEY.fullmatch(key)) or key.startswith("sk_live_"):
        shown = f"{key[:8]}{'*' * 8}{key[-4:]}"
        raise StripeError(401, f"Invalid API Key provided: {shown}")


def _fault_response(fault: Fault) -> Response | DropConnection:
    if fault.kind in {"hang", "drop", "drop_after", "delay"}:
        return DropConnection()
    messages = {429: "Request rate limit exceeded.", 503: "Stripe is unavailable."}
    error: dict[str, Any] = {
        "type": "api_error" if fault.status >= 500 else "invalid_request_error",
        "message": messages.get(fault.status, "An error occurred on command."),
    }
    code = fault.code or ("rate_limit" if fault.status == 429 else None)
    if code is not None:
        error["code"] = code
    return JSONResponse({"error": error}, status_code=fault.status)


def _error_response(error: StripeError, request_id: str) -> Response:
    body = error.error | {"request_log_url": f"https://dashboard.stripe.com/logs/{request_id}"}
    headers = {"WWW-Authenticate": 'Bearer realm="Stripe"'} if error.status == 401 else None
    return JSONResponse({"error": body}, status_code=error.status, headers=headers)
