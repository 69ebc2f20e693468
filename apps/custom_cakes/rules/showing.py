"""What a request is called for customers and staff alike, out of it and its order together."""

from datetime import datetime

from apps.custom_cakes.states import RequestStatus
from apps.orders.states import ACCEPTED, OrderStatus

_S = RequestStatus
# A payment that was under way may bring back even what was called off.
_FOLLOWING = frozenset({_S.APPROVED_AWAITING_PAYMENT, _S.EXPIRED, _S.WITHDRAWN})
_TEXTS = {
    _S.DRAFT: "Not sent yet",
    _S.PENDING_REVIEW: "Waiting for our review",
    _S.QUESTION_ASKED: "We have a question",
    _S.COUNTER_OFFERED: "We made another offer",
    _S.APPROVED_AWAITING_PAYMENT: "Approved / awaiting payment",
    _S.PAID: "Paid",
    _S.REJECTED: "Not possible like this",
    _S.WITHDRAWN: "Withdrawn",
    _S.EXPIRED: "The offer lapsed",
    _S.CANCELLED: "Called off",
}
_TONES = {
    _S.APPROVED_AWAITING_PAYMENT: "warn",
    _S.QUESTION_ASKED: "warn",
    _S.COUNTER_OFFERED: "warn",
    _S.PAID: "ok",
    _S.REJECTED: "bad",
    _S.EXPIRED: "bad",
    _S.CANCELLED: "bad",
}


def shown_status(
    status: str, *, order_status: str | None, hold_expires_at: datetime | None, at: datetime
) -> RequestStatus:
    """Return what a request is, by its order where that is ahead of it.

    Between a payment and its event, and between the end of an offer and the sweep that writes it
    down, order and request would tell customer and staff different things.
    """
    own = RequestStatus(status)
    if own not in _FOLLOWING or order_status is None:
        return own
    if order_status in ACCEPTED:
        return _S.PAID
    if own == _S.WITHDRAWN:
        return own
    if order_status == OrderStatus.EXPIRED:
        return _S.EXPIRED
    if order_status == OrderStatus.CANCELLED:
        return _S.WITHDRAWN
    is_over = hold_expires_at is not None and hold_expires_at <= at
    return _S.EXPIRED if order_status == OrderStatus.PENDING_PAYMENT and is_over else own


def status_text(status: str) -> str:
    """Return what a status is called on pages, in mails and in the console."""
    return _TEXTS[RequestStatus(status)]


def status_tone(status: str) -> str:
    """Return ok, warn or bad, "" for neither."""
    return _TONES.get(RequestStatus(status), "")
