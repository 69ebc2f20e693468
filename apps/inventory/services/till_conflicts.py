"""What a person does about a till's report that could not be applied."""

from datetime import datetime
from typing import Literal, get_args

from django.db import connection, transaction

from apps.catalog import selectors as catalog
from apps.inventory.models import Stock, Till, TillDelta
from apps.inventory.rules.quantities import MAX_QUANTITY
from apps.inventory.services.rows import make_rows
from apps.inventory.services.till import on_hand_when_counted, settle_till, write_change
from apps.inventory.states import TILL_LIFE, TillKind, TillState
from bakery.kernel import audit
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import advisory_lock, lock_one
from bakery.kernel.states import transition

How = Literal["apply", "ignore", "recount"]
# Per variant the ids of moves are in the order of their commits, so nothing is ever passed over.
_PUBLISH = """
INSERT INTO inventory_tillchange (variant_id, move_id)
SELECT m.variant_id, m.id FROM inventory_stock s
CROSS JOIN LATERAL (SELECT coalesce(max(c.move_id), 0) AS last FROM inventory_tillchange c
                    WHERE c.variant_id = s.variant_id) fed
JOIN inventory_stockmove m ON m.variant_id = s.variant_id AND m.id > fed.last
WHERE m.delta_on_hand <> 0 ORDER BY m.id
"""


def resolve_conflict(
    *,
    delta_id: int,
    how: How,
    actor: str,
    at: datetime,
    note: str = "",
    counted: int | None = None,
) -> TillDelta:
    """Settle a conflict and return the report.

    ``apply`` changes stock as far as that leaves what is promised; ``ignore`` changes nothing;
    ``recount`` makes what is on hand ``counted``, which somebody has just counted. Raises
    `NotFound`, `Invalid` (``bad_choice``, ``bad_quantity``, ``note_required`` to ignore) and
    `Conflict`: ``illegal_transition`` when it was settled before, ``unknown_sku``,
    ``stock_promised`` for a count below what is promised.
    """
    _check_choice(how, note, counted)
    to = TillState.IGNORED if how == "ignore" else TillState.APPLIED
    with transaction.atomic():
        delta = _open_conflict(delta_id)
        if how != "ignore":
            _change(delta, counted if how == "recount" else None, actor=actor, at=at)
        transition(
            delta,
            machine=TILL_LIFE,
            to=to,
            actor=actor,
            at=at,
            reason=f"{how}: {note}".strip(": ")[:500],
            applied=delta.applied,
            move=delta.move,
        )
        audit.record(
            actor=actor,
            action="resolve_till_conflict",
            object_type="inventory.tilldelta",
            object_id=delta.pk,
            changes={"state": [TillState.CONFLICT, delta.state], "applied": [0, delta.applied]},
            reason=f"{how}: {note}",
            at=at,
        )
    return delta


def _check_choice(how: str, note: str, counted: int | None) -> None:
    if how not in get_args(How):
        raise Invalid("bad_choice", "Apply, ignore or recount.", details={"field": "how"})
    if how == "ignore" and not note.strip():
        raise Invalid("note_required", "Say why it is ignored.", details={"field": "note"})
    if how == "recount" and (type(counted) is not int or not 0 <= counted <= MAX_QUANTITY):
        raise Invalid("bad_quantity", "Say how many were counted.", details={"field": "counted"})


def _open_conflict(delta_id: int) -> TillDelta:
    """Lock the till, then the report, as settling does."""
    found = TillDelta.objects.filter(pk=delta_id).first()
    if found is not None:
        lock_one(Till.objects.filter(pk=found.till_id), what="till")
    delta = lock_one(TillDelta.objects.filter(pk=delta_id), what="till_report")
    if delta.state != TillState.CONFLICT:
        raise Conflict("illegal_transition", "This was settled before.")
    return delta


def _change(delta: TillDelta, counted: int | None, *, actor: str, at: datetime) -> None:
    variant_id, made_to_order = catalog.variant_by_sku(delta.sku)
    if variant_id is None:
        raise Conflict("unknown_sku", "There is still no size of this SKU.")
    if made_to_order:
        return
    make_rows([variant_id])
    stock = lock_one(Stock.objects.filter(pk=variant_id), what="stock")
    if counted is not None:
        change = counted - stock.on_hand
    elif delta.kind == TillKind.COUNT:
        change = delta.quantity - on_hand_when_counted(delta, stock)
    else:
        change = delta.quantity if delta.kind == TillKind.RETURN else -delta.quantity
    if counted is None:
        change = max(change, stock.reserved - stock.on_hand)
    write_change(delta, variant_id, change, actor=actor, at=at)


def abandon_missing(*, till_id: int, up_to: int, actor: str, at: datetime) -> int:
    """Wait no longer for reports up to number ``up_to`` that never came; return the new mark.

    One that arrives after all is still taken. Raises `NotFound`, `Invalid` ``bad_number``.
    """
    with transaction.atomic():
        till = lock_one(Till.objects.filter(pk=till_id), what="till")
        highest = till.deltas.order_by("-seq").values_list("seq", flat=True).first() or 0
        if type(up_to) is not int or not till.received_up_to < up_to <= highest:
            raise Invalid("bad_number", "Nothing is missing up to there.")
        Till.objects.filter(pk=till_id).update(received_up_to=up_to)
        audit.record(
            actor=actor,
            action="abandon_missing",
            object_type="inventory.till",
            object_id=till.code,
            changes={"received_up_to": [till.received_up_to, up_to]},
            at=at,
        )
    settle_till(till_id=till_id, at=at)
    return up_to


def publish_changes() -> int:
    """Number the moves that tills may not have seen; return how many are new.

    One writer at a time, so that whoever reads up to a number has read everything below it.
    """
    with transaction.atomic():
        advisory_lock("till-changes")
        with connection.cursor() as cursor:
            cursor.execute(_PUBLISH)
            return int(cursor.rowcount)
