"""Orders in the console: a list to find them, and one page with everything about an order."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from apps.orders import selectors, services
from apps.orders.admin.filters import OpenFilter, PaymentFilter, PickupDayFilter
from apps.orders.admin.personal import people_page
from apps.orders.admin.sellers import sellers_page
from apps.orders.admin.tools import tools_for
from apps.orders.models import Order
from apps.orders.rules.pickup import short_text
from apps.orders.states import ORDER_MACHINE, Fulfilment, OrderStatus
from bakery.edge.console import actor_of
from bakery.edge.keyset_list import KeysetChangeList
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock, money
from bakery.kernel.errors import DomainError


@dataclass(frozen=True)
class Button:
    """One thing that staff may do to an order: the service it calls and who may press it."""

    label: str
    service: Callable[..., Any]
    # None: it leads to several; then it fits what it may start from.
    to: OrderStatus | None
    permission: str
    needs_reason: bool = False
    starts_from: Collection[OrderStatus] = ()
    only_deliveries: bool = False

    def fits(self, order: Order) -> bool:
        """Tell whether the order's status lets it be pressed."""
        if self.starts_from and order.status not in self.starts_from:
            return False
        if self.only_deliveries and order.fulfilment != Fulfilment.DELIVERY:
            return False
        return self.to is None or ORDER_MACHINE.allows(order.status, self.to)


BUTTONS = {
    "start": Button(
        "Start",
        services.start_production,
        OrderStatus.IN_PRODUCTION,
        "orders.operate_order",
        starts_from=(OrderStatus.PAID,),
    ),
    "ready": Button(
        "Ready",
        services.mark_ready,
        OrderStatus.READY,
        "orders.operate_order",
        starts_from=(OrderStatus.IN_PRODUCTION,),
    ),
    "out": Button(
        "Out for delivery",
        services.mark_out_for_delivery,
        OrderStatus.OUT_FOR_DELIVERY,
        "orders.operate_order",
        only_deliveries=True,
    ),
    "no-show": Button(
        "Not picked up",
        services.mark_no_show,
        OrderStatus.NO_SHOW,
        "orders.operate_order",
        needs_reason=True,
    ),
    "back": Button(
        "One step back",
        services.step_back,
        None,
        "orders.operate_order",
        needs_reason=True,
        starts_from=(
            OrderStatus.IN_PRODUCTION,
            OrderStatus.READY,
            OrderStatus.OUT_FOR_DELIVERY,
            OrderStatus.NO_SHOW,
        ),
    ),
    "cancel": Button(
        "Cancel the order",
        services.cancel_order,
        OrderStatus.CANCELLED,
        "orders.cancel_order",
        needs_reason=True,
    ),
}


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Orders. Nothing is edited here: what happens to an order happens through its buttons."""

    list_display = (
        "number", "status", "pickup", "customer_name", "pieces", "price", "flags", "seen",
    )  # fmt: skip
    list_filter = (
        OpenFilter, PaymentFilter, PickupDayFilter, "has_cake", "status", "fulfilment", "channel",
    )  # fmt: skip
    sortable_by = ("number", "pickup")
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("number", "customer_email", "customer_name", "customer_phone")
    search_help_text = "Number, e-mail address, name or phone."
    ordering = ("-pk",)
    actions = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        """Page by keys: there are years of orders."""
        return KeysetChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show with the list how many open orders have a cake."""
        context = {"open_cakes": selectors.open_cakes(), **(extra_context or {})}
        return super().changelist_view(request, context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """Read the columns of the list in one query."""
        return selectors.console_orders()

    @admin.display(description="pickup", ordering="pickup_starts_at")
    def pickup(self, order: Order) -> str:
        """Show the shop's time."""
        return short_text(order.pickup_starts_at, clock.shop_zone())

    @admin.display(description="pieces")
    def pieces(self, order: Any) -> int:
        """Show how many things are in it."""
        return int(order.pieces)

    @admin.display(description="total", ordering="total")
    def price(self, order: Order) -> str:
        """Show the total as people write it."""
        return money.display(order.total, order.currency)

    @admin.display(description="notes")
    def flags(self, order: Order) -> str:
        """Show what the kitchen must know."""
        cake = "cake" if order.has_cake else ""
        return ", ".join(filter(None, [cake, "ALLERGY" if order.allergy_flag else ""])) or "-"

    @admin.display(description="seen", boolean=True)
    def seen(self, order: Order) -> bool | None:
        """Show whether the kitchen has seen a paid order."""
        return None if order.paid_at is None else order.acknowledged_at is not None

    def get_urls(self) -> list[URLPattern]:
        """Add the buttons."""
        press = self.admin_site.admin_view(require_POST(self.press))
        press.model_admin = self  # type: ignore[attr-defined]  # says that the console guards it
        route = "<int:order_id>/do/<slug:action>/"
        sellers = self.admin_site.admin_view(self.sellers)
        return [
            path(route, press, name="orders_order_do"),
            path("sellers/", sellers, name="orders_order_sellers"),
            path("people/", self.admin_site.admin_view(self.people), name="orders_order_people"),
            *super().get_urls(),
        ]

    def sellers(self, request: HttpRequest) -> HttpResponse:
        """Show what sells."""
        return sellers_page(request, self.admin_site.each_context(request))

    def people(self, request: HttpRequest) -> HttpResponseBase:
        """Answer people who ask for their data, or to be forgotten."""
        return people_page(request, self.admin_site.each_context(request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show everything about one order, and what may be done to it now."""
        known = object_id.isascii() and object_id.isdecimal() and len(object_id) < 19
        order = Order.objects.filter(pk=object_id).first() if known else None
        if order is None:
            raise Http404
        if not self.has_view_permission(request, order):
            raise PermissionDenied
        view = selectors.order_view(order, at=clock.now())
        zone = clock.shop_zone()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Order {order.number}",
            "order": order,
            "view": view,
            "sums": [
                replace(row, amount=money.display(row.amount, order.currency))  # type: ignore[arg-type]  # to be shown
                for row in view.sums.rows()
            ],
            "entries": [(short_text(entry.at, zone), entry) for entry in selectors.timeline(order)],
            "buttons": _buttons(request, order),
            "tools": tools_for(request, order),
            "other_flags": selectors.order_flags(order.pk),
        }
        return render(request, "admin/orders/order/page.html", context)

    def press(self, request: HttpRequest, order_id: int, action: str) -> HttpResponse:
        """Call the one service behind a button."""
        button = BUTTONS.get(action)
        if button is None:
            raise Http404
        if not request.user.has_perm(button.permission):
            raise PermissionDenied
        back = HttpResponseRedirect(reverse("admin:orders_order_change", args=[order_id]))
        arguments = {"order_id": order_id, "actor": actor_of(request), "at": clock.now()}
        if button.needs_reason:
            arguments["reason"] = request.POST.get("reason", "").strip()[:500]
            if not arguments["reason"]:
                messages.error(request, "Say why.")
                return back
        try:
            order = button.service(**arguments)
        except DomainError as error:
            if error.status == 404:
                raise Http404 from error
            messages.error(request, error.message)
        else:
            messages.success(request, f"{order.number} is now {order.get_status_display()}.")
        return back


def _buttons(request: HttpRequest, order: Order) -> list[tuple[str, Button]]:
    """Return the buttons that fit the order's status and the caller's permissions."""
    return [
        (action, button)
        for action, button in BUTTONS.items()
        if button.fits(order) and request.user.has_perm(button.permission)
    ]
