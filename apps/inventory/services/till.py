"""What tills report: kept first, then applied, and whatever does not fit is a person's.

Sales and returns are differences and add up in any order, so they are applied as they come, gap
or no gap. A count is absolute: it waits until every earlier report of its till is here. A sale
that finds too little while a gap is open waits as well, because what is missing may be a return.
Of one till the reports are settled one after another, under the lock of the till's row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum

from apps.catalog import selectors as catalog
from apps.inventory.models import Stock, StockMove, Till, TillDelta
from apps.inventory.rules.till import Report, read_report, verdict_on_count
from apps.inventory.selectors.till import gaps_of
from apps.inventory.services.low_stock import note_levels
from apps.inventory.services.rows import make_rows, write_move
from apps.inventory.states import (
    TILL_LIFE,
    StockCause,
    StockKeeper,
    TillKind,
    TillState,
)
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one, locked
from bakery.kernel.rows import insert_unless_taken
from bakery.kernel.states import transition

_REASONS = {
    TillKind.SALE: StockCause.TILL_SALE,
    TillKind.RETURN: StockCause.TILL_RETURN,
    TillKind.COUNT: StockCause.TILL_COUNT,
}
_ADVANCE = """
UPDATE inventory_till t SET last_seen_at = %(at)s, received_up_to = coalesce((
    SELECT max(seq) FROM (
        SELECT seq, seq - row_number() OVER (ORDER BY seq) AS run FROM inventory_tilldelta
        WHERE till_id = t.id AND seq > t.received_up_to) later
    WHERE run = t.received_up_to), received_up_to)
WHERE id = %(id)s RETURNING received_up_to
"""


@dataclass
class TillReply:
    """What became of a batch; ``missing`` lists [first, last] of what never arrived."""

    received_up_to: int = 0
    missing: list[list[int]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)


def receive_reports(*, till: str, reports: Sequence[Any], at: datetime) -> TillReply:
    """Keep every report of a batch that can be read, settle what can be, answer for each.

    The same number again gets the answer of the first time; with another content it is refused
    (``seq_reused``). Nothing readable is lost: what cannot be applied is kept as a conflict.
    """
    reply = TillReply()
    with transaction.atomic():
        row = _till_row(till, at=at)
        kept = [_keep(row, raw, at=at) for raw in reports]
        row.received_up_to = _advance(row, at=at)
    settle_till(till_id=row.pk, at=at)
    states = {
        delta.pk: delta
        for delta in TillDelta.objects.filter(pk__in=[x for x in kept if isinstance(x, int)])
    }
    reply.results = [_answer(states[x]) if isinstance(x, int) else x for x in kept]
    reply.received_up_to = row.received_up_to
    reply.missing = gaps_of(row)
    return reply


def settle_till(*, till_id: int, at: datetime) -> int:
    """Apply what waits, in the order of the till's numbers; return how many were settled."""
    waiting = TillDelta.objects.filter(till_id=till_id, state=TillState.WAITING).order_by("seq")
    return sum(_settle(till_id, pk, at=at) for pk in waiting.values_list("pk", flat=True))


def settle_all(*, at: datetime) -> int:
    """Settle what a process left behind that died between keeping and applying."""
    waiting = TillDelta.objects.filter(state=TillState.WAITING).order_by("till_id")
    tills = waiting.values_list("till_id", flat=True).distinct()
    return sum(settle_till(till_id=pk, at=at) for pk in tills)


def _till_row(code: str, *, at: datetime) -> Till:
    Till.objects.bulk_create(
        [Till(code=code, first_seen_at=at, last_seen_at=at)], ignore_conflicts=True
    )
    return lock_one(Till.objects.filter(code=code), what="till")


def _keep(till: Till, raw: Any, *, at: datetime) -> int | dict[str, Any]:
    """Return the key of the kept row, or the answer to what cannot be kept."""
    try:
        report = read_report(raw)
    except Invalid as error:
        seq = raw.get("seq") if isinstance(raw, dict) else None
        shown = seq if type(seq) is int else None
        return _refusal(shown, error.code, error.message, error.details)
    row = TillDelta(
        till=till,
        seq=report.seq,
        kind=report.kind,
        sku=report.sku,
        quantity=report.quantity,
        verified=report.verified,
        reason=report.reason,
        counted_by=report.counted_by,
        occurred_at=report.occurred_at,
        digest=report.digest,
        received_at=at,
    )
    if insert_unless_taken(row):
        return int(row.pk)
    first = TillDelta.objects.only("pk", "digest").get(till=till, seq=report.seq)
    if first.digest != report.digest:
        return _refusal(report.seq, "seq_reused", "This number stood for another report.")
    return int(first.pk)


def _refusal(
    seq: int | None, code: str, message: str, details: dict[str, Any] | None = None
) -> dict[str, Any]:
    answer = {"seq": seq, "state": "refused", "code": code, "message": message}
    return {**answer, **(details or {})}


def _answer(delta: TillDelta) -> dict[str, Any]:
    return {"seq": delta.seq, "state": delta.state, "code": delta.code, "applied": delta.applied}


def _advance(till: Till, *, at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_ADVANCE, {"id": till.pk, "at": at})
        return int(cursor.fetchone()[0])


def _settle(till_id: int, delta_id: int, *, at: datetime) -> bool:
    with transaction.atomic():
        till = lock_one(Till.objects.filter(pk=till_id), what="till")
        delta = locked(TillDelta.objects.filter(pk=delta_id, state=TillState.WAITING)).first()
        if delta is None:
            return False
        complete = delta.seq <= till.received_up_to
        code = _apply(delta, till, complete=complete, at=at)
        if code is None:
            return False
        state = TillState.CONFLICT if code else TillState.APPLIED
        _move_on(delta, state, actor=f"till:{till.code}", at=at, code=code)
    return True


def _move_on(delta: TillDelta, to: TillState, *, actor: str, at: datetime, **columns: Any) -> None:
    written = {"applied": delta.applied, "move": delta.move, **columns}
    transition(delta, machine=TILL_LIFE, to=to, actor=actor, at=at, **written)


def _apply(delta: TillDelta, till: Till, *, complete: bool, at: datetime) -> str | None:
    """Change stock by a report; return "" when done, a conflict's code, None to wait."""
    variant_id, made_to_order = catalog.variant_by_sku(delta.sku)
    if variant_id is None:
        return "unknown_sku"
    if made_to_order:
        # Nothing finite changes: slots limit it, and there is no number to keep.
        return "no_count_kept" if delta.kind == TillKind.COUNT else ""
    change = delta.quantity if delta.kind == TillKind.RETURN else -delta.quantity
    if delta.kind == TillKind.COUNT:
        if not complete:
            return None
        stock = _locked_stock(variant_id)
        kept_by_till = stock.kept_by == StockKeeper.TILL
        if code := verdict_on_count(_report(delta), kept_by_till=kept_by_till):
            return code
        change = delta.quantity - on_hand_when_counted(delta, stock)
    try:
        # A savepoint: a conflict is an outcome to write down.
        with transaction.atomic():
            write_change(delta, variant_id, change, actor=f"till:{till.code}", at=at)
    except Conflict:
        return "below_promised" if complete else None
    return ""


def _report(delta: TillDelta) -> Report:
    return Report(
        seq=delta.seq,
        kind=delta.kind,
        sku=delta.sku,
        quantity=delta.quantity,
        occurred_at=delta.occurred_at,
        verified=delta.verified,
        reason=delta.reason,
        counted_by=delta.counted_by,
    )


def _locked_stock(variant_id: int) -> Stock:
    make_rows([variant_id])
    return lock_one(Stock.objects.filter(pk=variant_id), what="stock")


def on_hand_when_counted(delta: TillDelta, stock: Stock) -> int:
    """Return what the ledger says was there at the count; what came later is not undone by it.

    Of the till's own reports the number says what came later, of all other moves the time.
    """
    moves = StockMove.objects.filter(variant_id=stock.pk)
    own = moves.filter(till_delta__till_id=delta.till_id, till_delta__seq__gt=delta.seq)
    others = moves.filter(at__gt=delta.occurred_at).exclude(till_delta__till_id=delta.till_id)
    later = [rows.aggregate(sum=Sum("delta_on_hand"))["sum"] or 0 for rows in (own, others)]
    return stock.on_hand - sum(later)


def write_change(
    delta: TillDelta, variant_id: int, change: int, *, actor: str, at: datetime
) -> None:
    """Write the ledger's row for a report; a step of a transaction that then moves it on."""
    if not change:
        return
    move = StockMove(
        variant_id=variant_id,
        delta_on_hand=change,
        reason=_REASONS[TillKind(delta.kind)],
        ref=f"till:{delta.till_id}:{delta.seq}",
        note=delta.reason,
        actor=actor[:200],
        at=at,
    )
    stock = write_move(move)
    delta.applied, delta.move = change, move
    if stock.low_at is not None:
        note_levels(variant_ids=[variant_id], at=at)
