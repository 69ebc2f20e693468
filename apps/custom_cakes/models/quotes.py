"""Offers of the shop: a price for one revision, good until a moment."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from apps.custom_cakes.models.requests import CakeRequest, CakeRevision
from apps.custom_cakes.states import QuoteKind, QuoteState


class Quote(models.Model):
    """An offer: what of it was written never changes, only its ``state`` and ``order``.

    ``price`` is before tax as the shop writes prices, ``total`` with tax. ``slot_id`` is the pickup
    time that is kept for it, ``variant_id`` the private size of the catalog that it sells.
    ``hold_reference`` keeps the place of a counter-offer until it is accepted.
    """

    request = models.ForeignKey(CakeRequest, on_delete=models.PROTECT, related_name="quotes")
    revision = models.ForeignKey(CakeRevision, on_delete=models.PROTECT, related_name="quotes")
    no = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=QuoteKind.choices)
    state = models.CharField(max_length=12, choices=QuoteState.choices, default=QuoteState.OPEN)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    total = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3)
    servings_least = models.PositiveIntegerField()
    servings_most = models.PositiveIntegerField()
    prediction_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    # For the customer: instructions, or why another cake is offered.
    words = models.TextField(max_length=2000, blank=True)
    changes: Any = models.JSONField(default=list)
    slot_id = models.BigIntegerField()
    variant_id = models.BigIntegerField(null=True)
    hold_reference = models.CharField(max_length=80, blank=True)
    order = models.OneToOneField(
        "orders.Order", null=True, on_delete=models.PROTECT, related_name="cake_quote"
    )
    expires_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["request", "no"]
        constraints = [
            models.UniqueConstraint(fields=["request", "no"], name="cake_quote_once"),
            # One offer at a time can be paid or accepted.
            models.UniqueConstraint(
                fields=["request"],
                condition=Q(state__in=[QuoteState.OPEN, QuoteState.ACCEPTED]),
                name="cake_quote_one_in_force",
            ),
            models.CheckConstraint(condition=Q(price__gt=0), name="cake_quote_price"),
            models.CheckConstraint(
                condition=Q(servings_least__gte=1, servings_most__gte=F("servings_least")),
                name="cake_quote_servings",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}: {self.price} {self.currency}"
