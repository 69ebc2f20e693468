"""Money and moments as pages write them."""

from typing import Any

from apps.loyalty import selectors as loyalty
from apps.orders.models import Order
from apps.orders.rules.pickup import short_text
from apps.orders.selectors import CartLineView, CartView, LineView, OrderView
from apps.orders.selectors.breakdowns import sum_texts
from bakery.kernel import clock, money


def cart_context(cart: CartView | None) -> dict[str, Any]:
    """Return the cart with its amounts in words; ``lines`` pairs each line with its texts."""
    if cart is None:
        return {"cart": None}
    return {
        "cart": cart,
        "lines": [_line(line, cart.currency) for line in cart.lines],
        "sums": sum_texts(cart.sums, cart.currency),
        "total": _text(cart.total, cart.currency),
        "due": _text(cart.due, cart.currency),
        "nothing_due": bool(cart.lines) and cart.due == 0,
        "codes": [
            {"row": code, "amount": _text(-code.amount, cart.currency)} for code in cart.codes
        ],
        "cards": [
            {"row": card, "amount": _text(-card.amount, cart.currency)} for card in cart.gift_cards
        ],
        **_points(cart),
        "deposit": _text(cart.deposit.amount, cart.currency) if cart.deposit else "",
    }


def _points(cart: CartView) -> dict[str, Any]:
    """Return what the cart's account has to spend; nothing for guests."""
    if cart.user_id is None:
        return {}
    balance = loyalty.points_balance(cart.user_id, at=clock.now())
    if not balance.spendable and not cart.points:
        return {}
    return {
        "points": balance.spendable,
        "points_worth": _text(balance.worth, cart.currency),
        "points_most": min(balance.spendable, loyalty.points_for(cart.quote.goods_due)),
    }


def order_context(view: OrderView) -> dict[str, Any]:
    """Return the order with its amounts in words."""
    order = view.order
    return {
        "order": order,
        "pickup": view.pickup,
        "lines": [_line(line, order.currency) for line in view.lines],
        "sums": sum_texts(view.sums, order.currency),
        "total": _text(order.total, order.currency),
        "due": _text(order.due, order.currency),
    }


def deposit_context(order: Order) -> dict[str, Any]:
    """Return what of the price is asked for when, in words; ``deposit`` is "" without one."""
    deposit = order.deposit_due
    due_at = order.balance_due_at
    return {
        "due_now": _text(order.due_now, order.currency),
        "deposit": _text(deposit, order.currency) if deposit else "",
        "rest": _text(order.balance - deposit, order.currency),
        "rest_until": short_text(due_at, clock.shop_zone()) if due_at else "",
        "deposited": order.is_deposited,
    }


def _line(line: CartLineView | LineView, currency: str) -> dict[str, Any]:
    return {
        "line": line,
        "unit_price": _text(line.unit_price, currency),
        "total": _text(line.line_total, currency),
        "discount": _text(-line.discount, currency) if line.discount else "",
    }


def _text(amount: Any, currency: str) -> str:
    return "" if amount is None else money.display(amount, currency)
