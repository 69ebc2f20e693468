"""What is kept of a customer's money, as they may take it along."""

from collections.abc import Collection, Iterable
from typing import Any

from apps.payments.models import Dispute, Payment, RefundRequest
from apps.payments.rules.refund_words import CUSTOMER, is_for_customer

_PAYMENT = ("amount", "currency", "method", "payment_intent", "recorded_at")
_REFUND = (
    *("amount", "currency", "reason", "status", "way", "lines", "requested_at", "decided_at"),
    "decision_note",
)
_DISPUTE = ("amount", "currency", "reason", "status", "opened_at", "closed_at", "answer")
_ByOrder = dict[int, list[dict[str, Any]]]


def payments_to_take(order_ids: Collection[int]) -> _ByOrder:
    """Return payments by order, oldest first; 1 query."""
    return _by_order(Payment.objects.filter(order_id__in=order_ids).order_by("pk"), _PAYMENT)


def refunds_to_take(order_ids: Collection[int]) -> _ByOrder:
    """Return refunds by order, oldest first, and what their customer wrote; 1 query.

    What staff only propose is not the customer's yet.
    """
    rows = RefundRequest.objects.filter(order_id__in=order_ids).order_by("pk")
    found: _ByOrder = {}
    for row in filter(is_for_customer, rows):
        said = {"explanation": row.explanation} if row.requested_by == CUSTOMER else {}
        found.setdefault(row.order_id, []).append({**_plain(row, _REFUND), **said})
    return found


def disputes_to_take(order_ids: Collection[int]) -> _ByOrder:
    """Return disputes by order, with what the shop answered; 1 query."""
    return _by_order(Dispute.objects.filter(order_id__in=order_ids).order_by("pk"), _DISPUTE)


def _by_order(rows: Iterable[Any], names: Iterable[str]) -> _ByOrder:
    found: _ByOrder = {}
    for row in rows:
        found.setdefault(row.order_id, []).append(_plain(row, names))
    return found


def _plain(row: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
