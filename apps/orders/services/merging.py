"""What a guest put into a cart comes along when they log in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.orders.models import Cart, CartLine
from apps.orders.rules.checks import MAX_LINES, MAX_QUANTITY
from apps.orders.services.cart_benefits import MAX_CODES
from apps.orders.services.cart_path import note_cart_event
from apps.orders.services.carts import open_account_cart
from apps.orders.states import CartEventKind
from bakery.kernel.errors import Conflict, NotFound
from bakery.kernel.locks import locked


@dataclass(frozen=True)
class LeftLine:
    """What did not fit into the account's cart and stays in the guest's; ``code`` says why."""

    variant_id: int
    message: str
    quantity: int
    code: str

    def as_json(self) -> dict[str, Any]:
        """Return it as API clients get it."""
        return {
            "variant_id": self.variant_id,
            "message": self.message,
            "quantity": self.quantity,
            "code": self.code,
        }


@dataclass(frozen=True)
class Merged:
    """The account's cart after a merge, how many things came along, and what did not."""

    cart_id: UUID
    moved: int
    left: tuple[LeftLine, ...]


def adopt_cart(*, cart_id: UUID, user_id: int, at: datetime) -> Merged:
    """Move what is in a guest's cart into the account's; again moves nothing.

    The same variant with the same message becomes one line of the sum. What is beyond
    `MAX_QUANTITY` of a line (``bad_quantity``) or `MAX_LINES` (``too_many_lines``) stays in the
    guest's cart and is reported. A limit per order is judged as always, over all lines of the
    merged cart: the lines come along and the cart says what is too much, so that nothing is lost.

    Raises `NotFound` ``cart_not_found``, also for somebody else's cart, and `Conflict`
    ``cart_ordered``.
    """
    with transaction.atomic():
        mine = open_account_cart(user_id=user_id, at=at)
        theirs, mine = _lock_both(cart_id, mine.pk, user_id)
        if theirs.pk == mine.pk:
            return Merged(mine.pk, 0, ())
        moved, left = _merge_lines(theirs, mine)
        _merge_wishes(theirs, mine, at=at)
        Cart.objects.filter(pk=theirs.pk).update(codes=[], gift_cards=[], updated_at=at)
        if moved:
            data = {"from": str(theirs.pk), "moved": moved, "left": sum(x.quantity for x in left)}
            note_cart_event(mine.pk, CartEventKind.MERGED, user_id=user_id, data=data, at=at)
    return Merged(mine.pk, moved, tuple(left))


def _lock_both(guest_id: UUID, mine_id: UUID, user_id: int) -> tuple[Cart, Cart]:
    """Lock both carts; of two devices that merge at once the second finds nothing left to move."""
    rows = {row.pk: row for row in locked(Cart.objects.filter(pk__in={guest_id, mine_id}))}
    theirs, mine = rows.get(guest_id), rows.get(mine_id)
    if theirs is None or theirs.user_id not in {None, user_id}:
        raise NotFound("cart_not_found", "There is no such cart.")
    if theirs.ordered_at is not None or mine is None or mine.ordered_at is not None:
        raise Conflict("cart_ordered", "This cart was ordered already. Start a new one.")
    return theirs, mine


def _merge_lines(theirs: Cart, mine: Cart) -> tuple[int, list[LeftLine]]:
    own = {(x.variant_id, x.message): x for x in _lines(mine)}
    room = MAX_LINES - len(own)
    moved, left = 0, []
    for line in _lines(theirs):
        same = own.get((line.variant_id, line.message))
        if same is None and room > 0:
            room -= 1
            moved += line.quantity
            CartLine.objects.filter(pk=line.pk).update(cart=mine)
            continue
        fits = 0 if same is None else min(line.quantity, MAX_QUANTITY - same.quantity)
        if same is not None and fits:
            CartLine.objects.filter(pk=same.pk).update(quantity=same.quantity + fits)
            moved += fits
        _leave(line, line.quantity - fits)
        if line.quantity > fits:
            code = "too_many_lines" if same is None else "bad_quantity"
            left.append(LeftLine(line.variant_id, line.message, line.quantity - fits, code))
    return moved, left


def _lines(cart: Cart) -> list[CartLine]:
    return list(CartLine.objects.filter(cart=cart).order_by("pk"))


def _leave(line: CartLine, quantity: int) -> None:
    """Keep ``quantity`` of a guest's line where it is."""
    rows = CartLine.objects.filter(pk=line.pk)
    if quantity:
        rows.update(quantity=quantity)
    else:
        rows.delete()


def _merge_wishes(theirs: Cart, mine: Cart, *, at: datetime) -> None:
    """Take over coupons and gift cards; points are the account's own and stay as they are."""
    cards = _once([*mine.gift_cards, *theirs.gift_cards])[:MAX_CODES]
    codes = _once([*mine.codes, *theirs.codes])[: MAX_CODES - len(cards)]
    Cart.objects.filter(pk=mine.pk).update(codes=codes, gift_cards=cards, updated_at=at)


def _once(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))
