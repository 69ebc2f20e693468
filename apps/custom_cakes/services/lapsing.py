"""What ends by itself: requests whose day went by while nobody decided."""

import logging
from datetime import datetime

from django.db import DatabaseError, transaction
from django.db.models import F

from apps.custom_cakes.models import CakeRequest, CakeRevision
from apps.custom_cakes.services.changing import count_change, lock_request
from apps.custom_cakes.services.placing import end_offer
from apps.custom_cakes.services.receiving import mail_passed
from apps.custom_cakes.states import REQUEST_LIFE, UNDECIDED, RequestStatus
from bakery.kernel import clock
from bakery.kernel.errors import DomainError
from bakery.kernel.states import transition

logger = logging.getLogger(__name__)
SYSTEM = "system"
_ENDING = tuple(status for status in UNDECIDED if status != RequestStatus.COUNTER_OFFERED)


def end_passed(*, at: datetime, limit: int = 200) -> int:
    """End undecided requests whose day is over, and tell their customers; return how many.

    Each is a transaction of its own, and one that cannot be ended now does not keep the others.
    While the shop's own offer is open, which may be of another day, that decides when it is over.
    """
    rows = CakeRevision.objects.filter(
        request__status__in=_ENDING, no=F("request__revision"), wanted_on__lt=clock.shop_date(at)
    )
    ended = 0
    for request_id in list(
        rows.order_by("request_id").values_list("request_id", flat=True)[:limit]
    ):
        try:
            ended += _end(request_id, at=at)
        except (DomainError, DatabaseError):
            logger.exception("request not ended", extra={"object_id": request_id})
    return ended


def _end(request_id: int, *, at: datetime) -> bool:
    with transaction.atomic():
        request = lock_request(request_id, expected_version=None)
        if not _has_passed(request, at=at):
            return False
        count_change(request)
        end_offer(request, actor=SYSTEM, reason="the day is over", at=at)
        transition(
            request,
            machine=REQUEST_LIFE,
            to=RequestStatus.EXPIRED,
            actor=SYSTEM,
            reason="the day is over",
            at=at,
        )
        mail_passed(request_id=request.pk, revision=request.revision, at=at)
    return True


def _has_passed(request: CakeRequest, *, at: datetime) -> bool:
    if request.status not in _ENDING:
        return False
    current = CakeRevision.objects.filter(request=request, no=request.revision).first()
    return (
        current is not None
        and current.wanted_on is not None
        and current.wanted_on < clock.shop_date(at)
    )
