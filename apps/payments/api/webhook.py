"""Where Stripe posts its events: as thin as it can be, because Stripe retries and measures."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from apps.payments import services
from bakery.edge import access
from bakery.edge.errors import envelope
from bakery.kernel import clock
from bakery.kernel.errors import Invalid

MAX_BODY = 256 * 1024


@access.page(access.ANYONE)
@csrf_exempt
def receive_stripe_event(request: HttpRequest) -> HttpResponse:
    """Store an event that Stripe signed and answer 200; anything else is a 4xx and leaves no row.

    A database that is down is a 503, which makes Stripe send the event again.
    """
    if request.method != "POST":
        return _refuse(405, "method_not_allowed", "Only POST.", {"Allow": "POST"})
    try:
        event_id = services.receive_event(
            body=_read_body(request),
            signature=request.headers.get("Stripe-Signature"),
            at=clock.now(),
        )
    except RequestDataTooBig:
        return _refuse(413, "body_too_large", "The request body is too large.")
    except UnreadablePostError:
        return _refuse(400, "bad_request", "The request body broke off.")
    except Invalid as error:
        services.count_refusal(code=error.code)
        return _refuse(error.status, error.code, error.message)
    return JsonResponse({"received": event_id})


def _read_body(request: HttpRequest) -> bytes:
    length = request.headers.get("Content-Length", "")
    if length.isascii() and length.isdecimal() and int(length[:12]) > MAX_BODY:
        raise RequestDataTooBig
    body = request.body
    if len(body) > MAX_BODY:
        raise RequestDataTooBig
    return body


def _refuse(
    status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> HttpResponse:
    return JsonResponse(envelope(code, message), status=status, headers=headers)
