"""Money and moments as pages write them."""

from collections.abc import Iterable
from typing import Any

from apps.orders.rules.tax import LevyShare
from apps.orders.selectors import CartView, OrderView
from bakery.kernel import money


def cart_context(cart: CartView | None) -> dict[str, Any]:
    """Return the cart with its amounts in words; ``lines`` pairs each line with its texts."""
    if cart is None:
        return {"cart": None}
    return {
        "cart": cart,
        "lines": [
            {
                "line": line,
                "unit_price": _text(line.unit_price, cart.currency),
                "total": _text(line.line_total, cart.currency),
            }
            for line in cart.lines
        ],
        "subtotal": _text(cart.subtotal, cart.currency),
        "levies": _levies(cart.taxes, cart.currency),
        "includes_tax": cart.prices_include_tax,
        "total": _text(cart.total, cart.currency),
    }


def order_context(view: OrderView) -> dict[str, Any]:
    """Return the order with its amounts in words."""
    order = view.order
    return {
        "order": order,
        "pickup": view.pickup,
        "lines": [
            {
                "line": line,
                "unit_price": _text(line.unit_price, order.currency),
                "total": _text(line.line_total, order.currency),
            }
            for line in view.lines
        ],
        "subtotal": _text(order.subtotal, order.currency),
        "levies": _levies(view.taxes, order.currency),
        "includes_tax": order.prices_include_tax,
        "total": _text(order.total, order.currency),
    }


def _levies(shares: Iterable[LevyShare], currency: str) -> list[tuple[str, str]]:
    return [(share.label, _text(share.amount, currency)) for share in shares]


def _text(amount: Any, currency: str) -> str:
    return "" if amount is None else money.display(amount, currency)
