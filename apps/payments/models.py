"""Attempts to collect money, what Stripe said, money that came, money that should go back."""

from django.db import models
from django.db.models import Q

from apps.orders.states import PaymentOutcome
from apps.payments.states import (
    LIVE_ATTEMPTS,
    OPEN_EVENTS,
    AttemptState,
    EventState,
    RefundReason,
    RefundStatus,
)
from bakery.kernel.append_only import AppendOnly


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


class StripeEvent(models.Model):
    """An event exactly as Stripe sent and signed it, stored once, and what became of it."""

    id = models.CharField(primary_key=True, max_length=255)
    type = models.CharField(max_length=100)
    livemode = models.BooleanField()
    api_created = models.DateTimeField()
    object_id = models.CharField(max_length=255, blank=True)
    payload = models.TextField()
    received_at = models.DateTimeField()
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
            models.Index(fields=["object_id"], name="stripe_event_object"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class Payment(AppendOnly):
    """Money that Stripe captured for an order. Never changed; what undoes it is a row of its own.

    ``fee`` is Stripe's own, in ``currency``, unknown (null) when it settles in another one.
    ``outcome`` says what the payment meant for the order when it arrived.
    """

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="payments")
    attempt = models.ForeignKey(CheckoutAttempt, on_delete=models.PROTECT, related_name="payments")
    payment_intent = models.CharField(max_length=255, unique=True)
    charge = models.CharField(max_length=255, blank=True)
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3)
    fee = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    method = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=20, choices=PaymentOutcome.choices)
    # Empty when we asked Stripe ourselves before any event came.
    event_id = models.CharField(max_length=255, blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        permissions = [("request_refund", "Can ask for a refund")]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount"),
        ]
        indexes = [models.Index(fields=["-recorded_at"], name="payment_newest")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.payment_intent}"


class RefundRequest(models.Model):
    """Money that should go back to the customer once a second person approves.

    ``reference`` tells requests of one reason apart, such as the changes of an order. Without a
    ``payment`` it was taken at the counter, and is given back there by hand.
    """

    order = models.ForeignKey(
        "orders.Order", on_delete=models.PROTECT, related_name="refund_requests"
    )
    payment = models.ForeignKey(
        Payment, null=True, on_delete=models.PROTECT, related_name="refund_requests"
    )
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=30, choices=RefundReason.choices)
    reference = models.CharField(max_length=60, blank=True)
    status = models.CharField(
        max_length=20, choices=RefundStatus.choices, default=RefundStatus.AWAITING_APPROVAL
    )
    requested_by = models.CharField(max_length=200)
    requested_at = models.DateTimeField()

    class Meta:
        permissions = [("approve_refund", "Can approve a refund")]
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "reason", "reference"], name="refund_request_once"
            ),
            models.UniqueConstraint(
                fields=["order", "reason", "reference"],
                name="refund_request_by_hand_once",
                condition=Q(payment=None),
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_request_amount"),
        ]
        indexes = [models.Index(fields=["status", "-requested_at"], name="refund_request_status")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}: {self.get_reason_display()}"
