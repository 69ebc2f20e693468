"""What customers are told of a refund, and which refunds they are told of."""

from typing import Protocol

from apps.payments.states import RefundReason, RefundStatus, RefundWay

CUSTOMER = "customer"
_STAFF = "user:"
_S, _W = RefundStatus, RefundWay
_WAYS = {
    _W.STRIPE: "the card you paid with",
    _W.BY_HAND: "you at the counter",
    _W.GIFT_CARD: "your gift card",
}
_NOWHERE = {
    _S.AWAITING_APPROVAL: "Waiting for approval. We look at it and write to you.",
    _S.WITHDRAWN: "Taken back.",
    _S.FAILED: "It did not go through yet. We see to it, and you need not do anything.",
}
_REASONS = {
    RefundReason.ORDER_CANCELLED: "The order was cancelled",
    RefundReason.ORDER_EDITED: "The order was changed and costs less",
    RefundReason.ORDER_EXPIRED: "The order lapsed",
    RefundReason.LATE_PAYMENT: "The payment came too late",
    RefundReason.SECOND_PAYMENT: "Paid twice",
    RefundReason.MISMATCH: "The payment was not the order's",
    RefundReason.GOODS: "Something was wrong with the goods",
}


class Asked(Protocol):
    """What of a request the words depend on."""

    status: str
    way: str
    reason: str
    requested_by: str
    decision_note: str


def is_for_customer(request: Asked) -> bool:
    """Tell whether the customer may know of ``request``.

    Not of what staff, or a bank's warning, only propose: it is promised once it is approved.
    """
    proposed = (
        request.requested_by.startswith(_STAFF) or request.reason == RefundReason.FRAUD_WARNING
    )
    undecided = (_S.AWAITING_APPROVAL, _S.REJECTED, _S.WITHDRAWN)
    return not (proposed and request.status in undecided)


def words_for(request: Asked) -> str:
    """Return where the refund is, as the customer is told."""
    status, way = _S(request.status), _W(request.way)
    if status in _NOWHERE:
        return _NOWHERE[status]
    if status == _S.REJECTED:
        return f"Not granted. {request.decision_note}".strip()
    if way == _W.STRIPE:
        done = "Sent back to" if status == _S.SUCCEEDED else "On its way to"
        return f"{done} {_WAYS[way]}; your bank may take 5 to 10 days to show it."
    if status == _S.SUCCEEDED:
        return "You got it back at the counter." if way == _W.BY_HAND else "On your gift card."
    return f"Approved. It goes back to {_WAYS[way]}."


def reason_for(request: Asked) -> str:
    """Return why it goes back, as the customer is told; what is not told is a courtesy."""
    return _REASONS.get(RefundReason(request.reason), "From us, with our thanks")
