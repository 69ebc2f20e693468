"""Refund requests in the console: what waits for a decision first, and a page for each."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.orders import selectors as orders
from apps.payments import selectors
from apps.payments.admin.base import PaymentsAdmin
from apps.payments.admin.refund_asking import ask_page
from apps.payments.admin.refund_moves import move_page, moves_for
from apps.payments.admin.showing import age_text, facts_of, text, when
from apps.payments.models import RefundRequest
from bakery.edge.console import actor_of
from bakery.kernel import clock

_FLAGS = {
    "awaiting_approval": "flag-warn",
    "approved": "flag-draft",
    "sent": "flag-draft",
    "succeeded": "flag-published",
    "failed": "flag-bad",
}


def flag(request: RefundRequest) -> SafeString:
    """Return where a request is, as a coloured word."""
    name = _FLAGS.get(request.status, "flag-archived")
    return format_html('<span class="flag {}">{}</span>', name, request.get_status_display())


class NamedList(ChangeList):
    """A list that knows the names behind "user:7" after one more query."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the rows, then who asked."""
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        names = orders.names_of(row.requested_by for row in rows)
        for row in rows:
            row.asked_by = names.get(row.requested_by, row.requested_by)
        self.result_list: Any = rows


@admin.register(RefundRequest)
class RefundRequestAdmin(PaymentsAdmin):
    """Money that should go back. It changes by the buttons on a request's page alone."""

    list_display = ("asked", "age", "state", "price", "order_number", "why")
    list_filter = ("status", "reason", "way", "requested_at")
    search_fields = ("order__number", "payment__payment_intent", "order__customer_email")
    search_help_text = "Number of the order, mail address, or Stripe's id of the payment."
    sortable_by = ("asked", "price")
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "admin/payments/refund_list.html"
    actions = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Name people."""
        return NamedList

    def get_queryset(self, request: HttpRequest) -> QuerySet[RefundRequest]:
        """Read the columns of the list in one query."""
        return selectors.console_refunds()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Put first what waits for a person."""
        return ("rank", "-requested_at")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show with the list how many wait."""
        context = {
            "title": "Refunds",
            "to_decide": selectors.refunds_to_decide(),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @admin.display(description="asked", ordering="requested_at")
    def asked(self, row: RefundRequest) -> str:
        """Show the shop's time."""
        return when(row.requested_at)

    @admin.display(description="state")
    def state(self, row: RefundRequest) -> SafeString:
        """Show where it is."""
        return flag(row)

    @admin.display(description="amount", ordering="amount")
    def price(self, row: RefundRequest) -> str:
        """Show the amount as people write it."""
        return text(row.amount, row.currency)

    @admin.display(description="why, which way, asked by whom")
    def why(self, row: Any) -> SafeString:
        """Show the reason, how it goes back, and the name of who asked."""
        reason, way = row.get_reason_display(), row.get_way_display()
        return format_html('{}<br><span class="quiet">{}, {}</span>', reason, way, row.asked_by)

    @admin.display(description="open for")
    def age(self, row: RefundRequest) -> str:
        """Show for how long it has been open; nothing for one that ended."""
        is_open = row.settled_at is None and row.status not in ("rejected", "withdrawn")
        return age_text(clock.now() - row.requested_at) if is_open else "-"

    def get_urls(self) -> list[URLPattern]:
        """Add the form that asks for a refund, and what is done with a request."""

        def ask(request: HttpRequest, order_id: int) -> HttpResponse:
            return ask_page(request, self.page_context(request), order_id)

        def move(request: HttpRequest, public_id: Any, action: str) -> HttpResponse:
            return move_page(request, self.page_context(request), public_id, action)

        wrap = self.admin_site.admin_view
        return [
            path("order/<int:order_id>/", wrap(ask), name="payments_refundrequest_order"),
            path("<uuid:public_id>/<slug:action>/", wrap(move), name="payments_refundrequest_move"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show everything about one request, and what may be done with it now."""
        row = self.row_to_show(request, object_id)
        own = row.requested_by == actor_of(request)
        context = {
            **self.page_context(request),
            "title": f"Refund of {text(row.amount, row.currency)}, order {row.order.number}",
            "row": row,
            "flag": flag(row),
            "is_own": own and row.status == "awaiting_approval",
            "dispute": selectors.open_dispute_of(row),
            "buttons": [
                (move, reverse("admin:payments_refundrequest_move", args=[row.public_id, name]))
                for name, move in moves_for(request, row)
            ],
            **facts_of(row),
        }
        return render(request, "admin/payments/refund_page.html", context)
