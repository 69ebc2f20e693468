"""Pages of the console on which orders and money are taken."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.orders import selectors, services
from apps.orders.models import Order
from apps.orders.rules.handing import AT_ONCE_WITHIN
from apps.orders.rules.pickup import short_text
from apps.orders.states import Channel, Fulfilment, OrderStatus, TenderKind
from bakery.edge.console import actor_of
from bakery.kernel import clock, money
from bakery.kernel.errors import DomainError

_S = OrderStatus


class TenderForm(forms.Form):
    """Money that was taken; ``key`` makes a second click take nothing more."""

    kind = forms.ChoiceField(
        choices=[(TenderKind.CASH, "Cash"), (TenderKind.TERMINAL, "Card, on the terminal")]
    )
    amount = forms.DecimalField(max_digits=10, decimal_places=2, min_value=Decimal("0.01"))
    received = forms.DecimalField(
        max_digits=10, decimal_places=2, required=False, label="Cash handed over"
    )
    slip = forms.CharField(max_length=60, required=False, label="Reference on the slip")
    taken_along = forms.BooleanField(required=False)
    key = forms.UUIDField(initial=uuid4)


class DayForm(forms.Form):
    """Which day of the shop."""

    day = forms.DateField(required=False)

    def clean_day(self) -> date | None:
        """Refuse years in which no calendar of ours works."""
        day: date | None = self.cleaned_data["day"]
        if day is not None and not clock.is_in_our_time(day):
            raise forms.ValidationError("The year is out of range.")
        return day


def order_or_404(order_id: int) -> Order:
    """Return the order that a page is about."""
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        raise Http404
    return order


def take_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the form on which staff take an order; its script talks to the staff API."""
    context |= {
        "title": "Take an order",
        "hold_hours": range(1, settings.COUNTER_HOLD_HOURS + 1),
        "country": settings.SHOP_COUNTRY,
        "currency": settings.SHOP_CURRENCY,
        "payment_url": reverse("admin:orders_handover_find"),
    }
    return render(request, "admin/orders/counter/take.html", context)


def payment_page(request: HttpRequest, context: dict[str, Any], order_id: int) -> HttpResponse:
    """Show what is due for an order, take it, or send the customer where to pay."""
    order = order_or_404(order_id)
    form = TenderForm(request.POST or None, initial={"amount": order.due_now, "key": uuid4()})
    status = 200
    if request.method == "POST":
        done = _pay_link(request, order) if "by" in request.POST else _take(request, form, order)
        if done:
            return HttpResponseRedirect(request.path)
        status = 400
    at = clock.now()
    order.refresh_from_db()
    view = selectors.order_view(order, at=at)
    context |= {
        "title": f"Payment of {order.number}",
        "order": order,
        "view": view,
        "form": form,
        "total": money.display(order.total, order.currency),
        "balance": money.display(order.balance, order.currency),
        "is_due": order.balance > 0 and order.status not in {_S.CANCELLED, _S.EXPIRED},
        "deposit": money.display(order.deposit_due, order.currency) if order.deposit_due else "",
        "rest_until": short_text(order.balance_due_at, clock.shop_zone())
        if order.balance_due_at and not order.paid_at
        else "",
        "kept": _kept(order, at=at),
        "may_send": selectors.may_be_asked(order, at=at),
        "waits": order.status == _S.PENDING_PAYMENT and order.hold_expires_at > at,
        "hold_until": short_text(order.hold_expires_at, clock.shop_zone()),
        "tenders": [
            (short_text(row.taken_at, clock.shop_zone()), row)
            for row in order.tenders.order_by("pk")
        ],
        "may_take": request.user.has_perm("orders.take_payment"),
        "may_go": _may_go(order) and request.user.has_perm("orders.operate_order"),
    }
    return render(request, "admin/orders/counter/payment.html", context, status=status)


def _kept(order: Order, *, at: datetime) -> str:
    """Return what of the deposit may be kept by now, in words; "" for nothing."""
    kept = selectors.deposit_to_keep(order, at=at)
    return money.display(kept, order.currency) if kept else ""


def _may_go(order: Order) -> bool:
    """Tell whether what is paid now may go over the counter at once."""
    on_shelf = order.channel == Channel.COUNTER and order.fulfilment == Fulfilment.PICKUP
    fresh = order.paid_at is None or clock.now() - order.paid_at <= AT_ONCE_WITHIN
    waits = order.status in {_S.PENDING_PAYMENT, _S.PAID}
    return on_shelf and fresh and waits and not order.lines.filter(made_to_order=True).exists()


def _take(request: HttpRequest, form: TenderForm, order: Order) -> bool:
    if "go" in request.POST:
        return _go(request, order)
    if not request.user.has_perm("orders.take_payment"):
        raise PermissionDenied
    if not form.is_valid():
        return False
    data = form.cleaned_data
    if data["taken_along"] and not request.user.has_perm("orders.operate_order"):
        raise PermissionDenied
    try:
        taken = services.take_money(
            order_id=order.pk,
            kind=TenderKind(data["kind"]),
            amount=data["amount"],
            key=str(data["key"]),
            slip=data["slip"],
            received=data["received"],
            is_taken_along=data["taken_along"],
            actor=actor_of(request),
            at=clock.now(),
        )
    except DomainError as error:
        messages.error(request, error.message)
        return False
    text = f"Taken: {money.display(data['amount'], order.currency)}."
    if taken.change:
        text += f" Give back {money.display(taken.change, order.currency)}."
    messages.success(request, text)
    return True


def _go(request: HttpRequest, order: Order) -> bool:
    if not request.user.has_perm("orders.operate_order"):
        raise PermissionDenied
    try:
        services.hand_over_at_once(order_id=order.pk, actor=actor_of(request), at=clock.now())
    except DomainError as error:
        messages.error(request, error.message)
        return False
    messages.success(request, f"{order.number} went over the counter.")
    return True


def _pay_link(request: HttpRequest, order: Order) -> bool:
    try:
        sent_to = services.send_pay_link(
            order_id=order.pk,
            by=request.POST["by"][:10],
            actor=actor_of(request),
            at=clock.now(),
        )
    except DomainError as error:
        messages.error(request, error.message)
        return False
    messages.success(request, f"The link to pay is on its way to {sent_to}.")
    return True


def drawer_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show what was taken on a day, by way and person, so that the drawer can be counted."""
    form = DayForm(request.GET)
    ok = form.is_valid()
    day = (form.cleaned_data.get("day") if ok else None) or clock.shop_date(clock.now())
    sheet = selectors.drawer_sheet(day)
    context |= {
        "title": "Cash drawer",
        "day": day,
        "sheet": sheet,
        "cash": money.display(sheet.cash, sheet.currency),
        "rows": [(row, money.display(row.amount, sheet.currency)) for row in sheet.rows],
        "totals": [
            (TenderKind(kind).label, money.display(amount, sheet.currency))
            for kind, amount in sheet.totals.items()
        ],
        "tenders": [(short_text(row.taken_at, clock.shop_zone()), row) for row in sheet.tenders],
        "given": [
            (short_text(row.at, clock.shop_zone()), row, money.display(-row.amount, sheet.currency))
            for row in sheet.given
        ],
        "given_totals": [
            (TenderKind(kind).label, money.display(-amount, sheet.currency))
            for kind in (TenderKind.CASH, TenderKind.TERMINAL)
            if (amount := sheet.given_in(kind))
        ],
    }
    return render(request, "admin/orders/counter/drawer.html", context, status=200 if ok else 400)
