"""What the pages and replies about refunds show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db.models import Case, IntegerField, QuerySet, Value, When

from apps.orders.selectors import PagePart
from apps.payments.models import Dispute, RefundRequest, RefundTransition
from apps.payments.rules.asking_window import asking_refusal
from apps.payments.rules.refund_plan import Refundable, RefundPreview
from apps.payments.rules.refund_words import CUSTOMER, is_for_customer, reason_for, words_for
from apps.payments.selectors.money_left import refundable
from apps.payments.selectors.refunds import refunds_of
from apps.payments.states import BLOCKING_DISPUTES, RefundStatus
from bakery.kernel import clock, money
from bakery.kernel.errors import Conflict

if TYPE_CHECKING:
    from apps.orders.models import Order

_S = RefundStatus
# What a person has to do something about comes first in the console.
_RANKS = {_S.AWAITING_APPROVAL: 0, _S.FAILED: 1, _S.APPROVED: 2, _S.SENT: 3}
_GOOD = (_S.APPROVED, _S.SENT, _S.SUCCEEDED)
_BAD = (_S.REJECTED, _S.FAILED)


@dataclass(frozen=True)
class CustomerRefund:
    """A refund as its customer sees it; ``told`` says where it is, in words."""

    public_id: UUID
    status: str
    amount: Decimal
    currency: str
    reason: str
    told: str
    explanation: str
    decision_note: str
    lines: Sequence[dict[str, Any]]
    requested_at: datetime
    can_withdraw: bool


def console_refunds() -> QuerySet[RefundRequest]:
    """Return all requests with their orders; ``rank`` puts first what waits for a person."""
    whens = [When(status=status, then=Value(rank)) for status, rank in _RANKS.items()]
    rank = Case(*whens, default=Value(len(whens)), output_field=IntegerField())
    return RefundRequest.objects.select_related("order", "payment").annotate(rank=rank)


def refunds_to_decide() -> int:
    """Return how many requests wait for a decision."""
    return RefundRequest.objects.filter(status=_S.AWAITING_APPROVAL).count()


def filtered_refunds(
    *,
    statuses: Iterable[str] = (),
    reason: str = "",
    way: str = "",
    number: str = "",
    order_id: int | None = None,
) -> QuerySet[RefundRequest]:
    """Return the requests that fit; what is empty does not narrow."""
    rows = RefundRequest.objects.select_related("order", "payment")
    wanted = {"reason": reason, "way": way, "order__number": number, "order_id": order_id}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    chosen = tuple(statuses)
    return rows.filter(status__in=chosen) if chosen else rows


def left_of(order_id: int) -> Refundable | None:
    """Return what may still be asked back, None for an order of which nothing can."""
    try:
        return refundable(order_id)
    except Conflict:
        return None


def moves_of(request: RefundRequest) -> list[RefundTransition]:
    """Return what happened to a request, oldest first."""
    return list(request.transitions.order_by("at", "pk"))


def open_dispute_of(request: RefundRequest) -> Dispute | None:
    """Return the dispute that keeps the payment of a request from going back, if there is one."""
    if request.payment_id is None:
        return None
    rows = Dispute.objects.filter(payment_id=request.payment_id, status__in=BLOCKING_DISPUTES)
    return rows.first()


def tax_of_lines(request: RefundRequest) -> Decimal | None:
    """Return the tax in what goes back, None for an amount, whose tax is worked out with it."""
    if not request.lines:
        return None
    return sum((Decimal(line["tax"]) for line in request.lines), Decimal(0))


def customer_refunds(order_id: int) -> list[CustomerRefund]:
    """Return what the customer may know of the refunds of an order, oldest first; 1 query."""
    return [_for_customer(row) for row in refunds_of(order_id) if is_for_customer(row)]


def _for_customer(row: RefundRequest) -> CustomerRefund:
    is_own = row.requested_by == CUSTOMER
    return CustomerRefund(
        public_id=row.public_id,
        status=row.status,
        amount=row.amount,
        currency=row.currency,
        reason=reason_for(row),
        told=words_for(row),
        # Colleagues' words are for colleagues.
        explanation=row.explanation if is_own else "",
        decision_note=row.decision_note if row.status == _S.REJECTED else "",
        lines=row.lines if is_own else [],
        requested_at=row.requested_at,
        can_withdraw=is_own and row.status == _S.AWAITING_APPROVAL,
    )


def refund_rows(order: "Order") -> list[dict[str, Any]]:
    """Return the refunds of an order as its customer's page shows them."""
    zone = clock.shop_zone()
    return [
        {
            "refund": row,
            "amount": money.display(row.amount, row.currency),
            "tone": "ok" if row.status in _GOOD else "bad" if row.status in _BAD else "warn",
            "asked_on": row.requested_at.astimezone(zone).date(),
        }
        for row in customer_refunds(order.pk)
    ]


def refunds_part(order: "Order", at: datetime) -> PagePart | None:
    """Return the section about refunds of the order's page; nothing of an unpaid order."""
    rows = refund_rows(order)
    may_ask = asking_refusal(order, at=at, days=settings.REFUND_REQUEST_DAYS) is None
    if not rows and not may_ask:
        return None
    part = {"rows": rows, "may_ask": may_ask, "public_id": order.public_id}
    return PagePart("payments/_order_refunds.html", part)


def preview_texts(preview: RefundPreview, *, ways: Mapping[str, str]) -> dict[str, Any]:
    """Return what a request would come to, in words and amounts; ``ways`` names each way."""

    def text(amount: Decimal) -> str:
        return money.display(amount, preview.currency)

    return {
        "amount": text(preview.amount),
        "tax": text(preview.tax),
        "ways": [(text(share.amount), ways[share.way]) for share in preview.ways],
        "left": text(preview.left.amount_left - preview.amount),
    }
