"""What a sale came to, what was taken back of it, and what is left."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.orders.models import Order, OrderEdit, OrderLine, SaleCredit
from apps.orders.rules.crediting import SaleLeft, less, sum_levies
from bakery.kernel.money import round_money

_ZERO = Decimal(0)


@dataclass(frozen=True)
class SoldLine:
    """A line as it was charged: ``amount`` has its ``tax`` in it."""

    position: int
    description: str
    quantity: int
    amount: Decimal
    tax: Decimal
    variant_id: int
    made_to_order: bool


@dataclass(frozen=True)
class Sale:
    """What a refund must know of an order; ``paid`` tells whether it was ever paid in full.

    ``total`` is what it comes to less its credits; ``gift_cards`` pay a part of it.
    """

    order_id: int
    number: str
    currency: str
    status: str
    is_paid: bool
    left: SaleLeft
    gift_cards: Decimal
    hold_reference: str
    lines: tuple[SoldLine, ...]


def sale_of(order_id: int) -> Sale | None:
    """Return the sale of an order, None when there is no such order; 3 queries."""
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        return None
    lines = list(order.lines.order_by("position"))
    return Sale(
        order_id=order.pk,
        number=order.number,
        currency=order.currency,
        status=order.status,
        is_paid=order.paid_at is not None,
        left=_left(order, lines),
        gift_cards=order.gift_card_total,
        hold_reference=order.hold_reference,
        lines=tuple(_sold(order, line) for line in lines),
    )


def sale_left(order: Order) -> SaleLeft:
    """Return what a sale still comes to after its credits, by levy; 2 queries."""
    return _left(order, order.lines.order_by("position"))


def credited_goods(order: Order) -> Decimal:
    """Return what was taken back of a sale's goods without tax: it earned no points after all.

    An amount that was given back for no line is for goods and delivery alike.
    """
    goods = goods_of(order)
    if order.credited_total >= order.total:
        return goods
    credited = _ZERO
    rows = SaleCredit.objects.filter(order_id=order.pk).values_list("amount", "tax", "lines")
    for amount, tax, lines in rows:
        net = amount - tax
        if not lines and order.subtotal:
            net = round_money(net * goods / order.subtotal, order.currency)
        credited += net
    return min(credited, goods)


def goods_of(order: Order) -> Decimal:
    """Return what the goods cost without tax and delivery, however paid: what earns points."""
    fee = order.delivery_fee - (order.delivery_tax if order.prices_include_tax else _ZERO)
    return order.subtotal - fee


def was_edited_after(order_id: int, *, at: datetime) -> bool:
    """Tell whether an order was changed after ``at``."""
    return OrderEdit.objects.filter(order_id=order_id, at__gt=at).exists()


def _left(order: Order, lines: Iterable[OrderLine]) -> SaleLeft:
    sold = sum_levies([*(row for line in lines for row in line.taxes), *order.delivery_taxes])
    rows = SaleCredit.objects.filter(order_id=order.pk).values_list("taxes", flat=True)
    taken = sum_levies([row for taxes in rows for row in taxes])
    return SaleLeft(order.total - order.credited_total, less(sold, taken), order.currency)


def _sold(order: Order, line: OrderLine) -> SoldLine:
    charged = line.line_total - line.discount
    return SoldLine(
        position=line.position,
        description=line.description,
        quantity=line.quantity,
        amount=charged if order.prices_include_tax else charged + line.tax,
        tax=line.tax,
        variant_id=line.variant_id,
        made_to_order=line.made_to_order,
    )
