"""Stripe's events in the console."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.payments import services
from apps.payments.admin.base import PaymentsAdmin
from apps.payments.models import StripeEvent
from apps.payments.states import EventState
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_AT_ONCE = 20


@admin.register(StripeEvent)
class StripeEventAdmin(PaymentsAdmin):
    """What Stripe sent and what became of it."""

    list_display = ["received_at", "type", "object_id", "state", "note"]
    list_filter = ["state", "type", "livemode", "received_at"]
    search_fields = ["id", "object_id"]
    ordering = ["-received_at"]
    actions = ["apply_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StripeEvent]:
        """Leave the raw text out of lists, where nobody reads it."""
        rows: QuerySet[StripeEvent] = super().get_queryset(request)
        match = request.resolver_match
        in_list = match is not None and str(match.url_name).endswith("_changelist")
        return rows.defer("payload") if in_list else rows

    @admin.action(description="Apply again (parked or stranded events)", permissions=["view"])
    def apply_again(self, request: HttpRequest, queryset: QuerySet[StripeEvent]) -> None:
        """Apply the chosen events and say what became of them."""
        for event in queryset[:_AT_ONCE]:
            before = event.state
            try:
                after = services.apply_event(event_id=event.pk, at=clock.now())
            except DomainError as error:
                self.message_user(request, f"{event.pk}: {error.message}", messages.ERROR)
                continue
            if before != after:
                self.audit(request, event, "apply", changes={"state": [before, after.value]})
            label = EventState(after).label
            self.message_user(request, f"{event.pk}: {label}", messages.SUCCESS)
