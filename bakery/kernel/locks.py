"""The one place that spells row and advisory locks."""

from collections.abc import Iterable
from typing import TypeVar

from django.db import connection, models
from django.db.models import QuerySet

from bakery.kernel.errors import NotFound

M = TypeVar("M", bound=models.Model)


def locked(queryset: QuerySet[M]) -> QuerySet[M]:
    """Lock the rows of ``queryset`` for this transaction, in primary-key order.

    The fixed order is what keeps two transactions that touch the same rows from a deadlock.
    """
    return queryset.select_for_update(of=("self",)).order_by("pk")


def lock_one(queryset: QuerySet[M], *, what: str) -> M:
    """Lock and return the only row of ``queryset``; raise `NotFound` when there is none."""
    row = locked(queryset).first()
    if row is None:
        raise NotFound(f"{what}_not_found", f"There is no such {what.replace('_', ' ')}.")
    return row


def advisory_lock(name: str) -> None:
    """Take PostgreSQL's advisory lock of ``name`` until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def sorted_unique(keys: Iterable[int]) -> list[int]:
    """Return ``keys`` once each, in the order in which their rows must be locked."""
    return sorted(set(keys))
