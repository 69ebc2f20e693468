"""Ordering the same again, at today's prices."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.catalog import selectors as catalog
from apps.catalog.selectors import SellableVariant
from apps.orders.models import CartLine, OrderLine
from apps.orders.rules.checks import MAX_LINES, MAX_QUANTITY, check_message
from apps.orders.selectors.customers import own_order
from apps.orders.services.cart_path import note_cart_event
from apps.orders.services.carts import claim_cart, open_account_cart
from apps.orders.states import CartEventKind
from bakery.kernel.rows import insert


@dataclass(frozen=True)
class NotAgain:
    """A line that could not be put into the cart (as it was), with a stable code and words."""

    description: str
    code: str
    message: str


@dataclass(frozen=True)
class Again:
    """The account's cart, how many things were put into it, and what could not be."""

    cart_id: UUID
    added: int
    missing: tuple[NotAgain, ...]


def order_again(*, public_id: UUID, user_id: int, at: datetime) -> Again:
    """Put what was in an order of the account into its cart, beside what is there.

    What is not sold any more, does not fit or cannot bear its message is left out and listed; the
    price is today's, and limits and stock are judged when the cart is looked at. Raises `NotFound`
    ``order_not_found`` for anything but an order of this account.
    """
    order = own_order(public_id, user_id=user_id)
    with transaction.atomic():
        cart = open_account_cart(user_id=user_id, at=at)
        claim_cart(cart.pk, at=at, user_id=user_id)
        wanted = list(OrderLine.objects.filter(order=order).order_by("position"))
        sold = catalog.sellable_variants({line.variant_id for line in wanted})
        held = {(x.variant_id, x.message): x for x in CartLine.objects.filter(cart=cart)}
        added, missing = 0, []
        for line in wanted:
            refused = _why_not(line, sold, held)
            if refused is None:
                _put(cart.pk, line, held, user_id=user_id, at=at)
                added += line.quantity
            else:
                missing.append(NotAgain(line.description, *refused))
    return Again(cart.pk, added, tuple(missing))


def _why_not(
    line: OrderLine,
    sold: Mapping[int, SellableVariant],
    held: Mapping[tuple[int, str], CartLine],
) -> tuple[str, str] | None:
    if line.is_private:
        return "custom_cake", "A custom cake is asked for anew, with its day and its price."
    variant = sold.get(line.variant_id)
    if variant is None:
        return "archived", "not sold any more"
    if problem := check_message(line.message, variant):
        return problem
    there = held.get((line.variant_id, line.message))
    if there is None and len(held) >= MAX_LINES:
        return "too_many_lines", f"a cart has room for {MAX_LINES} lines"
    if there is not None and there.quantity + line.quantity > MAX_QUANTITY:
        return "bad_quantity", f"at most {MAX_QUANTITY} of one thing"
    return None


def _put(
    cart_id: UUID,
    line: OrderLine,
    held: dict[tuple[int, str], CartLine],
    *,
    user_id: int,
    at: datetime,
) -> None:
    key = (line.variant_id, line.message)
    kind = CartEventKind.LINE_CHANGED
    if key in held:
        held[key].quantity += line.quantity
        held[key].save(update_fields=["quantity"])
    else:
        kind = CartEventKind.LINE_ADDED
        held[key] = CartLine(
            cart_id=cart_id,
            variant_id=line.variant_id,
            message=line.message,
            quantity=line.quantity,
        )
        insert([held[key]])
    note_cart_event(cart_id, kind, held[key], quantity=held[key].quantity, user_id=user_id, at=at)
