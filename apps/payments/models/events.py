"""What Stripe said."""

from django.db import models
from django.db.models import Q

from apps.payments.states import OPEN_EVENTS, EventState


class StripeEvent(models.Model):
    """An event as Stripe sent and signed it, or listed it, and what became of it; stored once."""

    id = models.CharField(primary_key=True, max_length=255)
    type = models.CharField(max_length=100)
    livemode = models.BooleanField()
    api_created = models.DateTimeField()
    object_id = models.CharField(max_length=255, blank=True)
    payload = models.TextField()
    received_at = models.DateTimeField()
    # Set when it was never delivered until we asked for it; then it is as Stripe lists it.
    fetched_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=20, choices=EventState.choices, default=EventState.RECEIVED)
    settled_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["received_at"],
                name="stripe_event_waiting",
                condition=Q(state__in=OPEN_EVENTS),
            ),
            models.Index(fields=["-received_at"], name="stripe_event_newest"),
            models.Index(
                fields=["-received_at"],
                name="stripe_event_delivered",
                condition=Q(fetched_at=None),
            ),
            models.Index(fields=["object_id"], name="stripe_event_object"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
