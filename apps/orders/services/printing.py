"""Printing tickets and labels: what is on paper is remembered, so that no paper lies."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.orders import selectors
from apps.orders.models import Order, TicketPrint
from apps.orders.rules.tickets import mark_of
from apps.orders.selectors.tickets import labels_of, printable_orders, sheets_of
from apps.orders.states import PrintKind, PrintMark
from bakery.kernel.errors import Invalid, NotFound
from bakery.kernel.locks import locked

MAX_PRINTED = 100


@dataclass(frozen=True)
class Printed:
    """One order that is printed now. ``since`` is the revision on the newest earlier paper."""

    order: Order
    mark: PrintMark
    since: int | None


def record_prints(
    *,
    public_ids: Collection[UUID],
    kind: PrintKind,
    actor: str,
    at: datetime,
    station: int | None = None,
) -> list[Printed]:
    """Note that tickets or labels of orders are printed, and return how each must be marked.

    In the order of pickup. The first print of a revision is unmarked, or marked as of a changed
    order when there is paper of an earlier revision; any other is a reprint. An order without a
    line for ``station`` is left out. Raises `NotFound` ``order_not_found`` and
    ``station_not_found``, `Invalid` ``no_orders``, ``too_many_orders``, ``nothing_to_print`` and
    ``too_many_labels``.
    """
    if not public_ids:
        raise Invalid("no_orders", "Choose at least one order.")
    if len(set(public_ids)) > MAX_PRINTED:
        raise Invalid("too_many_orders", f"At most {MAX_PRINTED} orders are printed at once.")
    if kind == PrintKind.LABELS:
        # A box has one label, whoever made what is in it. Refuses what is too much for a roll.
        station = None
        labels_of(printable_orders(public_ids), at=at)
    name = _station_name(station)
    with transaction.atomic():
        orders = _locked_orders(public_ids, station)
        printed = _marked(orders, kind, name)
        TicketPrint.objects.bulk_create(
            TicketPrint(
                order=row.order,
                kind=kind,
                mark=row.mark,
                revision=row.order.revision,
                station=name,
                printed_by=actor,
                at=at,
            )
            for row in printed
        )
    return printed


def _locked_orders(public_ids: Collection[UUID], station: int | None) -> list[Order]:
    """Return what there is to print, by pickup: of two devices only one can be the first."""
    ids = [order.pk for order in printable_orders(public_ids)]
    list(locked(Order.objects.filter(pk__in=ids)))
    orders = printable_orders(public_ids)
    if station is not None:
        sheets = sheets_of(orders, station=station)
        orders = [row for row, sheet in zip(orders, sheets, strict=True) if sheet.sections]
    if not orders:
        raise Invalid("nothing_to_print", "There is nothing for this station in these orders.")
    return orders


def _station_name(station: int | None) -> str:
    if station is None:
        return ""
    name = selectors.station_plan().name_of(station)
    if not name:
        raise NotFound("station_not_found", "There is no such station.")
    return name


def _marked(orders: list[Order], kind: PrintKind, station: str) -> list[Printed]:
    earlier: dict[int, set[int]] = defaultdict(set)
    rows = TicketPrint.objects.filter(order__in=orders, kind=kind, station=station)
    for order_id, revision in rows.values_list("order_id", "revision"):
        earlier[order_id].add(revision)
    return [
        Printed(
            order=order,
            mark=mark_of(order.revision, earlier[order.pk]),
            since=max(earlier[order.pk], default=None),
        )
        for order in orders
    ]
