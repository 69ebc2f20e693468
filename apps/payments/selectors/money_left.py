"""What of an order's money is not on its way back already: by payment, at the counter, by line."""

from collections import defaultdict
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from apps.orders.selectors import Sale, SoldLine, money_by_hand, sale_of
from apps.orders.states import OrderStatus, PaymentOutcome
from apps.payments.models import Payment, Refund, RefundRequest
from apps.payments.rules.refund_plan import (
    LineLeft,
    LineShare,
    Refundable,
    WayShare,
    read_shares,
)
from apps.payments.states import (
    CREDITING,
    LIVE_REFUNDS,
    OF_STRAY_PAYMENTS,
    OF_THE_ORDER,
    RefundWay,
)
from bakery.kernel.errors import Conflict, NotFound

_ZERO = Decimal(0)
_COUNTED = (PaymentOutcome.CONFIRMED, PaymentOutcome.ALREADY_CONFIRMED)
_ENDED = (OrderStatus.CANCELLED, OrderStatus.EXPIRED)


def payments_left(order_id: int) -> list[tuple[Payment, Decimal]]:
    """Return the payments that have something left, the newest first, with it; 3 queries.

    Every request counts that may still go back, and what was refunded in Stripe's dashboard.
    """
    gone: dict[int, Decimal] = defaultdict(Decimal)
    asked = RefundRequest.objects.filter(order_id=order_id, status__in=LIVE_REFUNDS)
    elsewhere = Refund.objects.filter(order_id=order_id, request=None, reversal=None)
    for rows in (asked, elsewhere):
        sums = rows.exclude(payment=None).values_list("payment_id").annotate(Sum("amount"))
        for payment_id, amount in sums.order_by():
            gone[payment_id] += amount
    payments = Payment.objects.filter(order_id=order_id).order_by("-recorded_at", "-pk")
    left = [(payment, payment.amount - gone[payment.pk]) for payment in payments]
    return [(payment, amount) for payment, amount in left if amount > 0]


def asked_of_order(order_id: int, *, is_over: bool) -> Decimal:
    """Return what of an order's ``refunded_total`` is asked for, or was given back.

    What people ask for is in that sum once it is given. Of an order that is over the sum is all of
    its money, so that their requests count as soon as they wait; but what gift cards did not get
    by then they got at the end, without a request.
    """
    asked = RefundRequest.objects.filter(order_id=order_id, status__in=LIVE_REFUNDS)
    elsewhere = Refund.objects.filter(
        order_id=order_id, request=None, reversal=None, payment__outcome__in=_COUNTED
    )
    is_given = Q(Exists(Refund.objects.filter(request=OuterRef("pk"))))
    counts = Q(reason__in=OF_THE_ORDER) | is_given
    if is_over:
        counts |= ~Q(way=RefundWay.GIFT_CARD)
    counted = asked.exclude(reason__in=OF_STRAY_PAYMENTS).filter(counts)
    return _sum(counted) + _sum(elsewhere)


def asked_by_hand(order_id: int, way: RefundWay) -> Decimal:
    """Return what is asked for, or was given back, of money that no payment of Stripe's brought."""
    asked = RefundRequest.objects.filter(order_id=order_id, payment=None, way=way)
    return _sum(asked.filter(status__in=LIVE_REFUNDS))


def refundable(order_id: int) -> Refundable:
    """Return what of an order's money may still be asked back, in all, by way and by line.

    Raises `NotFound` ``order_not_found``, `Conflict` ``not_refundable`` for an order that was not
    paid in full, or ended: what is left of that goes back by itself.
    """
    sale = sale_of(order_id)
    if sale is None:
        raise NotFound("order_not_found", "There is no such order.")
    if not sale.is_paid:
        raise Conflict("not_refundable", "This order is not paid.")
    if sale.status in _ENDED:
        raise Conflict("not_refundable", "This order ended: its money goes back by itself.")
    ways = _ways(sale)
    open_amount, open_tax = _not_credited(order_id)
    of_sale = max(sale.left.total - open_amount, _ZERO)
    amount = min(of_sale, sum((way.amount for way in ways), _ZERO))
    tax = min(max(sale.left.tax - open_tax, _ZERO), amount)
    return Refundable(sale.currency, amount, _lines(sale), tax, tuple(ways))


def _ways(sale: Sale) -> list[WayShare]:
    """Return what each way has left: newest payment first, then the counter, then gift cards."""
    ways = [
        WayShare(RefundWay.STRIPE, payment.pk, left)
        for payment, left in payments_left(sale.order_id)
        if payment.outcome in _COUNTED
    ]
    by_hand = money_by_hand(sale.order_id).by_hand
    sums = ((RefundWay.BY_HAND, by_hand), (RefundWay.GIFT_CARD, sale.gift_cards))
    for way, amount in sums:
        left = amount - asked_by_hand(sale.order_id, way) if amount else _ZERO
        if left > 0:
            ways.append(WayShare(way, None, left))
    return ways


def _not_credited(order_id: int) -> tuple[Decimal, Decimal]:
    """Return amount and tax of requests that will lower the sale and did not yet."""
    rows = RefundRequest.objects.filter(
        refunds=None, order_id=order_id, reason__in=CREDITING, status__in=LIVE_REFUNDS
    )
    amount, tax = _ZERO, _ZERO
    for request in rows:
        amount += request.amount
        tax += sum((share.tax for share in read_shares(request.lines)), _ZERO)
    return amount, tax


def _lines(sale: Sale) -> tuple[LineLeft, ...]:
    taken: dict[int, list[LineShare]] = defaultdict(list)
    rows = RefundRequest.objects.filter(order_id=sale.order_id, status__in=LIVE_REFUNDS)
    for stored in rows.exclude(lines=[]).values_list("lines", flat=True):
        for share in read_shares(stored):
            taken[share.position].append(share)
    return tuple(_line(line, taken[line.position]) for line in sale.lines)


def _line(line: SoldLine, taken: list[LineShare]) -> LineLeft:
    return LineLeft(
        line.position,
        line.description,
        line.quantity,
        max(line.quantity - sum(share.quantity for share in taken), 0),
        max(line.amount - sum((share.amount for share in taken), _ZERO), _ZERO),
        max(line.tax - sum((share.tax for share in taken), _ZERO), _ZERO),
    )


def _sum(rows: QuerySet[RefundRequest] | QuerySet[Refund]) -> Decimal:
    total: Decimal | None = rows.aggregate(sum=Sum("amount"))["sum"]
    return total or _ZERO
