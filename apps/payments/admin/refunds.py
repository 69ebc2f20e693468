"""Refund requests in the console."""

from django.contrib import admin

from apps.payments.admin.base import PaymentsAdmin
from apps.payments.models import RefundRequest


@admin.register(RefundRequest)
class RefundRequestAdmin(PaymentsAdmin):
    """Money that should go back."""

    list_display = ["requested_at", "order", "amount", "currency", "reason", "status",
                    "requested_by"]  # fmt: skip
    list_filter = ["status", "reason", "requested_at"]
    list_select_related = ["order", "payment"]
    search_fields = ["order__number", "payment__payment_intent", "order__customer_email"]
    ordering = ["-requested_at"]
