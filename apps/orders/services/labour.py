"""Timers on the board: who works on which line, from when until when.

Several people may work on a line at once, each with one running timer on it. What was forgotten is
cut off, or corrected by hand with a note. When the order is ready, what was measured is told.
Locks: the order's row, then its timers.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from apps.orders.events import LabourMeasured
from apps.orders.models import LabourTimer, Order, OrderLine
from apps.orders.rules.labour import MAX_MINUTES, MAX_NOTE, end_of, minutes_of
from apps.orders.services.board import append_board_event
from apps.orders.states import OPEN_STATUSES, BoardKind, OrderStatus
from apps.pricing import selectors as prices
from apps.pricing import services as pricing
from bakery.kernel import audit, outbox
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.locks import lock_one, locked
from bakery.kernel.rows import insert_unless_taken

_WORKABLE = (OrderStatus.PAID, OrderStatus.IN_PRODUCTION)
# What was made: its labour is known, and a correction is told once more.
_MADE = (
    OrderStatus.READY,
    OrderStatus.OUT_FOR_DELIVERY,
    OrderStatus.COLLECTED,
    OrderStatus.NO_SHOW,
)
_FORGOTTEN = "not stopped in time: cut off"
_READY = "stopped when the order was ready"


def start_timer(*, order_id: int, line_id: int, worker: str, at: datetime) -> LabourTimer:
    """Begin to time ``worker`` on a line; again, while it runs, changes nothing.

    Raises `NotFound` ``order_not_found`` or ``line_not_found``, `Conflict` ``not_workable``.
    """
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        if not OrderLine.objects.filter(pk=line_id, order_id=order.pk).exists():
            raise NotFound("line_not_found", "The order has no such line.")
        if order.status not in _WORKABLE:
            what = order.get_status_display()
            raise Conflict("not_workable", f"This order is {what}: nobody works on it now.")
        timer = LabourTimer(order=order, line_id=line_id, worker=worker, started_at=at)
        if not insert_unless_taken(timer):
            return _running(order, line_id, worker)
        append_board_event(order, BoardKind.LABOUR, at=at)
    return timer


def stop_timer(*, order_id: int, line_id: int, worker: str, at: datetime) -> LabourTimer:
    """End the timer that runs for ``worker`` on a line; a forgotten one is cut off.

    Raises `NotFound` ``order_not_found`` and `Conflict` ``not_running``.
    """
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        timer = _running(order, line_id, worker)
        _end(timer, at=at)
        _show(order, at=at)
    return timer


def undo_timer(*, order_id: int, line_id: int, worker: str, at: datetime) -> None:
    """Take back a start that was pressed by mistake: nothing is measured.

    Raises as `stop_timer`.
    """
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        _running(order, line_id, worker).delete()
        _show(order, at=at)


def correct_timer(
    *,
    timer_id: int,
    minutes: int,
    note: str,
    actor: str,
    at: datetime,
    order_id: int | None = None,
) -> LabourTimer:
    """Say how many minutes a stretch really took, and why it is not what was measured.

    0 minutes do not count it. Of an order that is made, the line's total is told once more.
    ``order_id`` insists that it is of that order.
    Raises `NotFound` ``timer_not_found``, `Invalid` ``bad_minutes`` or ``bad_note``.
    """
    note = " ".join(note.split())
    if not 0 <= minutes <= MAX_MINUTES:
        raise Invalid("bad_minutes", f"Work on a cake took 0 to {MAX_MINUTES} minutes.")
    if not 1 <= len(note) <= MAX_NOTE or not note.isprintable():
        raise Invalid("bad_note", f"Say why, in at most {MAX_NOTE} characters.")
    with transaction.atomic():
        timers = LabourTimer.objects.filter(pk=timer_id)
        if order_id is not None:
            timers = timers.filter(order_id=order_id)
        order = lock_one(Order.objects.filter(pk__in=timers.values("order_id")), what="timer")
        timer = lock_one(LabourTimer.objects.filter(pk=timer_id), what="timer")
        before = minutes_of([timer]) if timer.stopped_at else None
        timer.stopped_at = timer.started_at + timedelta(minutes=minutes)
        timer.note = note
        timer.save(update_fields=["stopped_at", "note"])
        audit.record(
            actor=actor,
            action="order.labour",
            object_type="orders.labourtimer",
            object_id=timer.pk,
            changes={"minutes": [before, minutes]},
            reason=note,
            at=at,
        )
        if order.status in _MADE:
            _tell(order, at=at, correction=at.isoformat())
        _show(order, at=at)
    return timer


def finish_labour(order: Order, *, at: datetime) -> None:
    """Stop what still runs on a locked order that is ready, and tell what was measured.

    A step of the caller's transaction. Lines that nobody timed are not told of.
    """
    end_timers(order, at=at)
    _tell(order, at=at)


def learn_labour(*, order_id: int, line_id: int, minutes: int, at: datetime) -> bool:
    """Keep how long one cake of the range took beside what was estimated; False for other goods.

    A step of the caller's transaction. Custom cakes are learned from where they were estimated.
    """
    line = OrderLine.objects.filter(pk=line_id, order_id=order_id).first()
    estimate = prices.estimated_labour(line.variant_id, at=at) if line else None
    if line is None or estimate is None:
        return False
    complexity, hours = estimate
    pricing.record_labour(
        subject=f"{order_id}:{line_id}",
        complexity=complexity,
        estimated_hours=hours,
        hours=Decimal(minutes) / 60 / line.quantity,
        at=at,
    )
    return True


def end_timers(order: Order, *, at: datetime) -> None:
    """Stop what still runs on a locked order; a step of the caller's transaction."""
    for timer in locked(LabourTimer.objects.filter(order=order, stopped_at=None)):
        _end(timer, at=at, note=_READY)


def _running(order: Order, line_id: int, worker: str) -> LabourTimer:
    running = LabourTimer.objects.filter(
        order=order, line_id=line_id, worker=worker, stopped_at=None
    )
    timer = locked(running).first()
    if timer is None:
        raise Conflict("not_running", "You have no timer running on this.")
    return timer


def _end(timer: LabourTimer, *, at: datetime, note: str = "") -> None:
    most = settings.KITCHEN_TIMER_MAX_MINUTES
    timer.stopped_at, is_forgotten = end_of(timer.started_at, at=at, most_minutes=most)
    timer.note = _FORGOTTEN if is_forgotten else note
    timer.save(update_fields=["stopped_at", "note"])


def _tell(order: Order, *, at: datetime, correction: str = "") -> None:
    """Tell each line's total; one that a ``correction`` brings back to an earlier total too."""
    timers = list(LabourTimer.objects.filter(order=order))
    for line_id in sorted({row.line_id for row in timers}):
        minutes = minutes_of(row for row in timers if row.line_id == line_id)
        measured = LabourMeasured(
            order_id=order.pk, number=order.number, line_id=line_id, minutes=minutes
        )
        # The same total again, after a step back, is no news.
        outbox.emit(measured, key=f"{order.number}:{line_id}:{minutes}:{correction}", at=at)


def _show(order: Order, *, at: datetime) -> None:
    if order.status in OPEN_STATUSES:
        append_board_event(order, BoardKind.LABOUR, at=at)
