"""What the customer reads on Stripe's page: the order's lines, summing to its total exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bakery.kernel import money

# Stripe takes at most 100 line items; https://docs.stripe.com/api/checkout/sessions/create
MAX_ITEMS = 99
_MAX_NAME = 200


@dataclass(frozen=True)
class Item:
    """One line of Stripe's page; ``amount_minor`` is for the whole line."""

    name: str
    amount_minor: int


def build_items(
    lines: Sequence[tuple[str, int, Decimal]], *, total: Decimal, currency: str, number: str
) -> list[Item]:
    """Return the items for ``lines`` of (description, quantity, line total).

    What the total has above the lines is the tax, as an item of its own. Where the lines cannot
    be shown honestly (more than Stripe takes, or a total below their sum) it is one item.
    """
    items = [
        Item(_label(description, quantity), money.to_minor(line_total, currency))
        for description, quantity, line_total in lines
    ]
    total_minor = money.to_minor(total, currency)
    rest = total_minor - sum(item.amount_minor for item in items)
    if not items or rest < 0 or len(items) >= MAX_ITEMS:
        return [Item(f"Order {number}", total_minor)]
    return [*items, Item("Tax", rest)] if rest else items


def _label(description: str, quantity: int) -> str:
    name = description.strip() or "Item"
    return (f"{quantity} x {name}" if quantity > 1 else name)[:_MAX_NAME]
