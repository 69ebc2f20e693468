"""Erasing a person from requests, while the numbers and the figures stay.

Taken out: name, mailbox, phone, everything that was written, addresses, pictures and drafts. What
was asked for in structured choices, prices and days stays, because predictions learn from them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from apps.accounts import selectors as accounts
from apps.custom_cakes.models import (
    CakePhoto,
    CakeRequest,
    CakeRevision,
    CakeWish,
    Quote,
    RequestMessage,
    RequestTransition,
)
from apps.custom_cakes.selectors.mine import guest_requests
from apps.custom_cakes.selectors.people import account_ids, is_known_elsewhere
from apps.custom_cakes.services.withdrawing import withdraw_request
from apps.custom_cakes.states import REQUEST_LIFE, UNDECIDED, RequestStatus
from apps.notifications import services as notifications
from bakery.kernel import audit
from bakery.kernel.errors import Conflict, Refused
from bakery.kernel.locks import locked

if TYPE_CHECKING:
    from apps.accounts.models import User

ERASED = "erased"
SYSTEM = "system"
_OPEN = (RequestStatus.DRAFT, *UNDECIDED, RequestStatus.REJECTED, RequestStatus.EXPIRED)
# An offer that can be paid is an order that is open: orders refuse the erasure by themselves, and
# this room as well, because a counter-offer taken just now has its order already.
_REFUSED = (RequestStatus.APPROVED_AWAITING_PAYMENT,)
_ROW = ("number", "status", "customer_name", "customer_email", "customer_phone", "created_at")
_MOST = 500
# What messages about a request are kept under, each followed by the request's key.
_MAILS = (
    *("received", "told", "passed", "approved", "counter", "lapsed"),
    *("question", "rejected", "taken_back"),
)


def refuse_open_requests(*, user: "User", at: datetime) -> None:  # noqa: ARG001 - `before_erasure`
    """Raise `Conflict` ``open_requests`` while an offer to somebody can be paid."""
    rows = CakeRequest.objects.filter(user_id=user.pk, status__in=_REFUSED)
    _refuse(rows.values_list("number", flat=True))


def forget_user(*, user: "User", at: datetime) -> None:
    """Erase an account's person from its requests, and from those of its mailbox as a guest."""
    refuse_open_requests(user=user, at=at)
    _forget(CakeRequest.objects.filter(user_id=user.pk), at=at)
    forget_mailbox(email=user.email, at=at)


def forget_mailbox(*, email: str, at: datetime) -> int:
    """Erase a guest from requests of this mailbox; return how many there were.

    Raises `Conflict` ``open_requests``.
    """
    rows = guest_requests(email)
    _refuse(rows.filter(status__in=_REFUSED).values_list("number", flat=True))
    return _forget(rows, at=at)


def request_rows(email: str, phone: str = "") -> list[dict[str, Any]]:
    """Return everything that is kept of requests of a mailbox or its account, as plain data."""
    mine = Q(customer_email__iexact=email.strip()) if email.strip() else Q(pk=None)
    if phone:
        mine |= Q(customer_phone=phone)
    mine |= Q(user_id__in=account_ids(email))
    found = list(CakeRequest.objects.filter(mine, erased_at=None).order_by("pk")[:_MOST])
    return [_as_data(request) for request in found]


def claim_requests(*, user_id: int, email: str, at: datetime) -> int:
    """Give an account the guest requests of its own confirmed mailbox; return how many.

    Raises `Refused` ``mailbox_unverified`` unless the account has proved that mailbox.
    """
    user = accounts.user(user_id)
    is_own = user is not None and user.email.lower() == email.strip().lower()
    if user is None or not is_own or user.email_verified_at is None or user.is_staff:
        raise Refused("mailbox_unverified", "Confirm your e-mail address first.")
    return take_over(user_id=user_id, email=email, at=at)


def take_over(*, user_id: int, email: str, at: datetime) -> int:
    """Give an account the guest requests of a mailbox that it has proved; return how many."""
    with transaction.atomic():
        mine = list(guest_requests(email).filter(erased_at=None).values_list("pk", flat=True))
        count = CakeRequest.objects.filter(pk__in=mine, user=None).update(user_id=user_id)
        if count:
            audit.record(
                actor="customer",
                actor_id=user_id,
                action="custom_cakes.claim",
                object_type="accounts.user",
                object_id=user_id,
                changes={"requests": [0, count]},
                at=at,
            )
    return count


def forget_drafts(*, at: datetime, limit: int = 200) -> int:
    """Erase what was typed long ago and never sent; return how many drafts went."""
    before = at - timedelta(days=settings.CUSTOM_DRAFT_DAYS)
    rows = CakeRequest.objects.filter(
        Q(status=RequestStatus.DRAFT) | Q(status=RequestStatus.WITHDRAWN, submitted_at=None),
        created_at__lt=before,
        erased_at=None,
    )
    old = list(rows.order_by("pk").values_list("pk", flat=True)[:limit])
    # Asked once more under the lock: one may have been sent just now.
    return _forget(rows.filter(pk__in=old), at=at)


def _refuse(open_ones: Iterable[str]) -> None:
    if numbers := sorted(open_ones):
        raise Conflict(
            "open_requests",
            f"There are offers that can still be paid: {', '.join(numbers[:10])}.",
            details={"requests": numbers[:50]},
        )


def _forget(rows: QuerySet[CakeRequest], *, at: datetime) -> int:
    with transaction.atomic():
        found = list(locked(rows.filter(erased_at=None)))
        # Under the lock as well: one may have been approved since.
        _refuse(row.number for row in found if row.status in _REFUSED)
        for request in found:
            if request.status in _OPEN and REQUEST_LIFE.allows(
                request.status, RequestStatus.WITHDRAWN
            ):
                withdraw_request(request_id=request.pk, actor=SYSTEM, at=at)
        ids = [request.pk for request in found]
        reach = {text for row in found for text in (row.customer_email, row.customer_phone)}
        _blank(ids, at=at)
        notifications.erase_messages(
            recipients=_nobody_s(reach),
            key_prefixes=[f"custom_cakes:{name}:{pk}:" for pk in ids for name in _MAILS],
            at=at,
        )
    return len(found)


def _blank(ids: list[int], *, at: datetime) -> None:
    CakeWish.objects.filter(revision__request_id__in=ids).delete()
    RequestMessage.objects.filter(request_id__in=ids).delete()
    RequestTransition.objects.filter(subject_id__in=ids).exclude(reason="").update(reason="")
    Quote.objects.filter(request_id__in=ids).exclude(words="").update(words="")
    # Their files go by the sweep: the storage is not talked to inside a transaction.
    CakePhoto.objects.filter(request_id__in=ids, removed_at=None).update(removed_at=at, caption="")
    CakeRequest.objects.filter(pk__in=ids).update(
        customer_name=ERASED,
        customer_email="",
        customer_phone="",
        internal_note="",
        draft=None,
        erased_at=at,
    )


def _nobody_s(reach: Iterable[str]) -> list[str]:
    """Return the mailboxes and numbers that no other request, no order and no account has."""
    return [
        text
        for text in sorted(reach)
        if text
        and not CakeRequest.objects.filter(
            Q(customer_email__iexact=text) | Q(customer_phone=text)
        ).exists()
        and not is_known_elsewhere(text)
    ]


def _as_data(request: CakeRequest) -> dict[str, Any]:
    revisions = CakeRevision.objects.filter(request=request).select_related("wish").order_by("no")
    return {
        **{name: getattr(request, name) for name in _ROW},
        "draft": request.draft,
        "asked": [_revision_data(revision) for revision in revisions],
        "messages": list(request.messages.values("author", "text", "at")),
        "offers": list(request.quotes.values("no", "state", "price", "currency", "made_at")),
        "pictures": list(
            request.photos.filter(removed_at=None).values("public_id", "caption", "at")
        ),
    }


def _revision_data(revision: CakeRevision) -> dict[str, Any]:
    wish: CakeWish | None = getattr(revision, "wish", None)
    texts = ("words", "inscription", "colours", "allergies", "note", "address")
    names = ("no", "design", "guests", "wanted_on", "event_on", "fulfilment", "budget", "at")
    return {
        **{name: getattr(revision, name) for name in names},
        **({name: getattr(wish, name) for name in texts} if wish else {}),
    }
