"""Giving a request up, as long as it is not paid; it can be taken back."""

from datetime import datetime

from django.db import transaction

from apps.custom_cakes.events import RequestAnswered
from apps.custom_cakes.models import CakeRequest
from apps.custom_cakes.services.changing import count_change, lock_request, require_version
from apps.custom_cakes.services.placing import end_offer
from apps.custom_cakes.services.submitting import CUSTOMER
from apps.custom_cakes.states import REQUEST_LIFE, RequestStatus
from bakery.kernel import outbox
from bakery.kernel.errors import Conflict
from bakery.kernel.states import transition


def withdraw_request(
    *, request_id: int, at: datetime, expected_version: int | None = None, actor: str = CUSTOMER
) -> CakeRequest:
    """Give a request up; what was offered for it ends. Twice is as once.

    Raises `Conflict` ``already_paid`` (its order is cancelled instead) and ``stale_request``.
    """
    with transaction.atomic():
        request = lock_request(request_id, expected_version=None)
        if request.status == RequestStatus.WITHDRAWN:
            return request
        require_version(request, expected_version)
        if request.status in {RequestStatus.PAID, RequestStatus.CANCELLED}:
            raise Conflict("already_paid", "This cake is paid already. Cancel its order instead.")
        was_draft = request.status == RequestStatus.DRAFT
        count_change(request)
        end_offer(request, actor=actor, reason="withdrawn", at=at)
        transition(request, machine=REQUEST_LIFE, to=RequestStatus.WITHDRAWN, actor=actor, at=at)
        if not was_draft:
            outbox.emit(
                RequestAnswered(request_id=request.pk),
                key=f"{request.number}:{request.version}",
                at=at,
            )
    return request
