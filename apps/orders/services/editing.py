"""Changing what was ordered, or when it is picked up, after the order was placed.

The order's row is locked first, then the hold with its stock and slots, then the bank. Nothing but
what the change names is different afterwards: the pickup time above all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from apps.inventory import services as stock
from apps.loyalty import services as bank
from apps.orders.events import OrderEdited, RefundOwed
from apps.orders.models import Order, OrderEdit, OrderLine
from apps.orders.rules.allergy import mentions_allergy
from apps.orders.rules.checks import shortage_text
from apps.orders.rules.deposits import moved_due_at
from apps.orders.rules.editing import EditWish
from apps.orders.rules.event_day import check_event_day
from apps.orders.rules.firing import fires_at
from apps.orders.rules.pickup import local_text, short_text
from apps.orders.rules.tickets import what_changed
from apps.orders.services.board import append_board_event
from apps.orders.services.edit_plan import (
    EditPlan,
    plan_edit,
    require_agreed_total,
    require_editable,
    require_seen,
)
from apps.orders.services.holding import consume_held
from apps.orders.services.paying import keep_until
from apps.orders.services.settling import mark_paid
from apps.orders.services.waitlist import yield_to_line
from apps.orders.states import OPEN_STATUSES, ORDER_MACHINE, BoardKind, OrderStatus
from bakery.kernel import audit, clock, outbox
from bakery.kernel.errors import Conflict, DomainError, Invalid
from bakery.kernel.locks import lock_one
from bakery.kernel.rows import insert
from bakery.kernel.states import transition

_LINE_COLUMNS = (
    "quantity", "message", "line_total", "discount", "tax_rate", "tax", "taxes", "tax_note",
)  # fmt: skip


@dataclass(frozen=True)
class EditResult:
    """An order after a change, or as a change would leave it.

    ``delta`` is what the total rises by, ``due`` what is to be paid then, ``owed`` what goes back.
    ``problems`` stand against it (of a preview only), as code, message and details; ``question``
    asks about the day of the feast.
    """

    order: Order
    lines: list[OrderLine]
    quote_json: Mapping[str, Any]
    delta: Decimal
    due: Decimal
    owed: Decimal
    changes: list[str]
    problems: tuple[Mapping[str, Any], ...] = ()
    question: str = ""


def edit_order(
    *,
    order_id: int,
    wish: EditWish,
    actor: str,
    at: datetime,
    reason: str = "",
    expected_total: Decimal | None = None,
) -> EditResult:
    """Change an order as ``wish`` says: all of it, or nothing.

    What becomes dearer is left to be paid; what was paid too much is owed back (`RefundOwed`). An
    unpaid order of which nothing is left to pay becomes paid. ``expected_total`` is what the
    caller was shown. Raises `NotFound` ``order_not_found``; `Conflict` ``stale_order`` (details:
    revision), ``not_editable``, ``order_expired``, ``price_changed``, ``out_of_stock``,
    ``slot_full``, ``slot_closed`` and those of `bank.amend`; `Invalid` as `plan_edit` and
    `require_editable`.
    """
    with transaction.atomic():
        order = _open(order_id, wish, actor=actor, reason=reason, at=at)
        plan = plan_edit(order, wish, actor=actor, at=at)
        require_agreed_total(plan, expected_total)
        before, old_total = _snapshot(order), order.total
        work = _take(order, plan, at=at)
        _rewrite(order, plan, work)
        if order.paid_total > order.refunded_total:
            # Who paid a part of what waits has until the new pickup for the rest.
            keep_until(order, order.pickup_ends_at, at=at)
        after = _snapshot(order, plan.lines)
        owed = max(-order.balance, Decimal(0))
        order.refunded_total += owed
        order.revision += 1
        _save(order, plan)
        changes = _told(before, after)
        edit = OrderEdit(
            before=before,
            after=after,
            changes=changes,
            delta=order.total - old_total,
            owed=owed,
            actor=actor,
            reason=reason[:500],
        )
        _record(order, edit, at=at)
        _tell(order, owed, at=at)
        _settle(order, actor=actor, at=at)
        return _result(order, plan, changes=changes, old_total=old_total, owed=owed)


def preview_edit(
    *, order_id: int, wish: EditWish, actor: str, at: datetime, reason: str = ""
) -> EditResult:
    """Return what `edit_order` would do, and what of stock or time stands against it; do nothing.

    Raises as that does, but for what is short: that is in the result's ``problems``.
    """
    with transaction.atomic():
        order = _open(order_id, wish, actor=actor, reason=reason or "preview", at=at)
        plan = plan_edit(order, wish, actor=actor, at=at)
        before, old_total = _snapshot(order), order.total
        problems: tuple[Mapping[str, Any], ...] = ()
        work = None
        try:
            with transaction.atomic():
                work = _take(order, plan, at=at)
        except (Conflict, Invalid) as refused:
            problems = (_problem(refused),)
        _rewrite(order, plan, work)
        transaction.set_rollback(True)
    changes = _told(before, _snapshot(order, plan.lines))
    owed = max(-order.balance, Decimal(0))
    order.refunded_total += owed
    return _result(order, plan, changes=changes, old_total=old_total, owed=owed, problems=problems)


def _open(order_id: int, wish: EditWish, *, actor: str, reason: str, at: datetime) -> Order:
    order = lock_one(Order.objects.filter(pk=order_id), what="order")
    require_editable(order=order, actor=actor, reason=reason, at=at)
    require_seen(order, wish)
    return order


def _take(order: Order, plan: EditPlan, *, at: datetime) -> stock.Work:
    """Take and give back the differences; a refusal says in words what is short."""
    try:
        work = stock.amend_hold(
            reference=order.hold_reference,
            change=plan.hold,
            made_to_order=plan.made_to_order,
            at=at,
        )
    except Conflict as refused:
        if refused.code != "out_of_stock":
            raise
        names = {line.variant_id: line.description for line in plan.lines}
        lines = [
            {**line, "message": shortage_text(names[line["variant_id"]], line)}
            for line in refused.details["lines"]
        ]
        words = " ".join([refused.message, *(line["message"] for line in lines)])
        raise Conflict(refused.code, words, details={"lines": lines}) from refused
    if plan.slot is not None and plan.slot.id != order.slot_id:
        yield_to_line(slot_id=plan.slot.id, work=work, at=at)
    bank.amend(reference=order.hold_reference, buyer=plan.buyer, spend=plan.quote.spend, at=at)
    if order.was_certain:
        # The bank cannot know that a sale is paid which used nothing of it before.
        bank.consume(reference=order.hold_reference, at=at)
    return work


def _rewrite(order: Order, plan: EditPlan, work: stock.Work | None) -> None:
    """Let the order, in memory, be what the plan says; ``work`` is its share of the slot."""
    for name, value in _sums(plan).items():
        setattr(order, name, value)
    if plan.slot is not None:
        zone = clock.shop_zone()
        order.slot_id = plan.slot.id
        if order.balance_due_at is not None:
            order.balance_due_at = moved_due_at(
                order.balance_due_at,
                old_pickup=order.pickup_starts_at,
                new_pickup=plan.slot.starts_at,
                zone=zone,
            )
        order.pickup_starts_at, order.pickup_ends_at = plan.slot.starts_at, plan.slot.ends_at
        order.pickup_local = local_text(plan.slot.starts_at, plan.slot.ends_at, zone)
        order.zone = zone.key
    order.has_cake = any(line.is_cake for line in plan.lines)
    written = [order.customer_note, *(line.message for line in plan.lines)]
    # What a custom cake must be free of was said when it was asked for.
    agreed = order.allergy_flag and any(line.is_private for line in plan.lines)
    order.allergy_flag = agreed or any(mentions_allergy(text) for text in written)
    if work is not None:
        order.fires_at = fires_at(
            order.pickup_starts_at,
            oven_minutes=work.oven_minutes,
            decorator_minutes=work.decorator_minutes,
            spare=timedelta(minutes=settings.KITCHEN_SPARE_MINUTES),
        )


def _sums(plan: EditPlan) -> dict[str, Any]:
    """Return what the order is sold for now; what was paid for it is not the quote's to say."""
    paid = {"paid_total", "refunded_total"}
    return {name: value for name, value in plan.quote.columns().items() if name not in paid}


def _save(order: Order, plan: EditPlan) -> None:
    order.save(
        update_fields=[
            *_sums(plan),
            *("slot_id", "pickup_starts_at", "pickup_ends_at", "pickup_local", "zone"),
            *("has_cake", "allergy_flag", "fires_at", "refunded_total", "revision"),
            "balance_due_at",
        ]
    )
    OrderLine.objects.filter(pk__in=[line.pk for line in plan.removed]).delete()
    new = {line.position for line in plan.added}
    kept = [line for line in plan.lines if line.position not in new]
    OrderLine.objects.bulk_update(kept, _LINE_COLUMNS)
    insert(plan.added)


def _tell(order: Order, owed: Decimal, *, at: datetime) -> None:
    edited = OrderEdited(order_id=order.pk, number=order.number, revision=order.revision)
    key = f"{order.number}:{order.revision}"
    outbox.emit(edited, key=key, at=at)
    if owed:
        refund = RefundOwed(
            order_id=order.pk,
            number=order.number,
            revision=order.revision,
            amount=str(owed),
            currency=order.currency,
        )
        outbox.emit(refund, key=key, at=at)


def _settle(order: Order, *, actor: str, at: datetime) -> None:
    """Make an unpaid order paid when nothing is left to pay, and show the kitchen what changed."""
    waits = order.status == OrderStatus.PENDING_PAYMENT
    if (waits or order.is_deposited) and order.balance <= 0:
        if waits:
            consume_held(order, at=at)
        mark_paid(
            order,
            actor=actor,
            at=at,
            payment_ref=order.payment_ref,
            reason="nothing was left to pay after a change",
        )
    elif order.status == OrderStatus.BALANCE_DUE and at < (order.balance_due_at or at):
        reason = "moved to a later day"
        transition(
            order,
            machine=ORDER_MACHINE,
            to=OrderStatus.DEPOSIT_PAID,
            actor=actor,
            at=at,
            reason=reason,
        )
    elif order.status in OPEN_STATUSES:
        append_board_event(order, BoardKind.CHANGED, at=at)


def _record(order: Order, edit: OrderEdit, *, at: datetime) -> None:
    """Keep the change with the order, and what staff did in the audit trail too."""
    edit.order, edit.revision, edit.at = order, order.revision, at
    edit.save(force_insert=True)
    if not edit.actor.startswith("user:"):
        return
    before, after = edit.before, edit.after
    audit.record(
        actor=edit.actor,
        action="order.edit",
        object_type="orders.order",
        object_id=order.pk,
        changes=_different(before, after),
        reason=edit.reason,
        at=at,
    )


def _different(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    pairs = {name: [value, after[name]] for name, value in before.items()}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _snapshot(order: Order, lines: Sequence[OrderLine] | None = None) -> dict[str, Any]:
    """Return what of an order a change may touch, as it is kept in the record of changes."""
    if lines is None:
        lines = list(OrderLine.objects.filter(order_id=order.pk).order_by("position"))
    return {
        "lines": [
            {
                "position": line.position,
                "variant_id": line.variant_id,
                "name": line.product_name,
                "size": line.variant_name,
                "quantity": line.quantity,
                "message": line.message,
                "unit_price": str(line.unit_price),
                "tax_note": line.tax_note,
            }
            for line in lines
        ],
        "pickup_starts_at": order.pickup_starts_at.isoformat(),
        "pickup_short": short_text(order.pickup_starts_at, ZoneInfo(order.zone)),
        "fulfilment": order.fulfilment,
        "discount_total": str(order.discount_total),
        "subtotal": str(order.subtotal),
        "tax_total": str(order.tax_total),
        "total": str(order.total),
    }


def _told(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the difference in words, those of the kitchen's board; notes are not edited here."""
    return what_changed(before, {**after, "customer_note": "", "notes": []})


def _result(
    order: Order,
    plan: EditPlan,
    *,
    changes: list[str],
    old_total: Decimal,
    owed: Decimal,
    problems: tuple[Mapping[str, Any], ...] = (),
) -> EditResult:
    doubt = check_event_day(clock.shop_date(order.pickup_starts_at), order.event_on)
    return EditResult(
        order=order,
        lines=plan.lines,
        quote_json=plan.quote.as_json(),
        delta=order.total - old_total,
        due=max(order.balance, Decimal(0)),
        owed=owed,
        changes=changes,
        problems=problems,
        question=doubt[1] if doubt and plan.slot is not None else "",
    )


def _problem(refused: DomainError) -> dict[str, Any]:
    return {"code": refused.code, "message": refused.message, "details": refused.details}
