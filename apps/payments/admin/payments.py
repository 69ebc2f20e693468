"""Payments in the console."""

from django.contrib import admin

from apps.payments.admin.base import PaymentsAdmin
from apps.payments.models import Payment


@admin.register(Payment)
class PaymentAdmin(PaymentsAdmin):
    """Money that came."""

    list_display = ["recorded_at", "order", "amount", "currency", "fee", "method", "outcome",
                    "payment_intent"]  # fmt: skip
    list_display_links = ["recorded_at", "payment_intent"]
    list_filter = ["outcome", "method", "recorded_at"]
    list_select_related = ["order"]
    search_fields = ["order__number", "payment_intent", "charge", "order__customer_email"]
    ordering = ["-recorded_at"]
