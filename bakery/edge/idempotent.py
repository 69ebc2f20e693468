"""The Idempotency-Key header of money POSTs."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from bakery.kernel import clock
from bakery.kernel.errors import Invalid
from bakery.kernel.idempotency import Reply, fingerprint, run_once

ViewMethod = Callable[..., Response]


def _scope(request: Request) -> str:
    """Keep callers apart: an account by its id, guests by what they call.

    Not by a guest's address: it changes from Wi-Fi to mobile exactly when requests are retried.
    A foreign key replays nothing, because the whole body must be the same as well.
    """
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    return f"guest:{fingerprint(request.method, request.path)}"


def idempotent(method: ViewMethod) -> ViewMethod:
    """Make a DRF handler answer the same key and body with the same reply, once carried out.

    The handler runs inside one transaction with the key's row, so it must not talk to the
    outside world. A missing header is a 400 with the code ``idempotency_key_required``.
    """

    @wraps(method)
    def wrapper(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            raise Invalid("idempotency_key_required", "Send an Idempotency-Key header.")

        def work() -> Reply:
            response = method(view, request, *args, **kwargs)
            return Reply(response.status_code, response.data)

        reply = run_once(
            scope=_scope(request),
            key=key,
            request=fingerprint(request.method, request.path, request.data),
            at=clock.now(),
            work=work,
        )
        headers = {"Idempotent-Replayed": "true"} if reply.replayed else {}
        return Response(reply.body, status=reply.status, headers=headers)

    return wrapper
