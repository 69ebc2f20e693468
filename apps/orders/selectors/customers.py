"""Orders as the account that placed them sees them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.db.models.functions import Lower

from apps.accounts import selectors as accounts
from apps.orders.models import Order, OrderLine, OrderPicture
from apps.orders.rules.pickup import Pickup, describe
from apps.orders.states import ACCEPTED, DEPOSITED, Fulfilment, OrderStatus
from bakery.kernel.errors import NotFound

# Orders from which the customer still has something to expect.
AHEAD = (
    OrderStatus.PENDING_PAYMENT,
    *ACCEPTED,
    OrderStatus.PAYMENT_MISMATCH,
    OrderStatus.PAID_UNFULFILLABLE,
)
MAX_AHEAD = 50


@dataclass(frozen=True)
class MyOrder:
    """One order in an account's list."""

    id: int
    number: str
    public_id: UUID
    status: OrderStatus
    placed_at: datetime
    pickup: Pickup
    is_delivery: bool
    total: Decimal
    currency: str
    lines: tuple[str, ...]

    @property
    def payable(self) -> bool:
        """Tell whether it waits for its payment, or for the rest of it."""
        return self.status == OrderStatus.PENDING_PAYMENT or self.status in DEPOSITED


def orders_of(user_id: int) -> QuerySet[Order]:
    """Return all orders of an account."""
    return Order.objects.filter(user_id=user_id)


def orders_ahead(user_id: int, *, at: datetime) -> list[MyOrder]:
    """Return the account's orders that are not over, by pickup; at most `MAX_AHEAD`."""
    rows = orders_of(user_id).filter(status__in=AHEAD).order_by("pickup_starts_at", "pk")
    return my_orders(rows[:MAX_AHEAD], at=at)


def orders_past(
    user_id: int, *, at: datetime, before: int | None = None, limit: int = 10
) -> tuple[list[MyOrder], int | None]:
    """Return a page of the account's orders that are over, the newest first, and the next key.

    ``before`` is the key that the page before gave; the next key is None on the last page.
    """
    rows = orders_of(user_id).exclude(status__in=AHEAD).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = my_orders(rows[: limit + 1], at=at)
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def my_orders(orders: Iterable[Order], *, at: datetime) -> list[MyOrder]:
    """Return ``orders`` as rows of a list; one query for the lines of all of them."""
    rows = list(orders)
    lines: dict[int, list[str]] = defaultdict(list)
    of_these = OrderLine.objects.filter(order_id__in=[row.pk for row in rows])
    for line in of_these.order_by("order_id", "position"):
        lines[line.order_id].append(f"{line.quantity} x {line.description}")
    return [_row(row, lines[row.pk], at=at) for row in rows]


def _row(order: Order, lines: Sequence[str], *, at: datetime) -> MyOrder:
    pickup = describe(
        order.pickup_starts_at, local=order.pickup_local, zone=ZoneInfo(order.zone), at=at
    )
    return MyOrder(
        id=order.pk,
        number=order.number,
        public_id=order.public_id,
        status=OrderStatus(order.status),
        placed_at=order.placed_at,
        pickup=pickup,
        is_delivery=order.fulfilment == Fulfilment.DELIVERY,
        total=order.total,
        currency=order.currency,
        lines=tuple(lines),
    )


def own_order(public_id: UUID, *, user_id: int) -> Order:
    """Return an order of the account; raise `NotFound` ``order_not_found``, also for a guest's."""
    order = orders_of(user_id).filter(public_id=public_id).first()
    if order is None:
        raise NotFound("order_not_found", "There is no such order.")
    return order


def guest_orders(email: str) -> QuerySet[Order]:
    """Return the orders that guests placed with this mailbox, whatever its case."""
    mailbox = Lower("customer_email")
    return Order.objects.alias(mailbox=mailbox).filter(user=None, mailbox=email.strip().lower())


def claimable_orders(user_id: int) -> int:
    """Return how many guest orders the account could take over for its own confirmed mailbox."""
    user = accounts.user(user_id)
    if user is None or user.email_verified_at is None:
        return 0
    return guest_orders(user.email).count()


def picture_keys(order_id: int) -> list[str]:
    """Return under which names the storage keeps the pictures of an order."""
    return list(OrderPicture.objects.filter(order_id=order_id).values_list("key", flat=True))
