"""Where orders are brought, and where postcodes are on the map."""

from typing import Any

from django.db import models
from django.db.models import Q

from apps.orders.states import ZoneKind


class DeliveryZone(models.Model):
    """A part of the world to which orders are brought, and on which terms.

    By postcode: ``postcodes`` are full codes or beginnings of them, in ``country``. By radius: what
    lies within ``radius_km`` of the shop as the crow flies. ``weekdays`` (0 is Monday) are those on
    which it is served, none meaning all.
    """

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=10, choices=ZoneKind.choices)
    country = models.CharField(max_length=2)
    postcodes: Any = models.JSONField(default=list, blank=True)
    radius_km = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    fee = models.DecimalField(max_digits=8, decimal_places=2)
    # From goods of this amount on there is no fee.
    free_from = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    minimum = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    weekdays: Any = models.JSONField(default=list, blank=True)
    rank = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(fee__gte=0)
                & Q(minimum__gte=0)
                & (Q(free_from=None) | Q(free_from__gt=0)),
                name="delivery_zone_amounts",
            ),
            models.CheckConstraint(
                condition=Q(kind=ZoneKind.POSTCODE, radius_km=None)
                | Q(kind=ZoneKind.RADIUS, radius_km__gt=0),
                name="delivery_zone_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PostcodePlace(models.Model):
    """The middle of a postcode (or of the beginning of one), in degrees (WGS 84).

    Filled by `manage.py import_postcodes`; ``source`` says from which file.
    """

    country = models.CharField(max_length=2)
    postcode = models.CharField(max_length=12)
    name = models.CharField(max_length=200, blank=True)
    latitude = models.FloatField()
    longitude = models.FloatField()
    source = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["country", "postcode"], name="postcode_place_once"),
            models.CheckConstraint(
                condition=Q(latitude__gte=-90, latitude__lte=90)
                & Q(longitude__gte=-180, longitude__lte=180),
                name="postcode_place_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.postcode}, {self.country}"
