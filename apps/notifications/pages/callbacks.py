"""What Twilio reports about messages."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.notifications import services
from apps.notifications.adapters.sms import is_genuine
from bakery.edge import access
from bakery.kernel import clock
from bakery.kernel.errors import Invalid, Refused


@access.page(access.ANYONE)
@csrf_exempt
@require_POST
def twilio_status(request: HttpRequest) -> HttpResponse:
    """Take in one status report; 403 for what Twilio did not sign, 204 for all it did.

    The signature covers the address as Twilio knows it, so it is checked against settings'
    public address and not against what a proxy made of it.
    """
    genuine = is_genuine(
        path=request.get_full_path(),
        parameters=request.POST.dict(),
        signature=request.headers.get("X-Twilio-Signature", ""),
    )
    if not genuine:
        raise Refused("bad_signature", "The signature does not fit.")
    try:
        reference = UUID(request.GET.get("message", ""))
    except ValueError as error:
        raise Invalid("bad_reference", "There is no such message.") from error
    services.record_receipt(
        reference=reference,
        provider_sid=request.POST.get("MessageSid", "")[:64],
        status=request.POST.get("MessageStatus", ""),
        error_code=request.POST.get("ErrorCode", "")[:60],
        at=clock.now(),
    )
    return HttpResponse(status=204)
