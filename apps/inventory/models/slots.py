"""Pickup slots: when orders can be collected, and how much work fits before each."""

from django.db import models
from django.db.models import F, Q


class Slot(models.Model):
    """A stretch of pickup time for at most ``capacity`` orders; what is booked counts holds too.

    The other three limits are in pieces and in minutes of the oven and of decorators; null is no
    limit of that kind. What staff set ``by_hand``, a new weekly plan leaves alone; what was
    ``closed_by_calendar`` opens again when the holiday or blackout is lifted.
    """

    starts_at = models.DateTimeField(unique=True)
    ends_at = models.DateTimeField()
    capacity = models.PositiveSmallIntegerField()
    booked = models.PositiveSmallIntegerField(default=0)
    max_pieces = models.PositiveIntegerField(null=True, blank=True)
    pieces_booked = models.PositiveIntegerField(default=0)
    max_oven_minutes = models.PositiveIntegerField(null=True, blank=True)
    oven_booked = models.PositiveIntegerField(default=0)
    max_decorator_minutes = models.PositiveIntegerField(null=True, blank=True)
    decorator_booked = models.PositiveIntegerField(default=0)
    closed = models.BooleanField(default=False)
    by_hand = models.BooleanField(default=False, db_default=False)
    closed_by_calendar = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(booked__gte=0) & Q(booked__lte=F("capacity")),
                name="slot_booked_within_capacity",
            ),
            models.CheckConstraint(
                condition=Q(pieces_booked__gte=0)
                & (Q(max_pieces=None) | Q(pieces_booked__lte=F("max_pieces"))),
                name="slot_pieces_within_limit",
            ),
            models.CheckConstraint(
                condition=Q(oven_booked__gte=0)
                & (Q(max_oven_minutes=None) | Q(oven_booked__lte=F("max_oven_minutes"))),
                name="slot_oven_within_limit",
            ),
            models.CheckConstraint(
                condition=Q(decorator_booked__gte=0)
                & (
                    Q(max_decorator_minutes=None)
                    | Q(decorator_booked__lte=F("max_decorator_minutes"))
                ),
                name="slot_decorator_within_limit",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="slot_has_length"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} UTC"
