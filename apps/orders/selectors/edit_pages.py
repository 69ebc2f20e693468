"""What the pages on which an order is changed show; the console's and the shop's are alike."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from apps.orders.models import Order, OrderLine
from apps.orders.rules.edit_form import new_rows, rows_of
from apps.orders.selectors.breakdowns import sum_texts
from apps.orders.selectors.editing import editable_lines, goods_on_sale, times_to_choose
from apps.orders.selectors.orders import order_view
from bakery.kernel import money
from bakery.kernel.errors import DomainError


class Result(Protocol):
    """A change as it would be."""

    @property
    def order(self) -> Order:
        """The order then."""

    @property
    def lines(self) -> Sequence[OrderLine]:
        """Its lines then."""

    @property
    def delta(self) -> Decimal:
        """What the total rises by."""

    @property
    def due(self) -> Decimal:
        """What is to be paid then."""

    @property
    def owed(self) -> Decimal:
        """What is given back."""


def edit_form(order: Order, typed: Mapping[str, str], *, at: datetime) -> dict[str, Any]:
    """Return the form: the order as it is, with what was ``typed`` already."""
    return {
        "order": order,
        "rows": rows_of(editable_lines(order), typed),
        "new_rows": new_rows(typed),
        "goods": [(str(pk), label) for pk, label in goods_on_sale()],
        "times": [(str(pk), label) for pk, label in times_to_choose(order, at=at)],
        "chosen": typed.get("slot_id", "") or str(order.slot_id),
    }


def edit_preview(result: Result, *, at: datetime) -> dict[str, Any]:
    """Return what a change comes to, in words and amounts."""
    order, currency = result.order, result.order.currency
    view = order_view(order, lines=list(result.lines), at=at)
    return {
        "result": result,
        "preview_lines": [(line, money.display(line.line_total, currency)) for line in view.lines],
        "sums": sum_texts(view.sums, currency),
        "expected_total": str(order.total),
        "preview_pickup": order.pickup_local,
        "dearer": money.display(result.due, currency) if result.due > 0 else "",
        "cheaper": money.display(result.owed, currency) if result.owed > 0 else "",
    }


def explain_edit(error: DomainError, say: Callable[[str], Any]) -> None:
    """Say why a change is refused, and each line's reason."""
    say(error.message)
    for line in error.details.get("lines", ()):
        if line.get("message") and line["message"] not in error.message:
            say(line["message"])


def typed_total(text: str) -> Decimal | None:
    """Return the total that a page showed, None for what no page of ours sends."""
    try:
        total = Decimal(text)
    except InvalidOperation:
        return None
    return total if total.is_finite() else None
