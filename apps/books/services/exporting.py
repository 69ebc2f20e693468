"""Handing tables to the accountant, with a trace of who took them."""

from datetime import datetime

from apps.books.rules.periods import Period
from apps.books.selectors.exports import EXPORTS, Table, export_table
from bakery.kernel import audit
from bakery.kernel.errors import NotFound


def export_books(*, kind: str, period: Period, actor: str, at: datetime) -> Table:
    """Return the table ``kind`` of a period, and write down who took it.

    Its rows are read when they are asked for. Raises `NotFound` ``export_not_found``.
    """
    if kind not in EXPORTS:
        raise NotFound("export_not_found", "There is no such export.")
    audit.record(
        actor=actor,
        action="books.export",
        object_type="books.journal",
        object_id=kind,
        changes={"days": [period.first.isoformat(), period.last.isoformat()]},
        at=at,
    )
    return export_table(kind, period.first, period.last)
