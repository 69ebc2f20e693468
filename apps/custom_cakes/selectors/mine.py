"""The requests of an account, and of a mailbox without one."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from apps.custom_cakes.models import CakeRequest, CakeRevision
from apps.custom_cakes.rules.link import request_path, request_token
from apps.custom_cakes.rules.showing import status_text
from apps.custom_cakes.selectors.requests import shown_of
from apps.custom_cakes.states import RequestStatus

MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class MyRequest:
    """A request in an account's list."""

    number: str
    token: str
    path: str
    status: RequestStatus
    status_text: str
    created_at: datetime
    wanted_on: date | None


def requests_of(user_id: int, *, at: datetime) -> list[MyRequest]:
    """Return an account's requests, the newest first; two statements however many."""
    rows = list(
        CakeRequest.objects.filter(user_id=user_id, erased_at=None)
        .select_related("order")
        .order_by("-pk")[:MOST_LISTED]
    )
    days = {
        (row["request_id"], row["no"]): row["wanted_on"]
        for row in CakeRevision.objects.filter(request_id__in=[row.pk for row in rows]).values(
            "request_id", "no", "wanted_on"
        )
    }
    return [_mine(row, days.get((row.pk, row.revision)), at=at) for row in rows]


def guest_requests(email: str) -> QuerySet[CakeRequest]:
    """Return the requests that guests made with this mailbox, whatever its case."""
    mailbox = email.strip()
    return CakeRequest.objects.filter(
        user=None, customer_email__iexact=mailbox, customer_email__gt=""
    )


def _mine(request: CakeRequest, wanted_on: date | None, *, at: datetime) -> MyRequest:
    status = shown_of(request, at=at)
    return MyRequest(
        number=request.number,
        token=request_token(request.public_id),
        path=request_path(request.public_id),
        status=status,
        status_text=status_text(status),
        created_at=request.created_at,
        wanted_on=wanted_on,
    )
