"""Attempts to collect money, in the console."""

from django.contrib import admin

from apps.payments.admin.base import PaymentsAdmin
from apps.payments.models import CheckoutAttempt


@admin.register(CheckoutAttempt)
class CheckoutAttemptAdmin(PaymentsAdmin):
    """Payment pages that were made for customers."""

    list_display = ["planned_at", "order", "number", "amount", "currency", "state", "expires_at"]
    list_filter = ["state", "planned_at"]
    list_select_related = ["order"]
    search_fields = ["order__number", "session_id", "idempotency_key"]
    ordering = ["-planned_at"]
    # Whoever has the address can pay, and sees the customer's mail address there.
    exclude = ["url"]
