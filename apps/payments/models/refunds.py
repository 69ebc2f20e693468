"""Money that should go back, and money that went."""

import uuid
from typing import Any

from django.db import models
from django.db.models import F, Q

from apps.payments.models.payments import Payment
from apps.payments.states import RefundReason, RefundStatus, RefundTill, RefundWay
from bakery.kernel.append_only import AppendOnly
from bakery.kernel.states import TransitionRecord


class RefundRequest(models.Model):
    """Money that should go back to the customer once a second person approves.

    ``reference`` tells requests of one reason apart, such as the changes of an order. Without a
    ``payment`` it was taken at the counter and is given back there by hand, or was a gift card's.
    ``lines`` are what it is for, as {"position", "quantity", "amount", "tax"} with money as text,
    tax included in the amount; empty when it is for an amount only.
    """

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)

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
    way = models.CharField(max_length=20, choices=RefundWay.choices, default=RefundWay.STRIPE)
    lines: Any = models.JSONField(default=list)
    # In the words of who asked.
    explanation = models.CharField(max_length=1000, blank=True)
    # Whether the pieces are whole and can be sold again; what was made to order never is.
    goods_back = models.BooleanField(default=False)
    requested_by = models.CharField(max_length=200)
    requested_at = models.DateTimeField()
    decided_by = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    # Told to the customer when it was rejected.
    decision_note = models.CharField(max_length=500, blank=True)
    # How much less was approved than was asked for.
    lowered_by = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    # What the shop may keep of it as the deposit, if whoever decides says so.
    may_keep = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    # The levies, as {"name", "rate", "amount"}, in what is kept of a deposit, tax included: in
    # `lowered_by`, and in the amount when that was rejected.
    lowered_taxes: Any = models.JSONField(default=list)
    kept_taxes: Any = models.JSONField(default=list)
    # How often it failed for good and was tried anew; each is another refund at Stripe.
    tries = models.PositiveSmallIntegerField(default=0)
    # When Stripe was asked first, in this try.
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    # Why the last try to give it back did not succeed, as Stripe or a person said.
    failure = models.CharField(max_length=200, blank=True)

    class Meta:
        permissions = [
            ("approve_refund", "Can approve a refund"),
            ("give_back_by_hand", "Can give approved refunds back at the counter"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "reason", "reference"], name="refund_request_once"
            ),
            models.UniqueConstraint(
                fields=["order", "reason", "reference", "way"],
                name="refund_request_by_hand_once",
                condition=Q(payment=None),
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_request_amount"),
        ]
        indexes = [models.Index(fields=["status", "-requested_at"], name="refund_request_status")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}: {self.get_reason_display()}"

    @property
    def idempotency_key(self) -> str:
        """Return the name under which Stripe gives it back once, however often it is asked."""
        return f"refund:{self.public_id}:{self.tries}" if self.tries else self.credit_reference

    @property
    def credit_reference(self) -> str:
        """Return the name under which it lowers its sale, once in whatever tries it goes back."""
        return f"refund:{self.public_id}"


class RefundTransition(TransitionRecord):
    """One move of a refund request, by whom and why."""

    subject = models.ForeignKey(RefundRequest, on_delete=models.PROTECT, related_name="transitions")


class PaymentBalance(models.Model):
    """How much of a payment is on its way back or gone back: never more than was captured.

    Made with the first approval. Raised by one conditional UPDATE when a refund is approved,
    lowered when it failed for good.
    """

    payment = models.OneToOneField(
        Payment, primary_key=True, on_delete=models.PROTECT, related_name="given_back"
    )
    captured = models.DecimalField(max_digits=10, decimal_places=2)
    refunding = models.DecimalField(max_digits=10, decimal_places=2, default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(refunding__gte=0) & Q(refunding__lte=F("captured")),
                name="payment_balance_refunding",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.refunding} of {self.captured}"


class Refund(AppendOnly):
    """Money that went back, however. Never changed; one that came back has a reversal.

    ``stripe_id`` is empty for what was given back by hand or on a gift card. Without a ``request``
    somebody refunded in Stripe's own dashboard.
    """

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="refunds")
    request = models.ForeignKey(
        RefundRequest, null=True, on_delete=models.PROTECT, related_name="refunds"
    )
    payment = models.ForeignKey(
        Payment, null=True, on_delete=models.PROTECT, related_name="refunds"
    )
    way = models.CharField(max_length=20, choices=RefundWay.choices)
    # Of what was given back at the counter: from the drawer or by the terminal.
    till = models.CharField(max_length=10, choices=RefundTill.choices, blank=True)
    stripe_id = models.CharField(max_length=255, unique=True, null=True)  # noqa: DJ001 - NULLs are not equal
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3)
    # What it took from Stripe's balance, which is its name in Stripe's books.
    balance_transaction = models.CharField(max_length=255, blank=True)
    # "stripe", or who gave it.
    given_by = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount"),
            models.CheckConstraint(
                condition=Q(way=RefundWay.BY_HAND, till__in=RefundTill.values)
                | (~Q(way=RefundWay.BY_HAND) & Q(till="")),
                name="refund_till",
            ),
        ]
        indexes = [models.Index(fields=["-recorded_at"], name="refund_newest")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.stripe_id or self.way}"


class RefundReversal(AppendOnly):
    """A refund that did not arrive: the money is the shop's again."""

    refund = models.OneToOneField(Refund, on_delete=models.PROTECT, related_name="reversal")
    reason = models.CharField(max_length=200, blank=True)
    balance_transaction = models.CharField(max_length=255, blank=True)
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"back: {self.refund_id}"
