"""Texts to the shop's number, as Twilio passes them on."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.twiml.messaging_response import MessagingResponse

from apps.notifications import services
from apps.notifications.adapters.sms import is_genuine
from bakery.edge import access
from bakery.kernel import clock
from bakery.kernel.errors import Refused


@access.page(access.ANYONE)
@csrf_exempt
@require_POST
def twilio_inbound(request: HttpRequest) -> HttpResponse:
    """Take in one text and answer in TwiML; 403 for what Twilio did not sign.

    The same text again is answered with nothing.
    """
    genuine = is_genuine(
        path=request.get_full_path(),
        parameters=request.POST.dict(),
        signature=request.headers.get("X-Twilio-Signature", ""),
    )
    if not genuine:
        raise Refused("bad_signature", "The signature does not fit.")
    answer = services.take_text(
        sid=request.POST.get("MessageSid", ""),
        sender=request.POST.get("From", ""),
        body=request.POST.get("Body", ""),
        told=request.POST.get("OptOutType", ""),
        at=clock.now(),
    )
    reply = MessagingResponse()
    if answer:
        reply.message(answer)
    return HttpResponse(str(reply), content_type="text/xml")
