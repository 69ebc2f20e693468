"""What ends by itself: requests whose day went by while nobody decided."""

from datetime import datetime

from django.db import transaction

from apps.custom_cakes.models import CakeRequest, CakeRevision
from apps.custom_cakes.services.changing import count_change, lock_request
from apps.custom_cakes.services.placing import end_offer
from apps.custom_cakes.services.receiving import mail_passed
from apps.custom_cakes.states import REQUEST_LIFE, UNDECIDED, RequestStatus
from bakery.kernel import clock
from bakery.kernel.states import transition

SYSTEM = "system"


def end_passed(*, at: datetime, limit: int = 200) -> int:
    """End undecided requests whose day is over, and tell their customers; return how many.

    Each is a transaction of its own.
    """
    today = clock.shop_date(at)
    rows = CakeRevision.objects.filter(request__status__in=UNDECIDED, wanted_on__lt=today).order_by(
        "request_id", "-no"
    )
    candidates = list(dict.fromkeys(rows.values_list("request_id", flat=True)[:limit]))
    return sum(_end(request_id, at=at) for request_id in candidates)


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
        mail_passed(request_id=request.pk, at=at)
    return True


def _has_passed(request: CakeRequest, *, at: datetime) -> bool:
    if request.status not in UNDECIDED:
        return False
    current = CakeRevision.objects.filter(request=request, no=request.revision).first()
    return (
        current is not None
        and current.wanted_on is not None
        and current.wanted_on < clock.shop_date(at)
    )
