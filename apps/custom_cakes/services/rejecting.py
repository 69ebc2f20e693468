"""Staff say no, with the reason, and invite the customer to ask for another cake."""

from datetime import datetime

from django.db import transaction

from apps.custom_cakes.events import RequestRejected
from apps.custom_cakes.models import RequestMessage
from apps.custom_cakes.rules.wishes import check_text, wrong
from apps.custom_cakes.services.changing import count_change, lock_request
from apps.custom_cakes.services.offering import record
from apps.custom_cakes.services.placing import end_offer
from apps.custom_cakes.states import REQUEST_LIFE, UNDECIDED, Author, RequestStatus
from bakery.kernel import outbox
from bakery.kernel.errors import Conflict
from bakery.kernel.states import transition

MAX_REASON = 2000


def reject_request(
    *, request_id: int, expected_version: int, reason: str, actor: str, at: datetime
) -> RequestMessage:
    """Refuse the cake as it was asked for; ``reason`` is what the customer reads.

    They may change the request and send it once more. Raises `NotFound` ``request_not_found``;
    `Conflict` ``stale_request`` or ``not_decidable``; `Invalid` ``text_missing``, ``too_long`` or
    ``unprintable``.
    """
    why = check_text(reason, longest=MAX_REASON, field_name="reason")
    if not why:
        raise wrong("text_missing", "Say why, in words for the customer.", "reason")
    with transaction.atomic():
        request = lock_request(request_id, expected_version=expected_version)
        if request.status not in UNDECIDED:
            label = RequestStatus(request.status).label
            raise Conflict("not_decidable", f"There is nothing to decide: {label}.")
        count_change(request)
        end_offer(request, actor=actor, reason="the request was refused", at=at)
        message = RequestMessage.objects.create(
            request=request, author=Author.STAFF, text=why, by=actor, at=at
        )
        transition(
            request,
            machine=REQUEST_LIFE,
            to=RequestStatus.REJECTED,
            actor=actor,
            at=at,
            decided_at=at,
        )
        event = RequestRejected(request_id=request.pk, message_id=message.pk)
        outbox.emit(event, key=str(message.pk), at=at)
        record(request_id, "reject", actor=actor, at=at)
    return message
