"""What the console's list of orders reads."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from apps.orders.models import Order, OrderLine
from apps.orders.states import ACCEPTED, OrderStatus

_KEPT = F("credited_total") + F("gift_card_total") + F("paid_total") - F("refunded_total")
BALANCE_DUE = Q(status__in=ACCEPTED, total__gt=_KEPT)
# Ways to look at orders by their money: a word for the address, a label and the condition.
PAYMENTS: Mapping[str, tuple[str, Q]] = MappingProxyType(
    {
        "unpaid": ("Waiting for payment", Q(status=OrderStatus.PENDING_PAYMENT)),
        "deposit": ("Deposit paid", Q(status=OrderStatus.DEPOSIT_PAID)),
        "overdue": ("The rest is overdue", Q(status=OrderStatus.BALANCE_DUE)),
        "due": ("Accepted, a balance is due", BALANCE_DUE),
        "paid": ("Paid in full", Q(paid_at__isnull=False, total__lte=_KEPT)),
        "refunded": ("With money to give back", Q(refunded_total__gt=0)),
        "review": (
            "A person must look",
            Q(status__in=(OrderStatus.PAYMENT_MISMATCH, OrderStatus.PAID_UNFULFILLABLE)),
        ),
    }
)


def filtered_orders(
    *,
    statuses: tuple[OrderStatus, ...] = (),
    pickup_day: date | None = None,
    cake_only: bool = False,
    payment: str = "",
    email: str = "",
) -> QuerySet[Order]:
    """Return orders of any of ``statuses`` (all when empty), of a shop's day, with a cake.

    ``payment`` is a word of `PAYMENTS`; ``email`` the mailbox as it was typed.
    """
    orders = Order.objects.all()
    if statuses:
        orders = orders.filter(status__in=statuses)
    if pickup_day is not None:
        orders = orders.picked_up_on(pickup_day)
    if cake_only:
        orders = orders.filter(has_cake=True)
    if payment:
        orders = orders.filter(PAYMENTS[payment][1])
    return orders.filter(customer_email=email) if email else orders


def console_orders() -> QuerySet[Order]:
    """Return orders with ``pieces``, how many things are in each."""
    pieces = (
        OrderLine.objects.filter(order_id=OuterRef("pk"))
        .order_by()
        .values("order_id")
        .annotate(pieces=Sum("quantity"))
        .values("pieces")
    )
    return Order.objects.annotate(pieces=Coalesce(Subquery(pieces), 0))


def open_cakes() -> int:
    """Return how many orders with a cake somebody has still to work on."""
    return Order.objects.open().filter(has_cake=True).count()
