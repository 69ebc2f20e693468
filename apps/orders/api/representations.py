"""Carts and orders as JSON. Money is text with two decimals, moments are ISO 8601 in UTC."""

from typing import Any

from apps.orders.models import Order
from apps.orders.selectors import CartView, LineView, OrderView, TimelineEntry, order_fields
from apps.orders.selectors.sales import SaleQuote
from apps.orders.states import ACCEPTED, OrderStatus
from bakery.kernel import clock
from bakery.kernel.links import public_url


def cart_json(cart: CartView) -> dict[str, Any]:
    """Return the body of a cart."""
    return {
        "id": str(cart.id),
        "ordered": cart.ordered,
        "orderable": cart.orderable,
        "currency": cart.currency,
        "lines": [
            {
                "id": line.id,
                "variant_id": line.variant_id,
                "product_name": line.product_name,
                "variant_name": line.variant_name,
                "quantity": line.quantity,
                "message": line.message,
                "unit_price": None if line.unit_price is None else str(line.unit_price),
                "line_total": None if line.line_total is None else str(line.line_total),
                "discount": str(line.discount),
                "tax_note": line.tax_note,
                "problem": line.problem
                and {"code": line.problem.code, "message": line.problem.message},
            }
            for line in cart.lines
        ],
        **_quote_json(cart.quote),
        **_wishes_json(cart),
        "deposit": cart.deposit
        and {
            "amount": str(cart.deposit.amount),
            "rest": str(cart.deposit.rest),
            "lead_days": cart.deposit.lead_days,
            "balance_days": cart.deposit.balance_days,
        },
        "prices_include_tax": cart.prices_include_tax,
        "servings_missing": cart.servings_missing,
        "lead_time_hours": cart.lead_time.total_seconds() / 3600,
    }


def _wishes_json(cart: CartView) -> dict[str, Any]:
    return {
        "codes": [
            {
                "code": code.code,
                "applied": code.applied,
                "label": code.label,
                "amount": str(code.amount),
                "reason": code.reason,
                "message": code.message,
            }
            for code in cart.codes
        ],
        "points": {"wanted": cart.points, "used": cart.points_used},
        "gift_cards": [
            {
                "id": card.id,
                "label": card.label,
                "amount": str(card.amount),
                "usable": card.usable,
            }
            for card in cart.gift_cards
        ],
    }


def _quote_json(quote: SaleQuote) -> dict[str, Any]:
    sums = quote.as_json()
    del sums["codes_refused"]
    return sums


def _line_json(line: LineView) -> dict[str, Any]:
    return {
        "description": line.description,
        "sku": line.sku,
        "quantity": line.quantity,
        "message": line.message,
        "unit_price": str(line.unit_price),
        "line_total": str(line.line_total),
        "discount": str(line.discount),
        "tax_rate": str(line.tax_rate),
        "tax": str(line.tax),
        "taxes": line.taxes,
        "tax_note": line.tax_note,
        "is_cake": line.is_cake,
        "allergens": line.allergens,
        "details": line.details,
    }


def links_json(order: Order) -> dict[str, Any]:
    """Return absolute addresses, built from settings and never from the request's Host."""
    base = public_url()
    api = f"{base}/api/v1/orders/{order.public_id}"
    payable = order.status == OrderStatus.PENDING_PAYMENT or (
        order.status in ACCEPTED and order.balance > 0
    )
    return {
        "self": api,
        "page": f"{base}/orders/{order.public_id}/",
        "pay": f"{api}/pay" if payable else None,
        "receipts": f"{api}/receipts",
    }


def _pickup_json(view: OrderView) -> dict[str, Any]:
    order, pickup = view.order, view.pickup
    return {
        "starts_at": order.pickup_starts_at.isoformat(),
        "ends_at": order.pickup_ends_at.isoformat(),
        "zone": order.zone,
        "local": pickup.local,
        "date": pickup.date.isoformat(),
        "weekday": pickup.weekday,
        "in_days": pickup.in_days,
        "in_words": pickup.in_words,
    }


def order_json(view: OrderView) -> dict[str, Any]:
    """Return the body of an order. Contact data is left out: a link may be passed on."""
    order = view.order
    return {
        "public_id": str(order.public_id),
        "number": order.number,
        "status": order.status,
        "status_label": OrderStatus(order.status).label,
        "currency": order.currency,
        "goods_total": str(view.sums.goods_total),
        "discount_total": str(order.discount_total),
        "adjustments": order.adjustments,
        "delivery_fee": str(order.delivery_fee),
        "subtotal": str(order.subtotal),
        "tax_total": str(order.tax_total),
        "total": str(order.total),
        "taxes": [share.as_json() for share in view.taxes],
        "gift_card_total": str(order.gift_card_total),
        "paid_total": str(order.paid_total),
        "refunded_total": str(order.refunded_total),
        "due": str(order.due),
        "due_now": str(order.due_now),
        "deposit_total": str(order.deposit_total),
        "balance_due_at": order.balance_due_at.isoformat() if order.balance_due_at else None,
        "prices_include_tax": order.prices_include_tax,
        "language": order.language,
        "has_cake": order.has_cake,
        "lines": [_line_json(line) for line in view.lines],
        "pickup": _pickup_json(view),
        "placed_at": order.placed_at.isoformat(),
        "paid_at": order.paid_at.isoformat() if order.paid_at else None,
        "hold_expires_at": order.hold_expires_at.isoformat(),
        **order_fields(order, at=clock.now()),
        "links": links_json(order),
    }


def staff_row_json(order: Order) -> dict[str, Any]:
    """Return an order as a row of the staff's list."""
    return {
        "public_id": str(order.public_id),
        "number": order.number,
        "status": order.status,
        "customer_name": order.customer_name,
        "total": str(order.total),
        "currency": order.currency,
        "has_cake": order.has_cake,
        "allergy_flag": order.allergy_flag,
        "pickup_starts_at": order.pickup_starts_at.isoformat(),
        "pickup_local": order.pickup_local,
        "placed_at": order.placed_at.isoformat(),
        "acknowledged_at": order.acknowledged_at.isoformat() if order.acknowledged_at else None,
    }


def staff_order_json(view: OrderView, entries: list[TimelineEntry]) -> dict[str, Any]:
    """Return an order with its customer and its timeline."""
    order = view.order
    return {
        **order_json(view),
        "customer": {
            "name": order.customer_name,
            "email": order.customer_email,
            "phone": order.customer_phone,
        },
        "allergy_flag": order.allergy_flag,
        "acknowledged_at": order.acknowledged_at.isoformat() if order.acknowledged_at else None,
        "acknowledged_by": order.acknowledged_by,
        "timeline": [
            {
                "at": entry.at.isoformat(),
                "source": entry.source,
                "title": entry.title,
                "actor": entry.actor,
                "detail": entry.detail,
            }
            for entry in entries
        ],
    }
