"""Tickets and box labels on paper: what is due, a look at it, and the print itself."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.orders import selectors, services
from apps.orders.adapters.qr import qr_svg
from apps.orders.rules.pickup import short_text
from apps.orders.states import PrintKind, PrintMark
from bakery.edge import access
from bakery.edge.console import actor_of
from bakery.kernel import clock
from bakery.kernel.errors import Invalid

_MAY_PRINT = access.staff("orders.print_tickets")
_MAX_STATION = 2**31 - 1


@dataclass(frozen=True)
class Paper:
    """One ticket as it is laid out; ``changes`` are those that no earlier paper shows."""

    sheet: selectors.Sheet
    mark: PrintMark | None
    changes: list[str]
    qr: str


class PrintForm(forms.Form):
    """What to print; orders by their public ids."""

    kind = forms.ChoiceField(choices=PrintKind.choices, required=False)
    station = forms.IntegerField(min_value=0, max_value=_MAX_STATION, required=False)

    def kind_wanted(self) -> PrintKind:
        """Return the kind, tickets unless said otherwise."""
        return PrintKind(self.cleaned_data["kind"] or PrintKind.TICKET)


@access.page(_MAY_PRINT)
@never_cache
@require_safe
def tickets(request: HttpRequest) -> HttpResponse:
    """List what fires today, what is due to be printed first."""
    form = _checked(request.GET)
    station = form.cleaned_data["station"]
    at = clock.now()
    listed = selectors.due_tickets(at=at, station=station)
    plan = selectors.station_plan()
    context = {
        "due": [row for row in listed if row.is_due],
        "done": [row for row in listed if row.has_fired and not row.is_due],
        "coming": [row for row in listed if not row.has_fired],
        "stations": [(one.id, one.name) for one in plan.stations],
        "station": station,
        "now": short_text(at, clock.shop_zone()),
    }
    return render(request, "orders/tickets/list.html", context)


@access.page(_MAY_PRINT)
@never_cache
@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """Show what would be printed; nothing is recorded, and it says that it is a preview."""
    form = _checked(request.GET)
    orders = selectors.printable_orders(_orders(request.GET))
    return _papers(request, form, orders, {})


@access.page(_MAY_PRINT)
@never_cache
@require_POST
def print_tickets(request: HttpRequest) -> HttpResponse:
    """Record the print and show the paper, which the browser then sends to its printer."""
    form = _checked(request.POST)
    printed = services.record_prints(
        public_ids=_orders(request.POST),
        kind=form.kind_wanted(),
        station=form.cleaned_data["station"],
        actor=actor_of(request),
        at=clock.now(),
    )
    return _papers(request, form, [row.order for row in printed], {p.order.pk: p for p in printed})


def _checked(data: Any) -> PrintForm:
    form = PrintForm(data)
    if not form.is_valid():
        raise Invalid("bad_choice", "There is no such thing to print, or no such station.")
    return form


def _orders(data: Any) -> list[UUID]:
    try:
        return [UUID(text) for text in data.getlist("order")]
    except ValueError as error:
        raise Invalid("no_orders", "Choose at least one order.") from error


def _papers(
    request: HttpRequest,
    form: PrintForm,
    orders: list[Any],
    printed: dict[int, services.Printed],
) -> HttpResponse:
    if not orders:
        raise Invalid("no_orders", "Choose at least one order.")
    at, station = clock.now(), form.cleaned_data["station"]
    kind = form.kind_wanted()
    context: dict[str, Any] = {
        "orders": orders,
        "kind": kind,
        "kinds": PrintKind.choices,
        "station": station,
        "station_name": "" if station is None else selectors.station_plan().name_of(station),
        "is_printed": bool(printed),
        "now": short_text(at, clock.shop_zone()),
        "by": getattr(request.user, "full_name", "") or str(request.user),
    }
    if kind == PrintKind.LABELS:
        context["labels"] = [
            (label, printed[label.order_id].mark if label.order_id in printed else None)
            for label in selectors.labels_of(orders, at=at)
        ]
    else:
        sheets = selectors.sheets_of(orders, station=station)
        context["papers"] = [
            _paper(sheet, printed.get(order.pk))
            for order, sheet in zip(orders, sheets, strict=True)
        ]
    return render(request, "orders/tickets/papers.html", context)


def _paper(sheet: selectors.Sheet, printed: services.Printed | None) -> Paper:
    changes = sheet.ticket["changes"]
    return Paper(
        sheet=sheet,
        mark=printed.mark if printed else None,
        changes=[text for change in changes for text in change["what"]],
        qr=qr_svg(sheet.ticket["number"]),
    )
