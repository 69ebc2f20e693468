"""What Twilio asks and reports during a telephone call about an alert."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.notifications import services
from apps.notifications.adapters import voice
from apps.notifications.adapters.sms import is_genuine
from bakery.edge import access
from bakery.kernel import clock
from bakery.kernel.errors import Refused


def _require_genuine(request: HttpRequest) -> None:
    """Refuse what Twilio did not sign for our public address."""
    genuine = is_genuine(
        path=request.get_full_path(),
        parameters=request.POST.dict(),
        signature=request.headers.get("X-Twilio-Signature", ""),
    )
    if not genuine:
        raise Refused("bad_signature", "The signature does not fit.")


def _round(request: HttpRequest) -> int:
    """Return how often the order was spoken; the number is ours, so nonsense is the first."""
    given = request.GET.get("round", "1")
    return int(given) if given.isascii() and given.isdigit() and len(given) == 1 else 1


def _spoken(speech: services.Speech, reference: UUID, *, round_number: int) -> HttpResponse:
    digits_to = voice.call_url(reference, f"digits/?round={round_number}") if speech.asks else ""
    said = voice.speak(speech.sentences, language=speech.language, digits_to=digits_to)
    return HttpResponse(said, content_type="text/xml; charset=utf-8")


@access.page(access.ANYONE)
@csrf_exempt
@require_POST
def call_answered(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Say what the alert says, and ask for a key; the address is unguessable and signed."""
    _require_genuine(request)
    speech = services.answer_call(reference=reference)
    return _spoken(speech, reference, round_number=1)


@access.page(access.ANYONE)
@csrf_exempt
@require_POST
def call_digits(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Take in the key that was pressed, or none; only a key acknowledges, no picking up."""
    _require_genuine(request)
    round_number = _round(request)
    speech = services.take_digits(
        reference=reference,
        digits=request.POST.get("Digits", "")[:8],
        round_number=round_number,
        at=clock.now(),
    )
    return _spoken(speech, reference, round_number=round_number + 1)


@access.page(access.ANYONE)
@csrf_exempt
@require_POST
def call_status(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Take in one status report of a call; 204 for all that Twilio signed."""
    _require_genuine(request)
    services.record_call(
        reference=reference,
        provider_sid=request.POST.get("CallSid", "")[:64],
        status=request.POST.get("CallStatus", ""),
        answered_by=request.POST.get("AnsweredBy", ""),
        at=clock.now(),
    )
    return HttpResponse(status=204)
