"""Where customers change what they ordered."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.orders import selectors, services
from apps.orders.models import Order
from apps.orders.rules.edit_form import read_wish
from bakery.edge import access, throttling
from bakery.edge.client import client_address, rate_bucket
from bakery.kernel import clock
from bakery.kernel.errors import DomainError


@access.page(access.ANYONE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def edit_order(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show the order's lines as a form, then what a change comes to, then make it."""
    user = request.user
    user_id = user.pk if user.is_authenticated else None
    order = selectors.order_by_public_id(public_id, user_id=user_id)
    at, result, status = clock.now(), None, 200
    try:
        services.require_editable(order=order, actor=services.CUSTOMER, reason="", at=at)
    except DomainError as error:
        context = {"order": order, "refusal": error.message}
        return render(request, "orders/edit.html", context, status=error.status)
    if request.method == "POST":
        throttling.require("order", rate_bucket(client_address(request)))
        try:
            result = _act(request, order)
        except DomainError as error:
            selectors.explain_edit(error, lambda text: messages.error(request, text))
            status = error.status
            order.refresh_from_db()
        if result is not None and "confirm" in request.POST and not result.problems:
            messages.success(request, "Your order was changed.")
            return HttpResponseRedirect(reverse("order", args=[public_id]), status=303)
    context = selectors.edit_form(order, request.POST.dict(), at=at)
    if result is not None:
        context |= selectors.edit_preview(result, at=at)
    return render(request, "orders/edit.html", context, status=status)


def _act(request: HttpRequest, order: Order) -> services.EditResult:
    """Change the order when that was confirmed, else look at what it would come to."""
    wish = read_wish(selectors.editable_lines(order), request.POST.dict())
    arguments: dict[str, Any] = {
        "order_id": order.pk,
        "wish": wish,
        "actor": services.CUSTOMER,
        "at": clock.now(),
    }
    if "confirm" not in request.POST:
        return services.preview_edit(**arguments)
    total = selectors.typed_total(request.POST.get("expected_total", ""))
    return services.edit_order(**arguments, expected_total=total)
