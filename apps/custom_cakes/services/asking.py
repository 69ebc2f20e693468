"""Staff ask the customer something before they decide."""

from datetime import datetime

from django.db import transaction

from apps.custom_cakes.events import QuestionAsked
from apps.custom_cakes.models import RequestMessage
from apps.custom_cakes.rules.wishes import check_text, wrong
from apps.custom_cakes.services.changing import count_change, lock_request
from apps.custom_cakes.services.offering import record
from apps.custom_cakes.states import REQUEST_LIFE, Author, RequestStatus
from bakery.kernel import outbox
from bakery.kernel.errors import Conflict
from bakery.kernel.states import transition

MAX_QUESTION = 2000
_ASKABLE = (RequestStatus.PENDING_REVIEW, RequestStatus.QUESTION_ASKED)


def ask_customer(
    *, request_id: int, expected_version: int, text: str, actor: str, at: datetime
) -> RequestMessage:
    """Ask the customer, by mail and on their page; a second question may follow the first.

    Raises `NotFound` ``request_not_found``; `Conflict` ``stale_request`` or ``not_askable``;
    `Invalid` ``text_missing``, ``too_long`` or ``unprintable``.
    """
    question = check_text(text, longest=MAX_QUESTION, field_name="text")
    if not question:
        raise wrong("text_missing", "Write what you want to know.", "text")
    with transaction.atomic():
        request = lock_request(request_id, expected_version=expected_version)
        if request.status not in _ASKABLE:
            raise Conflict("not_askable", "Take the offer back before you ask about the cake.")
        count_change(request)
        message = RequestMessage.objects.create(
            request=request, author=Author.STAFF, text=question, by=actor, at=at
        )
        if request.status != RequestStatus.QUESTION_ASKED:
            transition(
                request, machine=REQUEST_LIFE, to=RequestStatus.QUESTION_ASKED, actor=actor, at=at
            )
        event = QuestionAsked(request_id=request.pk, message_id=message.pk)
        outbox.emit(event, key=str(message.pk), at=at)
        record(request_id, "ask", actor=actor, at=at)
    return message
