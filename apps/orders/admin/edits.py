"""Changing an order in the console, and the record of changes."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse

from apps.orders import selectors, services
from apps.orders.models import Order, OrderEdit
from apps.orders.rules.edit_form import read_wish
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock
from bakery.kernel.errors import DomainError


@admin.register(OrderEdit)
class OrderEditAdmin(ReadOnlyAdmin):
    """What was changed of orders; they are changed on a page of their own."""

    list_display = ("at", "order", "revision", "told", "delta", "owed", "actor", "reason")
    list_display_links = None
    list_select_related = ("order",)
    search_fields = ("order__number", "actor", "reason")
    ordering = ("-pk",)

    @admin.display(description="what")
    def told(self, edit: OrderEdit) -> str:
        """Show the change in words."""
        return "; ".join(edit.changes)

    def get_urls(self) -> list[URLPattern]:
        """Add the page on which an order is changed."""
        view = self.admin_site.admin_view(self.change_order)
        route = "order/<int:order_id>/"
        return [path(route, view, name="orders_orderedit_order"), *super().get_urls()]

    def change_order(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Show the order's lines as a form, then what a change comes to, then make it."""
        if not request.user.has_perm("orders.edit_order"):
            raise PermissionDenied
        order = get_object_or_404(Order, pk=order_id)
        at, result, status = clock.now(), None, 200
        if request.method == "POST":
            try:
                result = _act(request, order)
            except DomainError as error:
                selectors.explain_edit(error, lambda text: messages.error(request, text))
                status = error.status
                order.refresh_from_db()
            if result is not None and "confirm" in request.POST:
                messages.success(request, f"{order.number} was changed.")
                return HttpResponseRedirect(reverse("admin:orders_order_change", args=[order_id]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Change order {order.number}",
            "reason": request.POST.get("reason", "")[:500],
            **selectors.edit_form(order, request.POST.dict(), at=at),
        }
        if result is not None:
            context |= selectors.edit_preview(result, at=at)
        return render(request, "admin/orders/orderedit/order.html", context, status=status)


def _act(request: HttpRequest, order: Order) -> services.EditResult:
    """Change the order when that was confirmed, else look at what it would come to."""
    wish = read_wish(selectors.editable_lines(order), request.POST.dict())
    arguments: dict[str, Any] = {
        "order_id": order.pk,
        "wish": wish,
        "actor": actor_of(request),
        "reason": request.POST.get("reason", "").strip()[:500],
        "at": clock.now(),
    }
    if "confirm" not in request.POST:
        return services.preview_edit(**arguments)
    total = selectors.typed_total(request.POST.get("expected_total", ""))
    return services.edit_order(**arguments, expected_total=total)
