"""Payments that customers dispute with their bank."""

from typing import Any

from django.db import models
from django.db.models import Q

from apps.payments.models.payments import Payment
from apps.payments.states import OPEN_DISPUTES, DisputeMoveKind, DisputeStatus
from bakery.kernel.append_only import AppendOnly
from bakery.kernel.states import TransitionRecord


class Dispute(models.Model):
    """A customer's bank takes a payment back, or asks about it, until somebody answers.

    ``due_by`` is when evidence has to be with Stripe. The money is in its moves.
    """

    stripe_id = models.CharField(max_length=255, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="disputes")
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3)
    # As Stripe names it, such as "fraudulent" or "product_not_received".
    reason = models.CharField(max_length=60)
    status = models.CharField(max_length=30, choices=DisputeStatus.choices)
    due_by = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.CharField(max_length=200, blank=True)
    # What the shop says, by Stripe's names, and under which key it goes out; since when, while it
    # is not known to have arrived.
    answer: Any = models.JSONField(default=dict)
    answer_key = models.CharField(max_length=100, blank=True)
    answering_at = models.DateTimeField(null=True)
    # How many reminders of its date went out.
    reminders = models.PositiveSmallIntegerField(default=0)

    class Meta:
        permissions = [("answer_dispute", "Can answer disputes")]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_amount"),
        ]
        indexes = [
            models.Index(
                fields=["due_by"], name="dispute_open", condition=Q(status__in=OPEN_DISPUTES)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.stripe_id}"


class DisputeTransition(TransitionRecord):
    """One move of a dispute."""

    subject = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="transitions")


class DisputeMove(AppendOnly):
    """Money that a dispute took (``amount`` below zero) or gave back; ``fee`` is Stripe's."""

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="moves")
    kind = models.CharField(max_length=20, choices=DisputeMoveKind.choices)
    balance_transaction = models.CharField(max_length=255, unique=True)
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    fee = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    currency = models.CharField(max_length=3)
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.balance_transaction}"


class EvidenceArchive(AppendOnly):
    """What the shop knew about an order when its dispute was opened, frozen.

    ``manifest`` lists the files with their size and SHA-256; ``sha256`` is the archive's own.
    """

    dispute = models.OneToOneField(Dispute, on_delete=models.PROTECT, related_name="archive")
    key = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    manifest: Any = models.JSONField()
    frozen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class FraudWarning(AppendOnly):
    """A bank's early word that a payment was not made by the owner of the card."""

    stripe_id = models.CharField(max_length=255, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="fraud_warnings")
    fraud_type = models.CharField(max_length=60)
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.stripe_id
