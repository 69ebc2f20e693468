"""When the shop works and hands things over: weekly hours, special days, blackouts.

All dates and times of day are those of the shop's zone. Nothing is deleted: what was lifted keeps
its row, and the plan of a week is replaced by a newer one from a date on.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class Stretch(models.Model):
    """Hours of one day that are cut into pickup times of ``slot_minutes``, and what fits in each.

    The three limits that may be null are in pieces and minutes, as those of a `Slot`.
    """

    opens = models.TimeField()
    closes = models.TimeField()
    slot_minutes = models.PositiveSmallIntegerField()
    capacity = models.PositiveSmallIntegerField()
    max_pieces = models.PositiveIntegerField(null=True, blank=True)
    max_oven_minutes = models.PositiveIntegerField(null=True, blank=True)
    max_decorator_minutes = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        abstract = True


def _sane(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(closes__gt=F("opens")) & Q(slot_minutes__gte=5) & Q(capacity__gte=1), name=name
    )


class WeekPlan(models.Model):
    """The hours of every week from ``effective_from`` on, until a later plan begins."""

    effective_from = models.DateField(unique=True)
    note = models.CharField(max_length=200, blank=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["effective_from"]
        verbose_name = "opening hours"
        verbose_name_plural = "calendar and opening hours"

    def __str__(self) -> str:
        return f"from {self.effective_from:%Y-%m-%d}"


class WeekHours(Stretch):
    """A stretch of one weekday (0 is Monday) of a plan; a weekday without any is closed."""

    plan = models.ForeignKey(WeekPlan, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["weekday", "opens"]
        constraints: ClassVar = [
            _sane("week_hours_sane"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="week_hours_weekday"),
            models.UniqueConstraint(fields=["plan", "weekday", "opens"], name="week_hours_once"),
        ]

    def __str__(self) -> str:
        return f"{self.weekday}: {self.opens:%H:%M}-{self.closes:%H:%M}"


class SpecialDay(models.Model):
    """A date with other hours than its weekday's, by name; without any hours it is closed."""

    day = models.DateField()
    name = models.CharField(max_length=100)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    lifted_by = models.CharField(max_length=200, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["day"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day"], condition=Q(lifted_at=None), name="special_day_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.day:%Y-%m-%d}"


class SpecialHours(Stretch):
    """A stretch of a special day."""

    special = models.ForeignKey(SpecialDay, on_delete=models.CASCADE, related_name="hours")

    class Meta:
        ordering = ["opens"]
        constraints: ClassVar = [
            _sane("special_hours_sane"),
            models.UniqueConstraint(fields=["special", "opens"], name="special_hours_once"),
        ]

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"


class Blackout(models.Model):
    """Days, the last one included, on which nothing new is handed over, while the shop works.

    For the whole shop, or for one category or one product of it.
    """

    category = models.ForeignKey(
        "catalog.Category", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    product = models.ForeignKey(
        "catalog.Product", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    first_day = models.DateField()
    last_day = models.DateField()
    reason = models.CharField(max_length=200)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    lifted_by = models.CharField(max_length=200, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["first_day", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["last_day"], name="blackout_ahead", condition=Q(lifted_at=None))
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="blackout_has_days"
            ),
            models.CheckConstraint(
                condition=Q(category=None) | Q(product=None), name="blackout_one_scope"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason}, {self.first_day:%Y-%m-%d} to {self.last_day:%Y-%m-%d}"
