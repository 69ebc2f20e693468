"""Where Stripe, the orders and the books do not agree."""

from typing import Any

from django.conf import settings
from django.db import models

from apps.books.states import DifferenceState


class Difference(models.Model):
    """One disagreement: what ``kind``, about what (``key``), since when, and who looks after it.

    ``facts`` are what each side says, as text by name. It is the same one as long as kind and key
    are; found again after it was gone, it is as new, with another ``found_at``.
    """

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    order = models.ForeignKey(
        "orders.Order", null=True, on_delete=models.PROTECT, related_name="differences"
    )
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, blank=True)
    facts: Any = models.JSONField(default=dict)
    # When what it is about happened, for kinds that are found by reading a time.
    about_at = models.DateTimeField(null=True)
    state = models.CharField(
        max_length=20, choices=DifferenceState.choices, default=DifferenceState.OPEN
    )
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    explanation = models.CharField(max_length=500, blank=True)
    explained_by = models.CharField(max_length=200, blank=True)
    explained_at = models.DateTimeField(null=True)

    class Meta:
        permissions = [("explain_difference", "Can own and explain differences")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="difference_once"),
        ]
        indexes = [
            models.Index(fields=["state", "found_at"], name="difference_state"),
            models.Index(fields=["-found_at"], name="difference_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
