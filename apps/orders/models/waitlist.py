"""Who waits for a place on a full day."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.orders.states import WaitState
from bakery.kernel.states import TransitionRecord

_ACTIVE = [WaitState.WAITING, WaitState.OFFERED]


class WaitEntry(models.Model):
    """Somebody who waits for any pickup time of ``day``, or for the one of ``slot_id``.

    The key is the place in the line. What is needed of a pickup time (pieces, minutes, hours before
    it begins) is that of ``quantities``, by variant id, as the cart was at joining.
    ``slot_offered`` is held under ``hold_reference`` until ``offer_until``. ``public_id`` is the
    key to its page.
    """

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    day = models.DateField()
    slot_id = models.BigIntegerField(null=True)
    cart_id = models.UUIDField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    email = models.EmailField(max_length=254)
    quantities: Any = models.JSONField(default=dict)
    pieces = models.PositiveIntegerField(default=0)
    oven_minutes = models.PositiveIntegerField(default=0)
    decorator_minutes = models.PositiveIntegerField(default=0)
    lead_hours = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=WaitState.choices, default=WaitState.WAITING)
    joined_at = models.DateTimeField()
    slot_offered = models.BigIntegerField(null=True)
    offered_at = models.DateTimeField(null=True)
    offer_until = models.DateTimeField(null=True)
    order_number = models.CharField(max_length=20, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "place in the line"
        verbose_name_plural = "waiting list"
        constraints = [
            models.UniqueConstraint(
                fields=["email", "day", "slot_id"],
                condition=Q(state__in=_ACTIVE),
                nulls_distinct=False,
                name="wait_once",
            ),
            models.CheckConstraint(
                condition=~Q(state=WaitState.OFFERED)
                | Q(slot_offered__isnull=False, offer_until__isnull=False),
                name="wait_offer_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["day", "id"], name="wait_line", condition=Q(state="waiting")),
            models.Index(fields=["offer_until"], name="wait_offer", condition=Q(state="offered")),
            models.Index(
                fields=["ended_at"], name="wait_ended", condition=Q(ended_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"waiting for {self.day}"

    @property
    def hold_reference(self) -> str:
        """Return the name under which inventory holds the place that is offered."""
        return f"waitlist:{self.pk}"


class WaitTransition(TransitionRecord):
    """One move of an entry; it goes with the entry, which names a person."""

    subject = models.ForeignKey(WaitEntry, on_delete=models.CASCADE, related_name="transitions")
