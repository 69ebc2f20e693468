"""What was printed, in the console, and the way from an order to its paper."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from apps.orders.models import Order, TicketPrint
from apps.orders.rules.pickup import short_text
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock

PERMISSION = "orders.print_tickets"


@admin.register(TicketPrint)
class TicketPrintAdmin(ReadOnlyAdmin):
    """The prints of tickets and labels, the newest first. Printing itself is done on its page."""

    list_display = ("printed", "order", "kind", "mark", "station", "revision", "printed_by")
    list_filter = ("kind", "mark")
    list_select_related = ("order",)
    search_fields = ("order__number",)
    search_help_text = "The order's number."
    ordering = ("-pk",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[TicketPrint]:
        """Read no more of the orders than their numbers."""
        prints: QuerySet[TicketPrint] = super().get_queryset(request)
        return prints.select_related("order")

    @admin.display(description="printed", ordering="pk")
    def printed(self, row: TicketPrint) -> str:
        """Show the shop's time."""
        return short_text(row.at, clock.shop_zone())

    def get_urls(self) -> list[URLPattern]:
        """Add the way from an order's page to its paper."""
        view = self.admin_site.admin_view(self.paper)
        return [
            path("of-order/<int:order_id>/", view, name="orders_ticketprint_of"),
            *super().get_urls(),
        ]

    def paper(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Go to the preview of an order's ticket."""
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        public_id = Order.objects.filter(pk=order_id).values_list("public_id", flat=True).first()
        if public_id is None:
            raise Http404
        return HttpResponseRedirect(f"{reverse('ticket-preview')}?order={public_id}")
