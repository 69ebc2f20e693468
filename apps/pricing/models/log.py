"""What was predicted, what was decided, and how long it took to make: rows that never change."""

from typing import Any

from django.db import models
from django.db.models import Q

from apps.pricing.models.versions import ModelVersion
from apps.pricing.states import EstimateOrigin, Source
from bakery.kernel.append_only import AppendOnly


class Prediction(AppendOnly):
    """What was predicted for ``subject`` (such as a request's number) at a moment.

    ``spec`` is the cake as it was described, with the ``style`` that its servings are of and
    whether its top is kept (``keep_top``); ``features`` is what the model saw. Prices are in
    ``currency`` before tax.
    """

    source = models.CharField(max_length=10, choices=Source.choices)
    subject = models.CharField(max_length=80)
    spec: Any = models.JSONField()
    features: Any = models.JSONField(default=dict)
    currency = models.CharField(max_length=3)
    formula_price = models.DecimalField(max_digits=10, decimal_places=2)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    low = models.DecimalField(max_digits=10, decimal_places=2)
    high = models.DecimalField(max_digits=10, decimal_places=2)
    cost = models.DecimalField(max_digits=10, decimal_places=2)
    servings = models.PositiveIntegerField(null=True)
    servings_least = models.PositiveIntegerField(null=True)
    servings_most = models.PositiveIntegerField(null=True)
    servings_formula = models.PositiveIntegerField(null=True)
    origin = models.CharField(max_length=10, choices=EstimateOrigin.choices)
    version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="predictions"
    )
    servings_version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["subject"], name="prediction_subject"),
            models.Index(fields=["-at"], name="prediction_at"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(low__lte=models.F("price"), high__gte=models.F("price")),
                name="prediction_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.price} {self.currency}"


class Decision(AppendOnly):
    """What a person decided about a prediction; ``difference`` is final minus predicted."""

    prediction = models.OneToOneField(Prediction, on_delete=models.PROTECT, related_name="decision")
    final_price = models.DecimalField(max_digits=10, decimal_places=2)
    difference = models.DecimalField(max_digits=10, decimal_places=2)
    final_servings_least = models.PositiveIntegerField(null=True)
    final_servings_most = models.PositiveIntegerField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["at"], name="decision_at")]
        constraints = [
            models.CheckConstraint(condition=Q(final_price__gt=0), name="decision_price"),
        ]

    def __str__(self) -> str:
        return f"{self.prediction_id}: {self.final_price}"


class ShadowPrediction(AppendOnly):
    """What a version that is not in use would have predicted."""

    prediction = models.ForeignKey(Prediction, on_delete=models.PROTECT, related_name="shadows")
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="shadows")
    price = models.DecimalField(max_digits=10, decimal_places=2)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["prediction", "version"], name="shadow_once"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.price}"


class LabourRecord(AppendOnly):
    """How many hours of people a cake took in fact, beside what was estimated for it.

    Of several about one ``subject`` the newest counts: the others were corrected.
    """

    subject = models.CharField(max_length=80)
    complexity = models.PositiveSmallIntegerField()
    estimated_hours = models.DecimalField(max_digits=7, decimal_places=3)
    hours = models.DecimalField(max_digits=7, decimal_places=3)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(hours__gte=0), name="labour_record_hours"),
            models.UniqueConstraint(fields=["subject", "at"], name="labour_record_once"),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.hours} h"
