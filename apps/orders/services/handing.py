"""Giving an order to whoever comes for it, and keeping how it was known that they may have it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.loyalty import services as loyalty
from apps.orders.events import OrderCollected
from apps.orders.models import HandOver, Order, OrderPicture, WrongPickupCode
from apps.orders.rules.contact import clean_name
from apps.orders.rules.handing import (
    AT_ONCE_WITHIN,
    TRIES,
    TRIES_WINDOW,
    code_fits,
    locked_until,
    needs_proof,
)
from apps.orders.selectors.crediting import credited_goods, goods_of
from apps.orders.services.alerting import acknowledge_alerts
from apps.orders.services.board import append_board_event
from apps.orders.services.evidence import kept_picture
from apps.orders.services.trail import record_staff_action
from apps.orders.states import (
    ORDER_MACHINE,
    BoardKind,
    Channel,
    Fulfilment,
    HandOverHow,
    OrderStatus,
    PictureKind,
)
from bakery.kernel import outbox
from bakery.kernel.errors import Conflict, DomainError, Invalid
from bakery.kernel.locks import lock_one
from bakery.kernel.states import transition

_S = OrderStatus


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What shows that the right person takes an order.

    ``code`` as it was said or scanned, or the ``reason`` why it goes out without. ``taken_by`` is
    the name of who took it, ``signature`` the bytes of a picture of one, ``photo_id`` a picture
    of this order that was uploaded before.
    """

    code: str = ""
    reason: str = ""
    taken_by: str = ""
    signature: bytes = b""
    photo_id: UUID | None = None


def mark_collected(*, order_id: int, proof: Proof, actor: str, at: datetime) -> Order:
    """Hand an order out for good; its customer gets the points for it.

    A pickup needs its code, or a reason to go without. From HAND_OVER_PROOF_FROM on it is also
    signed for or photographed; a delivery is, whatever it cost, unless a name is given. Nothing
    is handed out that is not paid in full.

    Raises `NotFound` ``order_not_found``; `Invalid` ``code_needed``, ``proof_needed``,
    ``bad_name``, ``picture_unknown`` and as `evidence.kept_picture`; `Conflict` ``wrong_code``
    (details: tries_left), ``code_locked`` (details: retry_after, in seconds), ``balance_due``
    (details: balance, currency) or ``illegal_transition``; `Unavailable`.
    """
    taken_by = clean_name(proof.taken_by) if proof.taken_by.strip() else ""
    # What can be refused before is, so that no signature is stored for it.
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        refused = _refusal(order, proof, actor=actor, at=at)
    if refused is not None:
        raise refused
    if not proof.signature:
        return _hand_out_proved(order_id, proof, None, taken_by=taken_by, actor=actor, at=at)
    with kept_picture(
        order_id=order_id,
        data=proof.signature,
        kind=PictureKind.SIGNATURE,
        by=actor,
        at=at,
    ) as signature:
        return _hand_out_proved(order_id, proof, signature, taken_by=taken_by, actor=actor, at=at)


def _hand_out_proved(
    order_id: int,
    proof: Proof,
    signature: OrderPicture | None,
    *,
    taken_by: str,
    actor: str,
    at: datetime,
) -> Order:
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        if (refused := _refusal(order, proof, actor=actor, at=at)) is not None:
            raise refused
        how = _how(proof)
        if signature is not None:
            signature.save(force_insert=True)
        hand_over = HandOver(
            order=order,
            how=how,
            reason=proof.reason.strip()[:500] if how == HandOverHow.UNPROVED else "",
            signature=signature,
            photo=_photo(order, proof.photo_id),
            by=actor,
            at=at,
        )
        _hand_out(order, hand_over, taken_by=taken_by)
    return order


def hand_over_at_once(*, order_id: int, actor: str, at: datetime) -> Order:
    """Give away over the counter what was taken from the shelf and paid just now.

    Only an order of the counter, paid within the last half hour, with nothing in it that must be
    made first. Raises `NotFound` and `Conflict` ``not_at_once`` or ``balance_due``.
    """
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        _require_at_once(order, at=at)
        _require_paid(order)
        for step in (_S.IN_PRODUCTION, _S.READY):
            transition(order, machine=ORDER_MACHINE, to=step, actor=actor, at=at)
        if order.acknowledged_at is None:
            order.acknowledged_at, order.acknowledged_by = at, actor
            order.save(update_fields=["acknowledged_at", "acknowledged_by"])
            acknowledge_alerts(order, actor=actor, at=at)
        hand_over = HandOver(order=order, how=HandOverHow.AT_ONCE, by=actor, at=at)
        _hand_out(order, hand_over, taken_by="")
    return order


def _refusal(order: Order, proof: Proof, *, actor: str, at: datetime) -> DomainError | None:
    """Return what stands against handing the locked order out, and count a wrong code.

    Returned and not raised: the count must outlive the refusal.
    """
    if not ORDER_MACHINE.allows(order.status, _S.COLLECTED):
        return Conflict(
            "illegal_transition",
            f"This order is {order.get_status_display()}: it cannot be handed out now.",
            details={"from": order.status, "to": _S.COLLECTED.value},
        )
    try:
        _require_paid(order)
        if proof.code:
            _require_code(order, proof.code, actor=actor, at=at)
        elif not proof.reason.strip() and order.fulfilment == Fulfilment.PICKUP:
            raise Invalid("code_needed", "Ask for the pickup code, or say why it goes without.")
        _require_proof(order, proof)
    except DomainError as refused:
        return refused
    return None


def _require_paid(order: Order) -> None:
    if order.balance > 0:
        raise Conflict(
            "balance_due",
            f"{order.balance} {order.currency} are still to be paid.",
            details={"balance": str(order.balance), "currency": order.currency},
        )


def _require_code(order: Order, given: str, *, actor: str, at: datetime) -> None:
    tried = WrongPickupCode.objects.filter(order_id=order.pk, at__gt=at - TRIES_WINDOW)
    wrong_at = list(tried.values_list("at", flat=True))
    until = locked_until(wrong_at)
    if until is not None and at < until:
        seconds = max(1, int((until - at).total_seconds()))
        raise Conflict(
            "code_locked",
            f"Too many wrong codes. Try again in {-(-seconds // 60)} minutes.",
            details={"retry_after": seconds},
        )
    if code_fits(order.pickup_code, given):
        return
    WrongPickupCode.objects.create(order_id=order.pk, by=actor, at=at)
    left = max(0, TRIES - len(wrong_at) - 1)
    raise Conflict(
        "wrong_code",
        f"This is not the code of {order.number}. {left} more tries.",
        details={"tries_left": left},
    )


def _require_proof(order: Order, proof: Proof) -> None:
    if proof.signature or proof.photo_id is not None:
        return
    if order.fulfilment == Fulfilment.DELIVERY and proof.taken_by.strip():
        return
    if order.fulfilment == Fulfilment.DELIVERY:
        raise Invalid("proof_needed", "Say who took it, or add a photo or a signature.")
    if needs_proof(order.total, limit=settings.HAND_OVER_PROOF_FROM):
        raise Invalid("proof_needed", "An order of this size is signed for or photographed.")


def _photo(order: Order, photo_id: UUID | None) -> OrderPicture | None:
    if photo_id is None:
        return None
    photo = OrderPicture.objects.filter(pk=photo_id, order_id=order.pk).first()
    if photo is None:
        raise Invalid("picture_unknown", "This order has no such picture.")
    return photo


def _how(proof: Proof) -> HandOverHow:
    if proof.code:
        return HandOverHow.CODE
    if proof.reason.strip():
        return HandOverHow.UNPROVED
    return HandOverHow.DELIVERY


def _require_at_once(order: Order, *, at: datetime) -> None:
    just_paid = order.paid_at is not None and at - order.paid_at <= AT_ONCE_WITHIN
    fits = (
        order.status == _S.PAID
        and order.channel == Channel.COUNTER
        and order.fulfilment == Fulfilment.PICKUP
    )
    if not (fits and just_paid) or order.lines.filter(made_to_order=True).exists():
        raise Conflict("not_at_once", "This order does not go over the counter at once.")


def _hand_out(order: Order, hand_over: HandOver, *, taken_by: str) -> None:
    """Write the end of the locked order; the last step of the caller's transaction."""
    old, at, actor = order.status, hand_over.at, hand_over.by
    columns: dict[str, Any] = {"handed_to": taken_by}
    transition(
        order,
        machine=ORDER_MACHINE,
        to=_S.COLLECTED,
        actor=actor,
        at=at,
        reason=hand_over.reason,
        **columns,
    )
    hand_over.save(force_insert=True)
    # Whoever gave it away has seen it, whether or not they had said so before.
    acknowledge_alerts(order, actor=actor, at=at)
    outbox.emit(OrderCollected(order_id=order.pk, number=order.number), key=order.number, at=at)
    if order.user_id is not None:
        loyalty.earn(
            user_id=order.user_id,
            reference=order.hold_reference,
            amount=goods_of(order),
            at=at,
        )
        if order.credited_total:
            # What went back before it was handed out earns nothing.
            loyalty.take_back(reference=order.hold_reference, amount=credited_goods(order), at=at)
    record_staff_action(
        order, "order.collected", actor=actor, old=old, reason=hand_over.reason, at=at
    )
    append_board_event(order, BoardKind.STATUS, at=at)
