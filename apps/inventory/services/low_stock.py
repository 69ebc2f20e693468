"""Low stock: one alert for each dip of what is free, however many sales make it.

A dip begins by one conditional UPDATE, from "no dip" to its moment; whoever comes second changes
no row and tells nobody. It ends, and the next can begin, once enough is free again
(`rules.low_stock.rearm_above`).
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from apps.inventory.events import StockRanLow
from apps.inventory.models import Stock
from apps.inventory.rules.low_stock import check_low_at
from apps.inventory.services.rows import stock_row
from apps.inventory.states import StockKeeper
from bakery.kernel import audit, outbox
from bakery.kernel.errors import Invalid

# What staff took off sale is not watched: they know.
_DIPS = """
UPDATE inventory_stock SET low_since = %(at)s
WHERE low_at IS NOT NULL AND low_since IS NULL AND sold_out_at IS NULL
  AND on_hand - reserved <= low_at AND (%(all)s OR variant_id = ANY(%(ids)s))
RETURNING variant_id, on_hand - reserved, low_at
"""
# The rule is `rules.low_stock.rearm_above`; tests compare the two.
_RECOVERED = """
UPDATE inventory_stock SET low_since = NULL
WHERE low_since IS NOT NULL AND (%(all)s OR variant_id = ANY(%(ids)s))
  AND (low_at IS NULL
       OR on_hand - reserved > low_at + greatest(1, ceil(low_at * %(percent)s / 100.0)))
"""


def watch_stock(*, at: datetime) -> int:
    """Look at every watched size and return how many dips began; holds and sales are seen here."""
    with transaction.atomic():
        return _note(None, at=at)


def note_levels(*, variant_ids: Collection[int], at: datetime) -> int:
    """Do the same for some sizes, as a step of the transaction that changed them."""
    return _note(sorted(set(variant_ids)), at=at)


def _note(ids: list[int] | None, *, at: datetime) -> int:
    scope: dict[str, Any] = {"all": ids is None, "ids": ids or [], "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_RECOVERED, {**scope, "percent": settings.STOCK_REARM_PERCENT})
        cursor.execute(_DIPS, scope)
        dips = cursor.fetchall()
    since = at.astimezone(UTC).isoformat()
    for variant_id, available, low_at in dips:
        event = StockRanLow(variant_id=variant_id, since=since, available=available, low_at=low_at)
        outbox.emit(event, key=f"{variant_id}:{since}", at=at)
    return len(dips)


def set_low_limit(*, variant_id: int, low_at: int | None, actor: str, at: datetime) -> Stock:
    """Set from how many free pieces a size is low; None watches it no more.

    Raises `NotFound` and `Invalid` (``made_to_order``, ``bad_limit``).
    """
    check_low_at(low_at)
    with transaction.atomic():
        stock = stock_row(variant_id)
        if stock.low_at == low_at:
            return stock
        # Another limit is another dip.
        Stock.objects.filter(pk=variant_id).update(low_at=low_at, low_since=None)
        note_levels(variant_ids=[variant_id], at=at)
        _record("set_low_limit", stock, "low_at", low_at, actor=actor, at=at)
    return Stock.objects.get(pk=variant_id)


def set_keeper(*, variant_id: int, kept_by: str, actor: str, at: datetime) -> Stock:
    """Set whose counts of a size are believed: the platform's or the till's, never both.

    Raises `NotFound` and `Invalid` (``made_to_order``, ``bad_keeper``).
    """
    if kept_by not in StockKeeper.values:
        raise Invalid("bad_keeper", "Counts come from the platform or from the till.")
    with transaction.atomic():
        stock = stock_row(variant_id)
        if stock.kept_by == kept_by:
            return stock
        Stock.objects.filter(pk=variant_id).update(kept_by=kept_by)
        _record("set_stock_keeper", stock, "kept_by", kept_by, actor=actor, at=at)
    return Stock.objects.get(pk=variant_id)


def _record(
    action: str, stock: Stock, name: str, value: object, *, actor: str, at: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_type="inventory.stock",
        object_id=stock.pk,
        changes={name: [getattr(stock, name), value]},
        at=at,
    )
