"""Pages of the console on which orders are handed out."""

import base64
import binascii
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.orders import selectors, services
from apps.orders.admin.counter import order_or_404
from apps.orders.models import Order
from apps.orders.rules.handing import needs_proof, read_scan
from apps.orders.states import ORDER_MACHINE, Fulfilment, OrderStatus, PictureKind
from bakery.edge.console import actor_of
from bakery.kernel import clock, money
from bakery.kernel.errors import DomainError, Invalid

_MAX_PHOTO = 10 * 1024 * 1024
_UNPROVED = "orders.hand_over_unproved"


class HandOverForm(forms.Form):
    """What shows that the right person takes an order."""

    code = forms.CharField(max_length=300, required=False, label="Pickup code")
    reason = forms.CharField(max_length=500, required=False, label="Without the code, because")
    taken_by = forms.CharField(max_length=200, required=False, label="Taken by")
    signature = forms.CharField(max_length=280_000, required=False)
    photo = forms.FileField(required=False, max_length=200)


class NoShowForm(forms.Form):
    """Why the shop stops waiting."""

    reason = forms.CharField(max_length=500)


def find_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Find what a customer comes for, by a scan, number, code, name or phone.

    One find is opened at once; of a scan the code is taken along.
    """
    text = request.GET.get("q", "")[:300].replace("\0", "")
    found = _found(text)
    if len(found) == 1 and request.GET.get("then") == "payment":
        return HttpResponseRedirect(reverse("admin:orders_handover_payment", args=[found[0].pk]))
    if len(found) == 1:
        address = reverse("admin:orders_handover_out", args=[found[0].pk])
        scan = read_scan(text)
        # The code is behind the #: it is neither sent on nor written into a log.
        return HttpResponseRedirect(f"{address}#{scan.code}" if scan and scan.code else address)
    context |= {"title": "Hand over", "q": text, "orders": found}
    return render(request, "admin/orders/counter/find.html", context)


def _found(text: str) -> list[Order]:
    try:
        by_id = Order.objects.filter(public_id=UUID(text.strip()))
    except ValueError:
        return selectors.find_waiting(text)
    return list(by_id)


def hand_over_page(request: HttpRequest, context: dict[str, Any], order_id: int) -> HttpResponse:
    """Show an order that somebody came for, and hand it out with proof."""
    order = order_or_404(order_id)
    form = HandOverForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        if form.is_valid() and _hand_out(request, order, form):
            return HttpResponseRedirect(request.path)
        status = 400
        order.refresh_from_db()
    view = selectors.order_view(order, at=clock.now())
    context |= {
        "title": f"Hand over {order.number}",
        "order": order,
        "view": view,
        "form": form,
        "balance": money.display(order.due, order.currency),
        "can": ORDER_MACHINE.allows(order.status, OrderStatus.COLLECTED),
        "is_due": order.due > 0,
        "is_delivery": order.fulfilment == Fulfilment.DELIVERY,
        "needs_proof": needs_proof(order.total, limit=settings.HAND_OVER_PROOF_FROM),
        "may_skip": request.user.has_perm(_UNPROVED),
        "notes": selectors.notes_of(order.pk),
        "done": selectors.hand_over_of(order.pk),
    }
    return render(request, "admin/orders/counter/hand_over.html", context, status=status)


def _hand_out(request: HttpRequest, order: Order, form: HandOverForm) -> bool:
    data, at, actor = form.cleaned_data, clock.now(), actor_of(request)
    if data["reason"].strip() and not request.user.has_perm(_UNPROVED):
        raise PermissionDenied
    try:
        photo_id = None
        if data["photo"]:
            photo_id = services.add_photo(
                order_id=order.pk,
                data=data["photo"].read(_MAX_PHOTO + 1),
                kind=PictureKind.HANDED_OVER,
                actor=actor,
                at=at,
            ).pk
        services.mark_collected(
            order_id=order.pk,
            proof=services.Proof(
                code=data["code"],
                reason=data["reason"],
                taken_by=data["taken_by"],
                signature=_decoded(data["signature"]),
                photo_id=photo_id,
            ),
            actor=actor,
            at=at,
        )
    except DomainError as error:
        messages.error(request, error.message)
        return False
    messages.success(request, f"{order.number} was handed over.")
    return True


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.partition(",")[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("not_a_picture", "The signature did not arrive whole.") from error


def late_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """List ready orders that nobody came for, and give up waiting for one."""
    if request.method == "POST":
        _give_up(request)
        return HttpResponseRedirect(request.path)
    at = clock.now()
    context |= {
        "title": "Not picked up in time",
        "rows": [(row, _in_words(row.late_for)) for row in selectors.late_orders(at=at)],
        "give_up_after": settings.NO_SHOW_AFTER_HOURS,
        "remind_after": settings.LATE_REMINDER_MINUTES,
    }
    return render(request, "admin/orders/counter/late.html", context)


def _give_up(request: HttpRequest) -> None:
    form = NoShowForm(request.POST)
    number = request.POST.get("order", "")
    if not (form.is_valid() and number.isascii() and number.isdecimal() and len(number) < 19):
        messages.error(request, "Say why.")
        return
    try:
        order = services.mark_no_show(
            order_id=int(number),
            reason=form.cleaned_data["reason"],
            actor=actor_of(request),
            at=clock.now(),
        )
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{order.number} counts as not picked up; its money is kept.")


def _in_words(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60} min" if hours < 48 else f"{hours // 24} days"
