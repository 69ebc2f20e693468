"""A link brings a cart back: what waits there, whether it may be had, and at which price.

A guest's cart is opened by whoever has its key, and the link is one. An account's is shown to
nobody but that account: a mail may be forwarded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.inventory import selectors as inventory
from apps.orders import selectors as orders
from apps.orders import services as ordering
from apps.orders.selectors import CartView
from apps.recovery.models import RecoveryAttempt
from apps.recovery.selectors.carts import left_cart
from apps.recovery.services.tokens import attempt_behind
from bakery.kernel.errors import DomainError


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a link leads to. ``state``: ``open``, ``log_in``, ``other_account``, ``ordered``,
    ``empty`` or ``gone``; only an open one has a ``cart``.

    ``problems`` say what stands against ordering, ``pickup`` when it could be had, in words.
    """

    state: str
    cart_id: UUID | None = None
    cart: CartView | None = None
    coupon: str = ""
    problems: Sequence[str] = ()
    pickup: str = ""


@dataclass(frozen=True, slots=True)
class Restored:
    """A cart that was brought back. ``notes``: what changed since, in words; ``brought``: how many
    things came along from the browser's other cart.
    """

    cart_id: UUID
    notes: Sequence[str]
    brought: int = 0


def look_at_link(*, token: str, user_id: int | None, at: datetime) -> Waiting:
    """Return what a link leads to for who looks; changes nothing. Raises `NotFound`."""
    attempt = attempt_behind(token, at=at)
    cart = left_cart(attempt.cart_id)
    if cart is None:
        return Waiting("gone")
    if cart.user_id is not None and cart.user_id != user_id:
        return Waiting("log_in" if user_id is None else "other_account")
    if cart.ordered_at is not None:
        return Waiting("ordered")
    view = orders.cart_view(cart.pk, at=at, user_id=user_id)
    if not view.lines:
        return Waiting("empty")
    code = _code_left(attempt, at=at)
    return Waiting("open", cart.pk, view, code, _problems(view), _pickup(view, at=at))


def note_click(*, token: str, at: datetime) -> bool:
    """Count that somebody opened the link; once, and not from programs that only look ahead."""
    attempt = attempt_behind(token, at=at)
    rows = RecoveryAttempt.objects.filter(pk=attempt.pk, clicked_at=None)
    return bool(rows.update(clicked_at=at))


def restore_cart(
    *, token: str, user_id: int | None, at: datetime, other: UUID | None = None
) -> Restored | Waiting:
    """Bring the cart back for who asks, with its coupon; again changes nothing more.

    ``other`` is a guest's cart that the same browser has: what is in it comes along, so that
    nothing is lost. Returns what `look_at_link` says when there is nothing to bring back. Raises
    `NotFound` ``link_not_found``.
    """
    waiting = look_at_link(token=token, user_id=user_id, at=at)
    if waiting.cart_id is None:
        return waiting
    attempt = attempt_behind(token, at=at)
    RecoveryAttempt.objects.filter(pk=attempt.pk, clicked_at=None).update(clicked_at=at)
    RecoveryAttempt.objects.filter(pk=attempt.pk, restored_at=None).update(restored_at=at)
    notes = [*waiting.problems, *([waiting.pickup] if waiting.pickup else [])]
    if waiting.coupon:
        notes += _apply(waiting.cart_id, waiting.coupon, user_id=user_id, at=at)
    brought = 0
    if other is not None and other != waiting.cart_id and user_id is None:
        brought = _bring(other, waiting.cart_id, at=at)
    return Restored(waiting.cart_id, tuple(notes), brought)


def _code_left(attempt: RecoveryAttempt, *, at: datetime) -> str:
    coupon = attempt.coupon
    if coupon is None or attempt.coupon_ends_at is None or attempt.coupon_ends_at <= at:
        return ""
    return coupon.code if coupon.is_active and not coupon.used else ""


def _apply(cart_id: UUID, code: str, *, user_id: int | None, at: datetime) -> list[str]:
    try:
        ordering.add_code(cart_id=cart_id, user_id=user_id, code=code, at=at)
    except DomainError as error:
        return [error.message]
    return []


def _bring(source: UUID, target: UUID, *, at: datetime) -> int:
    """Move what a guest put into another cart since; what cannot be moved stays there."""
    try:
        other = orders.cart_view(source, at=at)
    except DomainError:
        return 0
    moved = 0
    for line in () if other.ordered or other.user_id is not None else other.lines:
        try:
            with transaction.atomic():
                ordering.add_to_cart(
                    cart_id=target,
                    variant_id=line.variant_id,
                    quantity=line.quantity,
                    message=line.message,
                    at=at,
                )
                ordering.remove_line(cart_id=source, line_id=line.id, at=at)
        except DomainError:
            continue
        moved += line.quantity
    return moved


def _problems(view: CartView) -> list[str]:
    return [f"{x.product_name}: {x.problem.message}" for x in view.lines if x.problem is not None]


def _pickup(view: CartView, *, at: datetime) -> str:
    if not view.quantities:
        return ""
    return inventory.promise_sentence(inventory.promise_for(view.quantities, at=at))
