"""Payments in the console."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.payments.admin.base import PaymentsAdmin
from apps.payments.admin.showing import text, when, with_money_back
from apps.payments.models import CheckoutAttempt, Payment, Refund, RefundRequest


@admin.register(Payment)
class PaymentAdmin(PaymentsAdmin):
    """Money that came, and what of it went back."""

    list_display = ("came", "order_number", "captured", "stripe_fee", "gone_back", "told",
                    "payment_intent")  # fmt: skip
    list_display_links = ("came", "payment_intent")
    list_filter = ("outcome", "method", "recorded_at")
    search_fields = ("order__number", "payment_intent", "charge", "order__customer_email")
    search_help_text = "Number of the order, mail address, or Stripe's id."
    ordering = ("-recorded_at",)
    sortable_by = ("came", "captured")
    show_facets = admin.ShowFacets.NEVER
    actions = None

    class Media:
        """What the list looks like."""

        css: ClassVar[dict[str, list[str]]] = {"all": ["payments/console.css"]}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Name the list."""
        return super().changelist_view(request, {"title": "Payments", **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        """Read the columns of the list in one query."""
        return with_money_back(super().get_queryset(request).select_related("order"))

    @admin.display(description="came", ordering="recorded_at")
    def came(self, row: Payment) -> str:
        """Show the shop's time."""
        return when(row.recorded_at)

    @admin.display(description="captured", ordering="amount")
    def captured(self, row: Payment) -> str:
        """Show what came."""
        return text(row.amount, row.currency)

    @admin.display(description="fee")
    def stripe_fee(self, row: Payment) -> str:
        """Show what Stripe kept."""
        return text(row.fee, row.currency)

    @admin.display(description="went back")
    def gone_back(self, row: Any) -> str:
        """Show what was given back of it."""
        return text(row.refunded, row.currency) if row.refunded else "-"

    @admin.display(description="how")
    def told(self, row: Any) -> SafeString:
        """Show how it was paid, what it meant for the order, and whether it is disputed."""
        said = format_html("{}, {}", row.method or "-", row.get_outcome_display())
        if not row.disputed:
            return said
        return format_html('{}<br><span class="flag flag-bad">disputed</span>', said)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a payment with all that happened to its money."""
        row: Any = self.row_to_show(request, object_id)
        context = {
            **self.page_context(request),
            "title": f"Payment of {text(row.amount, row.currency)}, order {row.order.number}",
            "row": row,
            "figures": _figures(row),
            "came": when(row.recorded_at),
            **_went_back(row),
            "attempts": [
                (when(attempt.planned_at), text(attempt.amount, attempt.currency), attempt)
                for attempt in CheckoutAttempt.objects.filter(order_id=row.order_id)
                .defer("url")
                .order_by("number")
            ],
        }
        return render(request, "admin/payments/payment_page.html", context)


def _went_back(row: Payment) -> dict[str, Any]:
    refunds = Refund.objects.filter(payment=row).select_related("request", "reversal")
    requests = RefundRequest.objects.filter(payment=row)
    return {
        "refunds": [
            (when(refund.recorded_at), text(refund.amount, refund.currency), refund)
            for refund in refunds.order_by("pk")
        ],
        "requests": [
            (when(asked.requested_at), text(asked.amount, asked.currency), asked)
            for asked in requests.order_by("pk")
        ],
        "disputes": [
            (text(dispute.amount, dispute.currency), dispute)
            for dispute in row.disputes.order_by("pk")
        ],
    }


def _figures(row: Any) -> list[tuple[str, str]]:
    left = row.amount - row.refunded
    sums = [
        ("Captured", row.amount),
        ("Stripe's fee", row.fee),
        ("Went back", row.refunded),
        ("Left", left),
    ]
    return [(name, text(amount, row.currency)) for name, amount in sums]
