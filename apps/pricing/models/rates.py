"""What the cost-plus formula reckons with, from a day on."""

from django.db import models
from django.db.models import Q

from bakery.kernel.append_only import AppendOnly


class PriceRates(AppendOnly):
    """The rates from ``starts_on``; the newest row that has begun holds. Money before tax.

    ``waste_percent`` is added to ingredients, ``overhead_percent`` to ingredients and labour.
    Margins are shares of the price. A cake is in a rush with less notice than ``rush_days``, and
    then costs ``rush_percent`` more; prices are rounded up to ``price_step``.
    """

    starts_on = models.DateField()
    hourly_rate = models.DecimalField(max_digits=8, decimal_places=2)
    waste_percent = models.DecimalField(max_digits=5, decimal_places=2, default=5)
    overhead_percent = models.DecimalField(max_digits=5, decimal_places=2, default=15)
    target_margin = models.DecimalField(max_digits=5, decimal_places=4)
    floor_margin = models.DecimalField(max_digits=5, decimal_places=4)
    rush_days = models.PositiveSmallIntegerField(default=7)
    rush_percent = models.DecimalField(max_digits=5, decimal_places=2, default=25)
    price_step = models.DecimalField(max_digits=6, decimal_places=2, default=1)
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        verbose_name = verbose_name_plural = "rates of prices"
        permissions = [("change_rates", "Can set the rates that prices follow from")]
        constraints = [
            models.CheckConstraint(
                condition=Q(target_margin__gte=0, target_margin__lt=1)
                & Q(floor_margin__gte=0, floor_margin__lt=1),
                name="price_rates_margins",
            ),
            models.CheckConstraint(
                condition=Q(hourly_rate__gt=0, price_step__gt=0), name="price_rates_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"from {self.starts_on}"
