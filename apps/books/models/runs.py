"""Comparisons of Stripe, the orders and the books."""

from django.db import models


class Reconciliation(models.Model):
    """One comparison, of a time at Stripe and of all orders and books.

    ``ended_at`` is null while it runs, or when it broke off; ``problem`` says what could not be
    compared.
    """

    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    # Of Stripe's rows.
    compared = models.PositiveIntegerField(default=0)
    # Differences that are there; of them those nobody had seen before; those that are gone.
    found = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True)
    started_by = models.CharField(max_length=200)

    class Meta:
        indexes = [models.Index(fields=["-started_at"], name="reconciliation_newest")]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}: {self.found} differences"
