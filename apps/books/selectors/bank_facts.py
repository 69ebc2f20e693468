"""Facts about gift cards and points, with the orders that used them."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Sum

from apps.books.models import PointsValue
from apps.books.rules.facts import CardMoveFact, PointsMoveFact, PointsValueFact
from apps.loyalty.models import PointsMove
from apps.loyalty.states import CardMoveKind, PointsKind
from apps.orders.models import Order

_PREFIX = "order:"
_Named = tuple[int | None, str]


def card_moves(rows: QuerySet[Any]) -> Iterator[CardMoveFact]:
    """Read changes of gift cards; 2 queries."""
    found = list(
        rows.values("id", "kind", "delta", "at", "use__reference", "card__currency", "card__user")
    )
    orders = _orders(row["use__reference"] for row in found)
    for row in found:
        order_id, number = orders.get(row["use__reference"], (None, ""))
        yield CardMoveFact(
            id=row["id"],
            at=row["at"],
            currency=row["card__currency"],
            order_id=order_id,
            number=number,
            delta=row["delta"],
            is_issue=row["kind"] == CardMoveKind.ISSUE,
            is_store_credit=row["card__user"] is not None,
        )


def points_moves(rows: QuerySet[Any]) -> Iterator[PointsMoveFact]:
    """Read changes of points at what a point was worth then; 3 queries."""
    found = list(rows.values("id", "kind", "delta", "delta_debt", "at", "use__reference"))
    if not found:
        return
    orders = _orders(row["use__reference"] for row in found)
    values = list(PointsValue.objects.order_by("since", "pk"))
    for row in found:
        worth = _value_at(values, row["at"])
        if worth is None:
            continue
        order_id, number = orders.get(row["use__reference"], (None, ""))
        yield PointsMoveFact(
            id=row["id"],
            at=row["at"],
            currency=worth.currency,
            order_id=order_id,
            number=number,
            points=row["delta"] - row["delta_debt"],
            value=worth.value,
            is_expiry=row["kind"] == PointsKind.EXPIRE,
        )


def points_values(rows: QuerySet[Any]) -> Iterator[PointsValueFact]:
    """Read changes of what a point is worth; 2 queries for each."""
    for row in list(rows):
        before = PointsValue.objects.filter(pk__lt=row.pk).latest("pk")
        moves = PointsMove.objects.filter(at__lt=row.since)
        total = moves.aggregate(total=Sum(F("delta") - F("delta_debt")))["total"]
        yield PointsValueFact(
            id=row.pk,
            at=row.since,
            currency=row.currency,
            before=before.value,
            value=row.value,
            outstanding=total or 0,
        )


def current_points_value() -> Decimal | None:
    """Return what a point is worth in the books, None before anything was booked."""
    newest = PointsValue.objects.order_by("-pk").first()
    return newest.value if newest else None


def _value_at(values: list[PointsValue], at: datetime) -> PointsValue | None:
    """Return the value that held at ``at``; the first one holds for all before it as well."""
    if not values:
        return None
    return values[max(bisect_right([row.since for row in values], at) - 1, 0)]


def _orders(references: Iterable[str | None]) -> dict[str | None, _Named]:
    """Return key and number of the orders that these references of uses name."""
    ids = {text.removeprefix(_PREFIX) for text in references if text and text.startswith(_PREFIX)}
    known = [found for text in ids if (found := _uuid(text)) is not None]
    if not known:
        return {}
    rows = Order.objects.filter(public_id__in=known).values_list("public_id", "id", "number")
    return {f"{_PREFIX}{public_id}": (key, number) for public_id, key, number in rows}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
