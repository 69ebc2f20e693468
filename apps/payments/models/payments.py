"""Money that came."""

from django.db import models
from django.db.models import Q

from apps.orders.states import PaymentOutcome
from apps.payments.models.attempts import CheckoutAttempt
from bakery.kernel.append_only import AppendOnly


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
