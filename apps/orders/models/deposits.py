"""When a part of the price is enough for an order to be certain."""

from typing import Any

from django.db import models
from django.db.models import F, Q


class DepositRule(models.Model):
    """Orders that may be made certain by a deposit, for those placed from one day to another.

    Asked for is ``percent`` of what is to be paid, or ``amount``; of orders with a total of
    ``minimum_total`` and more, placed at least ``minimum_lead_days`` ahead, with a product of
    ``product_ids`` or ``category_ids`` in them (any order when both are empty). The rest is due
    ``balance_days`` before the pickup; after that ``kept_percent`` of the deposit may be kept.
    """

    name = models.CharField(max_length=100, unique=True)
    starts_on = models.DateField()
    # The last day, included.
    ends_on = models.DateField(null=True, blank=True)
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    amount = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    minimum_total = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    minimum_lead_days = models.PositiveSmallIntegerField(default=0)
    category_ids: Any = models.JSONField(default=list, blank=True)
    product_ids: Any = models.JSONField(default=list, blank=True)
    balance_days = models.PositiveSmallIntegerField()
    kept_percent = models.DecimalField(max_digits=5, decimal_places=2, default=100)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(percent__gt=0, percent__lt=100, amount=None)
                | Q(percent=None, amount__gt=0),
                name="deposit_rule_size",
            ),
            models.CheckConstraint(
                condition=Q(minimum_total__gte=0, kept_percent__gte=0, kept_percent__lte=100),
                name="deposit_rule_numbers",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="deposit_rule_days",
            ),
        ]

    def __str__(self) -> str:
        return self.name
