"""Filling a cart. Only a variant, a number and a message are ever taken from a client.

``user_id`` is the account that acts, None for guests: an account's cart is not found by others.
"""

import json
from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from apps.catalog import selectors as catalog
from apps.catalog.selectors import SellableVariant
from apps.orders.models import Cart, CartLine
from apps.orders.rules.checks import MAX_LINES, MAX_MESSAGE, MAX_QUANTITY, check_message
from apps.orders.selectors.carts import CartView, view_of_lines
from apps.orders.services.cart_path import note_cart_event
from apps.orders.states import CartEventKind
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.rows import insert, insert_unless_taken


def create_cart(*, at: datetime) -> Cart:
    """Return a new, empty cart of a guest."""
    cart = Cart(id=uuid4(), created_at=at, updated_at=at)
    with transaction.atomic():
        insert([cart])
        note_cart_event(cart.pk, CartEventKind.OPENED, at=at)
    return cart


def open_account_cart(*, user_id: int, at: datetime) -> Cart:
    """Return the one cart of an account that is not ordered, a new one if there is none."""
    mine = Cart.objects.filter(user_id=user_id, ordered_at=None)
    while True:
        if (found := mine.first()) is not None:
            return found
        cart = Cart(id=uuid4(), user_id=user_id, created_at=at, updated_at=at)
        with transaction.atomic():
            # Of two devices that open one at once the second waits here and finds the first's.
            if insert_unless_taken(cart):
                note_cart_event(cart.pk, CartEventKind.OPENED, user_id=user_id, at=at)
                return cart


def put_line(
    *,
    cart_id: UUID,
    variant_id: int,
    quantity: int,
    message: str,
    at: datetime,
    user_id: int | None = None,
) -> CartView:
    """Set how many of the variant with this message are in the cart; twice is as once.

    Returns the cart as it is then.

    Raises `NotFound` ``cart_not_found``, `Conflict` ``cart_ordered``, `Invalid` with
    ``bad_quantity``, ``archived``, ``too_many_lines`` or a code about the message.
    """
    message = _clean(message)
    _check_quantity(quantity)
    with transaction.atomic():
        cart = claim_cart(cart_id, at=at, user_id=user_id)
        # Nobody else changes the lines of a claimed cart, so they are read once.
        lines = list(CartLine.objects.filter(cart_id=cart_id).order_by("pk"))
        variants = catalog.sellable_variants({variant_id, *(line.variant_id for line in lines)})
        _check_sellable(variants.get(variant_id), message)
        wanted = CartLine(cart_id=cart_id, variant_id=variant_id, message=message)
        kind = _set_quantity(lines, wanted, quantity)
        _check_size(len(lines))
        note_cart_event(cart_id, kind, wanted, quantity=quantity, user_id=user_id, at=at)
    return view_of_lines(cart, lines, variants, at=at)


def _set_quantity(lines: list[CartLine], wanted: CartLine, quantity: int) -> CartEventKind:
    """Write ``wanted`` to the line that has its variant and message, or as a new one."""
    for line in lines:
        if (line.variant_id, line.message) == (wanted.variant_id, wanted.message):
            line.quantity = quantity
            line.save(update_fields=["quantity"])
            return CartEventKind.LINE_CHANGED
    wanted.quantity = quantity
    insert([wanted])
    lines.append(wanted)
    return CartEventKind.LINE_ADDED


def add_to_cart(
    *,
    cart_id: UUID,
    variant_id: int,
    quantity: int,
    message: str,
    at: datetime,
    user_id: int | None = None,
) -> None:
    """Put ``quantity`` more of the variant with this message in the cart; errors: `put_line`."""
    message = _clean(message)
    _check_quantity(quantity)
    with transaction.atomic():
        claim_cart(cart_id, at=at, user_id=user_id)
        _check_sellable(_sellable(variant_id), message)
        same = CartLine.objects.filter(cart_id=cart_id, variant_id=variant_id, message=message)
        there = same.values_list("quantity", flat=True).first()
        line = CartLine(cart_id=cart_id, variant_id=variant_id, quantity=quantity, message=message)
        if there is None:
            insert([line])
        else:
            _check_quantity(there + quantity)
            same.update(quantity=F("quantity") + quantity)
        _check_size(CartLine.objects.filter(cart_id=cart_id).count())
        kind = CartEventKind.LINE_ADDED if there is None else CartEventKind.LINE_CHANGED
        total = quantity + (there or 0)
        note_cart_event(cart_id, kind, line, quantity=total, user_id=user_id, at=at)


def change_line(
    *,
    cart_id: UUID,
    line_id: int,
    quantity: int,
    message: str,
    at: datetime,
    user_id: int | None = None,
) -> None:
    """Change number and message of a line.

    Raises as `put_line`, `NotFound` ``line_not_found``, and `Conflict` ``line_exists`` when
    another line already has that message.
    """
    message = _clean(message)
    _check_quantity(quantity)
    with transaction.atomic():
        claim_cart(cart_id, at=at, user_id=user_id)
        line = CartLine.objects.filter(cart_id=cart_id, pk=line_id).first()
        if line is None:
            raise NotFound("line_not_found", "There is no such line in the cart.")
        if message != line.message:
            _check_sellable(_sellable(line.variant_id), message)
        line.quantity, line.message = quantity, message
        try:
            with transaction.atomic():
                line.save(update_fields=["quantity", "message"])
        except IntegrityError as error:
            raise Conflict("line_exists", "Another line has the same message.") from error
        kind = CartEventKind.LINE_CHANGED
        note_cart_event(cart_id, kind, line, quantity=quantity, user_id=user_id, at=at)


def remove_line(*, cart_id: UUID, line_id: int, at: datetime, user_id: int | None = None) -> None:
    """Take a line out; a line that is not there is already out."""
    with transaction.atomic():
        claim_cart(cart_id, at=at, user_id=user_id)
        line = CartLine.objects.filter(cart_id=cart_id, pk=line_id).first()
        if line is not None:
            CartLine.objects.filter(pk=line_id).delete()
            note_cart_event(
                cart_id, CartEventKind.LINE_REMOVED, line, quantity=0, user_id=user_id, at=at
            )


def claim_cart(
    cart_id: UUID, *, at: datetime, user_id: int | None = None, ordered: bool = False
) -> Cart:
    """Take the cart's row for this transaction, if it was not ordered; mark it so if told to.

    Returns the cart. The one UPDATE is lock and checks in one: of two checkouts of a cart one
    waits, then finds it ordered; an account's cart is found by nobody but ``user_id``. Raises
    `NotFound` ``cart_not_found`` and `Conflict` ``cart_ordered``.
    """
    ordered_at = at if ordered else None
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_cart SET updated_at = %s, ordered_at = %s"
            " WHERE id = %s AND ordered_at IS NULL AND (user_id IS NULL OR user_id = %s)"
            " RETURNING user_id, codes::text, points, gift_cards::text, created_at",
            (at, ordered_at, cart_id, user_id),
        )
        row = cursor.fetchone()
    if row is not None:
        if ordered:
            note_cart_event(cart_id, CartEventKind.ORDERED, user_id=user_id, at=at)
        owner, codes, points, cards, created_at = row
        return Cart(
            id=cart_id,
            user_id=owner,
            codes=json.loads(codes),
            points=points,
            gift_cards=json.loads(cards),
            created_at=created_at,
            updated_at=at,
            ordered_at=ordered_at,
        )
    # Here only a cart that is ordered, or not there for this caller.
    if Cart.objects.of(user_id).filter(pk=cart_id).exists():
        raise Conflict("cart_ordered", "This cart was ordered already. Start a new one.")
    raise NotFound("cart_not_found", "There is no such cart.")


def _clean(message: str) -> str:
    """Keep the message as it was typed, but for line ends and for one that is only blank."""
    message = message.replace("\r\n", "\n")
    if not message.strip():
        return ""
    if len(message) > MAX_MESSAGE:
        raise Invalid("message_too_long", f"At most {MAX_MESSAGE} characters fit.")
    return message


def _check_quantity(quantity: int) -> None:
    if not 1 <= quantity <= MAX_QUANTITY:
        raise Invalid("bad_quantity", f"Order 1 to {MAX_QUANTITY} of one thing at a time.")


def _sellable(variant_id: int) -> SellableVariant | None:
    return catalog.sellable_variants([variant_id]).get(variant_id)


def _check_sellable(variant: SellableVariant | None, message: str) -> None:
    if variant is None:
        raise Invalid("archived", "This is not sold here.")
    if problem := check_message(message, variant):
        raise Invalid(*problem)


def _check_size(lines: int) -> None:
    if lines > MAX_LINES:
        raise Invalid("too_many_lines", f"A cart has room for {MAX_LINES} lines.")
