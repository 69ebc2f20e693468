"""Lines of an order as they are sold: what they say now they say for ever."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Protocol

from apps.catalog.selectors import SellableVariant
from apps.catalog.states import Packaging
from apps.orders.models import Order, OrderLine
from apps.orders.rules.pricing import PricedLine

# The scales of the columns, so that what was just written reads as it will later.
_CENT, _RATE_STEP = Decimal("0.01"), Decimal("0.00001")


class Wanted(Protocol):
    """How many of what, and what to write on it."""

    @property
    def variant_id(self) -> int:
        """The size."""

    @property
    def quantity(self) -> int:
        """How many of it."""

    @property
    def message(self) -> str:
        """What to write on it, or nothing."""


def freeze_lines(
    order: Order,
    lines: Iterable[Wanted],
    variants: Mapping[int, SellableVariant],
    priced: Iterable[PricedLine],
    *,
    first: int = 1,
) -> list[OrderLine]:
    """Return the lines of ``order`` at their prices, numbered from ``first``; none is saved."""
    return [
        _freeze(order, position, line, variants[line.variant_id], price)
        for position, (line, price) in enumerate(zip(lines, priced, strict=True), start=first)
    ]


def _freeze(
    order: Order, position: int, line: Wanted, variant: SellableVariant, priced: PricedLine
) -> OrderLine:
    return OrderLine(
        order=order,
        position=position,
        variant_id=variant.id,
        product_id=variant.product_id,
        sku=variant.sku,
        product_name=variant.product_name,
        variant_name=variant.name,
        quantity=line.quantity,
        message=line.message,
        category_id=variant.category_id,
        pieces=variant.pieces,
        weight_g=variant.weight_g,
        prepackaged=variant.packaging == Packaging.PREPACKAGED,
        unit_price=variant.price,
        line_total=priced.line_total.quantize(_CENT),
        discount=priced.discount.quantize(_CENT),
        tax_class=variant.tax_class,
        tax_rate=priced.tax_rate.quantize(_RATE_STEP),
        tax=priced.tax.quantize(_CENT),
        taxes=[share.as_json() for share in priced.taxes],
        tax_note=priced.tax_note,
        is_cake=variant.is_cake,
        made_to_order=variant.made_to_order,
        allergens=variant.allergens,
    )


def reprice(line: OrderLine, wanted: Wanted, priced: PricedLine) -> None:
    """Let a line of a changed order be what is ``wanted`` now, at its old price each; not saved.

    What it was sold as stays; its number, message and sums, and the tax on them, are new.
    """
    line.quantity = wanted.quantity
    line.message = wanted.message
    line.line_total = priced.line_total.quantize(_CENT)
    line.discount = priced.discount.quantize(_CENT)
    line.tax_rate = priced.tax_rate.quantize(_RATE_STEP)
    line.tax = priced.tax.quantize(_CENT)
    line.taxes = [share.as_json() for share in priced.taxes]
    line.tax_note = priced.tax_note
