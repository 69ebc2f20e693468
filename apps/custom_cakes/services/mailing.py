"""Mails about requests and offers, each written once."""

from datetime import datetime

from apps.custom_cakes.models import CakeRequest, Quote, RequestMessage
from apps.custom_cakes.selectors.offer_mails import (
    Letter,
    message_letter,
    offer_letter,
    request_letter,
)
from apps.custom_cakes.states import QuoteState, RequestStatus
from apps.notifications import services as notifications

_TRUE_WHILE = {
    "approved": (QuoteState.OPEN, QuoteState.ACCEPTED),
    "counter": (QuoteState.OPEN,),
    "lapsed": (QuoteState.EXPIRED,),
}


def mail_offer(*, quote_id: int, name: str, at: datetime) -> bool:
    """Write the mail ``name`` (approved, counter or lapsed) about an offer; False: there is none.

    None to nobody, and none that is not true any more: taken back, say, while its news waited.
    """
    request_id, state = Quote.objects.values_list("request_id", "state").get(pk=quote_id)
    if state not in _TRUE_WHILE[name]:
        return False
    return _write(offer_letter(quote_id, at=at), name, f"{request_id}:{quote_id}", at=at)


def mail_message(*, message_id: int, name: str, at: datetime) -> bool:
    """Write the mail ``name`` (question or rejected) that a message of the shop is in."""
    request_id = RequestMessage.objects.values_list("request_id", flat=True).get(pk=message_id)
    return _write(message_letter(message_id), name, f"{request_id}:{message_id}", at=at)


def mail_taken_back(*, request_id: int, version: int, at: datetime) -> bool:
    """Say that an offer holds no more; False: something else is true of the request by now."""
    request = CakeRequest.objects.get(pk=request_id)
    if (request.status, request.version) != (RequestStatus.PENDING_REVIEW, version):
        return False
    return _write(request_letter(request), "taken_back", f"{request_id}:{version}", at=at)


def _write(letter: Letter, name: str, key: str, *, at: datetime) -> bool:
    if not letter.to:
        return False
    notifications.send_mail(
        template=f"custom_cakes/mail/{name}",
        to=letter.to,
        context=letter.context,
        language=letter.language,
        # By its request, so that its person can be erased from it (see `privacy`).
        dedupe_key=f"custom_cakes:{name}:{key}",
        at=at,
    )
    return True
