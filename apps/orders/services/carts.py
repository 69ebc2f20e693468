"""Filling a cart. Only a variant, a number and a message are ever taken from a client."""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import F

from apps.catalog import selectors as catalog
from apps.orders.models import Cart, CartLine
from apps.orders.rules.checks import MAX_LINES, MAX_MESSAGE, MAX_QUANTITY, check_message
from bakery.kernel.errors import Conflict, Invalid, NotFound


def create_cart(*, at: datetime) -> Cart:
    """Return a new, empty cart."""
    return Cart.objects.create(id=uuid4(), created_at=at, updated_at=at)


def put_line(*, cart_id: UUID, variant_id: int, quantity: int, message: str, at: datetime) -> None:
    """Set how many of the variant with this message are in the cart; twice is as once.

    Raises `NotFound` ``cart_not_found``, `Conflict` ``cart_ordered``, `Invalid` with
    ``bad_quantity``, ``archived``, ``too_many_lines`` or a code about the message.
    """
    message = _clean(message)
    _check_quantity(quantity)
    with transaction.atomic():
        claim_cart(cart_id, at=at)
        _check_sellable(variant_id, message)
        CartLine.objects.bulk_create(
            [CartLine(cart_id=cart_id, variant_id=variant_id, quantity=quantity, message=message)],
            update_conflicts=True,
            unique_fields=["cart", "variant_id", "message"],
            update_fields=["quantity"],
        )
        _check_size(cart_id)


def add_to_cart(
    *, cart_id: UUID, variant_id: int, quantity: int, message: str, at: datetime
) -> None:
    """Put ``quantity`` more of the variant with this message in the cart; errors: `put_line`."""
    message = _clean(message)
    _check_quantity(quantity)
    with transaction.atomic():
        claim_cart(cart_id, at=at)
        _check_sellable(variant_id, message)
        same = CartLine.objects.filter(cart_id=cart_id, variant_id=variant_id, message=message)
        there = same.values_list("quantity", flat=True).first()
        if there is None:
            CartLine.objects.create(
                cart_id=cart_id, variant_id=variant_id, quantity=quantity, message=message
            )
        else:
            _check_quantity(there + quantity)
            same.update(quantity=F("quantity") + quantity)
        _check_size(cart_id)


def change_line(*, cart_id: UUID, line_id: int, quantity: int, message: str, at: datetime) -> None:
    """Change number and message of a line.

    Raises as `put_line`, `NotFound` ``line_not_found``, and `Conflict` ``line_exists`` when
    another line already has that message.
    """
    message = _clean(message)
    _check_quantity(quantity)
    with transaction.atomic():
        claim_cart(cart_id, at=at)
        line = CartLine.objects.filter(cart_id=cart_id, pk=line_id).first()
        if line is None:
            raise NotFound("line_not_found", "There is no such line in the cart.")
        if message != line.message:
            _check_sellable(line.variant_id, message)
        line.quantity, line.message = quantity, message
        try:
            with transaction.atomic():
                line.save(update_fields=["quantity", "message"])
        except IntegrityError as error:
            raise Conflict("line_exists", "Another line has the same message.") from error


def remove_line(*, cart_id: UUID, line_id: int, at: datetime) -> None:
    """Take a line out; a line that is not there is already out."""
    with transaction.atomic():
        claim_cart(cart_id, at=at)
        CartLine.objects.filter(cart_id=cart_id, pk=line_id).delete()


def claim_cart(cart_id: UUID, *, at: datetime, ordered: bool = False) -> None:
    """Take the cart's row for this transaction, if it was not ordered; mark it so if told to.

    The one UPDATE is both the lock and the check: of two checkouts of a cart one waits, then finds
    it ordered. Raises `NotFound` ``cart_not_found`` and `Conflict` ``cart_ordered``.
    """
    columns = {"updated_at": at, **({"ordered_at": at} if ordered else {})}
    if Cart.objects.filter(pk=cart_id, ordered_at=None).update(**columns):
        return
    if Cart.objects.filter(pk=cart_id).exists():
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


def _check_sellable(variant_id: int, message: str) -> None:
    variant = catalog.sellable_variants([variant_id]).get(variant_id)
    if variant is None:
        raise Invalid("archived", "This is not sold here.")
    if problem := check_message(message, variant):
        raise Invalid(*problem)


def _check_size(cart_id: UUID) -> None:
    if CartLine.objects.filter(cart_id=cart_id).count() > MAX_LINES:
        raise Invalid("too_many_lines", f"A cart has room for {MAX_LINES} lines.")
