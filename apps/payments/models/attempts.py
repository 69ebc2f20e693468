"""Attempts to collect money."""

from django.db import models
from django.db.models import Q

from apps.payments.states import LIVE_ATTEMPTS, AttemptState


class CheckoutAttempt(models.Model):
    """One Stripe Checkout Session of an order.

    The row with its idempotency key commits before Stripe is called: whatever happens to the
    call, the next try carries the same key and finds the session that the first one made.
    """

    order = models.ForeignKey(
        "orders.Order", on_delete=models.PROTECT, related_name="checkout_attempts"
    )
    number = models.PositiveSmallIntegerField()
    idempotency_key = models.CharField(max_length=120, unique=True)
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3)
    state = models.CharField(
        max_length=20, choices=AttemptState.choices, default=AttemptState.PLANNED
    )
    session_id = models.CharField(max_length=255, unique=True, null=True)  # noqa: DJ001 - NULLs are not equal
    url = models.TextField(blank=True)
    expires_at = models.DateTimeField()
    planned_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    # Stripe's code for why a card was declined on it last, such as insufficient_funds.
    decline = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="checkout_attempt_number"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="checkout_attempt_amount"),
        ]
        indexes = [
            models.Index(
                fields=["planned_at"],
                name="checkout_attempt_live",
                condition=Q(state__in=LIVE_ATTEMPTS),
            ),
        ]

    def __str__(self) -> str:
        return self.idempotency_key
