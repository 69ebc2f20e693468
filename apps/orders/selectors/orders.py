"""Orders as customers, payments and staff see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.orders.models import Order, OrderLine
from apps.orders.rules.breakdown import Sums
from apps.orders.rules.pay_link import pay_path
from apps.orders.rules.pickup import Pickup, describe
from apps.orders.rules.tax import LevyShare, sum_shares
from apps.orders.states import ACCEPTED, NOT_PAYABLE, Fulfilment, OrderStatus
from bakery.kernel import money
from bakery.kernel.errors import NotFound

_PAYABLE_COLUMNS = (
    "product_name",
    "variant_name",
    "quantity",
    "line_total",
    "discount",
    *(
        f"order__{name}"
        for name in (
            *("deposit_total", "deposit_paid_at", "paid_at", "balance_due_at", "zone"),
            *("number", "public_id", "status", "total", "tax_total", "currency"),
            *("customer_email", "user_id", "hold_expires_at", "delivery_fee"),
            *("gift_card_total", "paid_total", "refunded_total", "credited_total"),
        )
    ),
)


# Then the rest may be paid: after a deposit, or of what a change made dearer.
_CERTAIN = (*ACCEPTED, OrderStatus.NO_SHOW, OrderStatus.COLLECTED)


@dataclass(frozen=True)
class LineView:
    """A frozen line of an order."""

    description: str
    sku: str
    quantity: int
    message: str
    unit_price: Decimal
    line_total: Decimal
    discount: Decimal
    tax_rate: Decimal
    tax: Decimal
    taxes: list[dict[str, str]]
    tax_note: str
    is_cake: bool
    allergens: dict[str, Any] | None
    details: list[list[str]]


@dataclass(frozen=True)
class OrderView:
    """An order with its lines; the pickup is put in words as of the moment it was read."""

    order: Order
    lines: tuple[LineView, ...]
    pickup: Pickup

    @property
    def taxes(self) -> list[LevyShare]:
        """The tax of the order, that of its delivery too, one row for each levy and rate."""
        of_lines = [row for line in self.lines for row in line.taxes]
        return sum_shares(
            LevyShare(row["name"], Decimal(row["rate"]), Decimal(row["amount"]))
            for row in (*of_lines, *self.order.delivery_taxes)
        )

    @property
    def sums(self) -> Sums:
        """What its breakdown is made of."""
        order = self.order
        is_over = order.status in NOT_PAYABLE
        return Sums(
            goods_total=sum((line.line_total for line in self.lines), Decimal(0)),
            adjustments=order.adjustments,
            delivered=order.fulfilment == Fulfilment.DELIVERY,
            delivery_fee=order.delivery_fee,
            subtotal=order.subtotal,
            taxes=self.taxes,
            prices_include_tax=order.prices_include_tax,
            total=order.total,
            credited=order.credited_total,
            # The card has its money back when the order ended.
            gift_cards=[] if is_over else [("Gift card", order.gift_card_total)],
            paid=order.paid_total,
            refunded=order.refunded_total,
            due=order.due,
            is_over=is_over,
        )


@dataclass(frozen=True)
class PayableLine:
    """What a payment page lists; ``line_total`` is after discounts."""

    description: str
    quantity: int
    line_total: Decimal


@dataclass(frozen=True)
class PayableOrder:
    """What payments may know of an order; ``due`` is its balance, also in minor units.

    ``deposit`` is what of it makes the order certain for now, nothing where all is paid at once;
    it ``is_certain`` when its goods are the customer's, for all or for a deposit. ``lines`` sum to
    what is due, but for tax that prices do not include.
    """

    id: int
    number: str
    public_id: UUID
    status: str
    total: Decimal
    tax_total: Decimal
    due: Decimal
    amount_minor: int
    currency: str
    deposit: Decimal
    is_certain: bool
    pay_path: str
    email: str
    user_id: int | None
    hold_expires_at: datetime
    lines: list[PayableLine]


def _line_view(line: OrderLine) -> LineView:
    return LineView(
        description=line.description,
        sku=line.sku,
        quantity=line.quantity,
        message=line.message,
        unit_price=line.unit_price,
        line_total=line.line_total,
        discount=line.discount,
        tax_rate=line.tax_rate,
        tax=line.tax,
        taxes=line.taxes,
        tax_note=line.tax_note,
        is_cake=line.is_cake,
        allergens=line.allergens,
        details=line.details,
    )


def order_by_public_id(public_id: UUID, *, user_id: int | None) -> Order:
    """Return the order behind a link; raise `NotFound` ``order_not_found``.

    A guest's order is opened by its unguessable id alone. One of an account is that account's
    only: to anybody else it does not exist.
    """
    order = Order.objects.filter(public_id=public_id).first()
    if order is None or (order.user_id is not None and order.user_id != user_id):
        raise NotFound("order_not_found", "There is no such order.")
    return order


def _lines_of(order: Order) -> list[OrderLine]:
    return list(OrderLine.objects.filter(order_id=order.pk).order_by("position"))


def order_view(
    order: Order, *, at: datetime, lines: Sequence[OrderLine] | None = None
) -> OrderView:
    """Return ``order`` with its ``lines``, read here unless the caller has them, in order."""
    if lines is None:
        lines = _lines_of(order)
    pickup = describe(
        order.pickup_starts_at, local=order.pickup_local, zone=ZoneInfo(order.zone), at=at
    )
    return OrderView(order, tuple(_line_view(line) for line in lines), pickup)


def order_for_staff(public_id: UUID) -> Order:
    """Return an order, whoever's it is; raise `NotFound` ``order_not_found``."""
    order = Order.objects.filter(public_id=public_id).first()
    if order is None:
        raise NotFound("order_not_found", "There is no such order.")
    return order


def order_id_of(public_id: UUID) -> int:
    """Return the key of an order for staff; raise `NotFound` ``order_not_found``."""
    return order_for_staff(public_id).pk


def payable_order(*, public_id: UUID) -> PayableOrder | None:
    """Return what is to be paid for an order, whatever its status; None when there is none."""
    # No order is without lines, so that one query reads both, and of both what is shown.
    lines = list(
        OrderLine.objects.filter(order__public_id=public_id)
        .select_related("order")
        .only(*_PAYABLE_COLUMNS)
        .order_by("position")
    )
    if not lines:
        return None
    order = lines[0].order
    return PayableOrder(
        id=order.pk,
        number=order.number,
        public_id=order.public_id,
        status=order.status,
        total=order.total,
        tax_total=order.tax_total,
        due=order.balance,
        amount_minor=money.to_minor(order.balance, order.currency),
        currency=order.currency,
        deposit=order.deposit_due,
        is_certain=order.status in _CERTAIN,
        pay_path=pay_path(order.public_id),
        email=order.customer_email,
        user_id=order.user_id,
        hold_expires_at=order.hold_expires_at,
        lines=_payable_lines(order, lines),
    )


def _payable_lines(order: Order, lines: Sequence[OrderLine]) -> list[PayableLine]:
    """Return what is paid for: everything, or in one line what is left of it."""
    if order.balance != order.total:
        return [PayableLine(f"Order {order.number}, what is left to pay", 1, order.balance)]
    rows = [PayableLine(x.description, x.quantity, x.line_total - x.discount) for x in lines]
    if order.delivery_fee:
        rows.append(PayableLine("Delivery", 1, order.delivery_fee))
    return rows
