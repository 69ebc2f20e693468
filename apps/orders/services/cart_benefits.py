"""What lowers the price of a cart: codes, points and gift cards its owner wants to use.

They are wishes: each look at the cart, and checkout, judges them anew.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.loyalty import selectors as loyalty
from apps.orders.models import Cart
from apps.orders.rules.checks import check_code
from apps.orders.services.cart_path import note_cart_event
from apps.orders.services.carts import claim_cart
from apps.orders.states import CartEventKind
from bakery.kernel.errors import Conflict, Invalid, Refused

MAX_CODES = 5


def add_code(*, cart_id: UUID, user_id: int | None, code: str, at: datetime) -> None:
    """Add a coupon's or a gift card's code; one that is there already changes nothing.

    A gift card is kept by its id. Raises `NotFound` ``cart_not_found``, `Conflict`
    ``cart_ordered``, `Invalid` ``too_many_codes``, and ``code_refused`` for an unknown, expired
    or used code, which are not told apart.
    """
    try:
        with transaction.atomic():
            cart = claim_cart(cart_id, at=at, user_id=user_id)
            _add(cart, check_code(code), at=at)
            note_cart_event(cart_id, CartEventKind.CODE_ADDED, user_id=user_id, at=at)
    except Invalid as refused:
        if refused.code == "code_refused":
            # The code itself is not noted: it may be somebody's gift card, typed wrongly.
            note_cart_event(cart_id, CartEventKind.CODE_REFUSED, user_id=user_id, at=at)
        raise


def remove_code(*, cart_id: UUID, user_id: int | None, code: str, at: datetime) -> None:
    """Take a coupon's code out; one that is not there is already out. Raises as `add_code`."""
    key = check_code(code)
    with transaction.atomic():
        cart = claim_cart(cart_id, at=at, user_id=user_id)
        _write(cart, codes=[known for known in cart.codes if known != key])


def remove_gift_card(*, cart_id: UUID, user_id: int | None, card_id: int, at: datetime) -> None:
    """Take a gift card out; one that is not there is already out. Raises as `add_code`."""
    with transaction.atomic():
        cart = claim_cart(cart_id, at=at, user_id=user_id)
        _write(cart, gift_cards=[known for known in cart.gift_cards if known != card_id])


def set_points(*, cart_id: UUID, user_id: int | None, points: int, at: datetime) -> None:
    """Set how many points of its account the cart shall use; 0 for none.

    Raises `Refused` ``points_need_account`` for a guest's cart, `Conflict` ``points_short``
    (details: available) for more than there are, and as `add_code`.
    """
    with transaction.atomic():
        cart = claim_cart(cart_id, at=at, user_id=user_id)
        if points:
            if user_id is None or cart.user_id != user_id:
                raise Refused("points_need_account", "Log in to use your points.")
            available = loyalty.points_balance(user_id, at=at).spendable
            if points > available:
                raise Conflict(
                    "points_short",
                    f"You have {available} points.",
                    details={"available": available},
                )
        _write(cart, points=points)


def _add(cart: Cart, code: str, *, at: datetime) -> None:
    if code in cart.codes:
        return
    if loyalty.code_is_known(code, at=at):
        _require_room(cart)
        _write(cart, codes=[*cart.codes, code])
        return
    card = loyalty.gift_card_by_code(code, at=at, user_id=cart.user_id)
    if card.id not in cart.gift_cards:
        _require_room(cart)
        _write(cart, gift_cards=[*cart.gift_cards, card.id])


def _require_room(cart: Cart) -> None:
    if len(cart.codes) + len(cart.gift_cards) >= MAX_CODES:
        raise Invalid("too_many_codes", f"At most {MAX_CODES} codes at a time.")


def _write(cart: Cart, **columns: object) -> None:
    Cart.objects.filter(pk=cart.pk).update(**columns)
