"""Money over the counter: what is taken, what is given back, and what goes out with it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from apps.orders.models import Order
from apps.orders.services.handing import hand_over_at_once
from apps.orders.services.paying import take_tender
from apps.orders.states import TenderKind
from bakery.kernel import clock
from bakery.kernel.errors import Invalid

_ZERO = Decimal(0)
_MAX_SLIP = 60


@dataclass(frozen=True)
class Taken:
    """The order after money was taken for it, and the ``change`` to give back."""

    order: Order
    change: Decimal


def take_money(
    *,
    order_id: int,
    kind: TenderKind,
    amount: Decimal,
    key: str,
    actor: str,
    at: datetime,
    slip: str = "",
    received: Decimal | None = None,
    is_taken_along: bool = False,
) -> Taken:
    """Take ``amount`` for an order, in cash or with the terminal's ``slip``, and say the change.

    ``key`` is the form's: the same one again takes nothing more. A slip counts once a day, as
    terminals begin again with their numbers. ``received`` is the cash that was handed over;
    ``is_taken_along``: what was paid goes over the counter at once.

    Raises as `take_tender` and `hand_over_at_once` do, `Invalid` also ``slip_needed`` and
    ``too_little``. In a transaction of the caller's, these must end it.
    """
    if kind == TenderKind.TERMINAL:
        ref = f"{clock.shop_date(at)} {_slip(slip)}"
        received = None
    else:
        ref = f"cash {hashlib.sha256(f'{order_id}:{key}'.encode()).hexdigest()[:32]}"
    if received is not None and not (received.is_finite() and received >= amount):
        raise Invalid("too_little", "That is less than what is taken.")
    with transaction.atomic():
        order = take_tender(
            order_id=order_id, kind=kind, amount=amount, ref=ref, actor=actor, at=at
        )
        if is_taken_along:
            order = hand_over_at_once(order_id=order_id, actor=actor, at=at)
    return Taken(order, _ZERO if received is None else received - amount)


def _slip(text: str) -> str:
    slip = " ".join(text.split())
    if not 1 <= len(slip) <= _MAX_SLIP or not slip.isprintable():
        raise Invalid("slip_needed", "Type in the reference on the terminal's slip.")
    return slip
