"""Changing what was asked for: a new revision, and nothing of what was offered before holds."""

from datetime import datetime

from django.db import transaction

from apps.custom_cakes.events import RequestSubmitted
from apps.custom_cakes.models import CakeRequest, CakeRevision
from apps.custom_cakes.rules.wishes import Wishes, check_wishes
from apps.custom_cakes.selectors.appraisal import current_revision
from apps.custom_cakes.services.changing import count_change, lock_request, require_version
from apps.custom_cakes.services.placing import end_offer
from apps.custom_cakes.services.submitting import (
    CUSTOMER,
    estimate_wishes,
    freeze_revision,
    is_same,
)
from apps.custom_cakes.states import REQUEST_LIFE, Author, RequestStatus
from bakery.kernel import clock, outbox
from bakery.kernel.errors import Conflict
from bakery.kernel.states import transition

MAX_REVISIONS = 50
_S = RequestStatus
CHANGEABLE = frozenset(
    {
        _S.PENDING_REVIEW,
        _S.QUESTION_ASKED,
        _S.COUNTER_OFFERED,
        _S.APPROVED_AWAITING_PAYMENT,
        _S.EXPIRED,
        _S.REJECTED,
        _S.WITHDRAWN,
        _S.CANCELLED,
    }
)
# From these the same is asked for once more by one click.
REOPENABLE = frozenset({_S.WITHDRAWN, _S.EXPIRED, _S.CANCELLED})


def revise_request(
    *,
    request_id: int,
    wishes: Wishes,
    at: datetime,
    expected_version: int | None = None,
    actor: str = CUSTOMER,
) -> CakeRevision:
    """Ask for another cake under the same number, and return the new revision.

    An offer that was open or approved ends, and the request waits for the shop again. The same
    content as before changes nothing. Raises `Conflict` ``already_paid``, ``not_changeable``,
    ``too_many_revisions`` or ``stale_request``; `Invalid` as `submit_request` does.
    """
    wishes = check_wishes(wishes, today=clock.shop_date(at))
    estimate = estimate_wishes(wishes, at=at)
    with transaction.atomic():
        request = _open(request_id, expected_version)
        previous = current_revision(request)
        if request.status in _WAITING and is_same(previous, wishes):
            return previous
        if previous.no >= MAX_REVISIONS:
            raise Conflict("too_many_revisions", "It was changed very often. Please call us.")
        count_change(request)
        end_offer(request, actor=actor, reason="the customer asks for another cake", at=at)
        revision = freeze_revision(
            request, wishes, estimate, previous=previous, by=Author.CUSTOMER, at=at
        )
        _back_to_review(request, actor=actor, reason="asked for another cake", at=at)
        CakeRequest.objects.filter(pk=request.pk).update(revision=revision.no)
        request.revision = revision.no
        outbox.emit(
            RequestSubmitted(request_id=request.pk, revision=revision.no),
            key=f"{request.number}:{request.version}",
            at=at,
        )
    return revision


_WAITING = frozenset({_S.PENDING_REVIEW})


def reopen_request(
    *, request_id: int, at: datetime, expected_version: int | None = None, actor: str = CUSTOMER
) -> CakeRequest:
    """Ask for the very same once more: after it was withdrawn, lapsed or called off.

    Raises `Conflict` ``not_changeable``, ``day_past`` when its day is over, ``stale_request``.
    """
    with transaction.atomic():
        request = lock_request(request_id, expected_version=None)
        if request.status == _S.PENDING_REVIEW:
            return request
        require_version(request, expected_version)
        if request.status not in REOPENABLE:
            raise _not_changeable(request)
        revision = current_revision(request)
        if revision.wanted_on is not None and revision.wanted_on <= clock.shop_date(at):
            raise Conflict("day_past", "The day it was wanted for is over. Choose another one.")
        count_change(request)
        end_offer(request, actor=actor, reason="asked for once more", at=at)
        _back_to_review(request, actor=actor, reason="asked for once more", at=at)
        outbox.emit(
            RequestSubmitted(request_id=request.pk, revision=revision.no),
            key=f"{request.number}:{request.version}",
            at=at,
        )
    return request


def _open(request_id: int, expected_version: int | None) -> CakeRequest:
    request = lock_request(request_id, expected_version=expected_version)
    if request.status not in CHANGEABLE:
        raise _not_changeable(request)
    if request.erased_at is not None:
        raise Conflict("erased", "Nothing is kept of who asked for this. Please ask anew.")
    return request


def _back_to_review(request: CakeRequest, *, actor: str, reason: str, at: datetime) -> None:
    if request.status != _S.PENDING_REVIEW:
        transition(
            request, machine=REQUEST_LIFE, to=_S.PENDING_REVIEW, actor=actor, reason=reason, at=at
        )


def _not_changeable(request: CakeRequest) -> Conflict:
    if request.status == _S.PAID:
        return Conflict("already_paid", "This cake is paid already. Its order can be changed.")
    return Conflict("not_changeable", "This request cannot be changed like that now.")
