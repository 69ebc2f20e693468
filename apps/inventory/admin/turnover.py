"""Turnover figures in the console, on the page of the stock ledger's app."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.inventory import selectors
from apps.inventory.admin.pages import WINDOWS, page, require, window
from apps.inventory.admin.plots import bar
from bakery.edge.spreadsheets import csv_reply
from bakery.kernel import clock

_HEADER = (
    "category", "product", "size", "sku", "sold", "made", "wasted", "average on hand",
    "cost of goods sold", "average value", "turnover", "days on hand", "waste share",
    "waste value",
)  # fmt: skip


def turnover_page(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """Show, or download as CSV, the figures of the last days."""
    require(request, "inventory.view_stockmove")
    at = clock.now()
    days, since = window(request, at)
    found = selectors.turnover(since=since, until=at)
    if request.GET.get("format") == "csv":
        rows = [*found.categories, *found.sizes]
        return csv_reply(f"turnover-{days}-days.csv", _HEADER, (_cells(row) for row in rows))
    longest = max((float(row.figures.turnover or 0) for row in found.sizes), default=0)
    return page(
        request,
        model_admin,
        "turnover",
        "Turnover",
        found=found,
        days=days,
        windows=WINDOWS,
        sizes=[(row, bar(float(row.figures.turnover or 0), longest)) for row in found.sizes],
    )


def _cells(row: selectors.TurnoverRow) -> list[Any]:
    figures = row.figures
    return [
        row.category, row.product, row.size, row.sku, figures.sold, figures.made,
        figures.wasted, figures.average, figures.cogs, figures.average_value,
        figures.turnover, figures.days_on_hand, figures.waste_share, figures.waste_value,
    ]  # fmt: skip
