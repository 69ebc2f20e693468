"""Who worked on an order for how long, in the console; what was forgotten is put right here."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from apps.orders import selectors, services
from apps.orders.admin.counter import order_or_404
from apps.orders.rules.labour import MAX_MINUTES, MAX_NOTE
from apps.orders.rules.pickup import short_text
from bakery.edge.console import actor_of
from bakery.kernel import clock
from bakery.kernel.errors import DomainError


class CorrectionForm(forms.Form):
    """What a stretch of work really took."""

    timer = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    minutes = forms.IntegerField(min_value=0, max_value=MAX_MINUTES)
    note = forms.CharField(max_length=MAX_NOTE)


def labour_page(request: HttpRequest, context: dict[str, Any], order_id: int) -> HttpResponse:
    """Show the work on each line of an order, and correct a stretch of it."""
    order, zone = order_or_404(order_id), clock.shop_zone()
    status = 200
    if request.method == "POST":
        if _correct(request, order.pk):
            return HttpResponseRedirect(request.path)
        status = 400
    context |= {
        "title": f"Work on {order.number}",
        "order": order,
        "lines": [
            (line, [(short_text(row.started_at, zone), row) for row in line.timers])
            for line in selectors.labour_of(order)
        ],
        "most": MAX_MINUTES,
    }
    return render(request, "admin/orders/counter/labour.html", context, status=status)


def _correct(request: HttpRequest, order_id: int) -> bool:
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Minutes from 0 to {MAX_MINUTES}, and why.")
        return False
    data = form.cleaned_data
    try:
        services.correct_timer(
            timer_id=data["timer"],
            minutes=data["minutes"],
            note=data["note"],
            actor=actor_of(request),
            at=clock.now(),
            order_id=order_id,
        )
    except DomainError as error:
        messages.error(request, error.message)
        return False
    messages.success(request, f"Corrected to {data['minutes']} minutes.")
    return True
