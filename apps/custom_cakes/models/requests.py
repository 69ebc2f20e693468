"""Requests for custom cakes: who asks, what exactly (revision by revision), and what was said."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.custom_cakes.states import Author, RequestStatus
from apps.orders.states import Fulfilment
from bakery.kernel.append_only import AppendOnly
from bakery.kernel.states import TransitionRecord


class CakeRequest(models.Model):
    """A wish for a cake. ``number`` is its own for life, and that of its order.

    ``version`` counts every change of it: who decides says which one they saw. ``key`` is what a
    form or a client sent along, so that sending it twice makes one request. ``public_id`` with the
    signed address shows it to its customer. ``revision`` is the current one's number.
    """

    number = models.CharField(max_length=20, unique=True)
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    key = models.UUIDField(unique=True)
    status = models.CharField(
        max_length=30, choices=RequestStatus.choices, default=RequestStatus.DRAFT
    )
    version = models.PositiveIntegerField(default=0)
    revision = models.PositiveSmallIntegerField(default=1)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    customer_name = models.CharField(max_length=200, blank=True)
    customer_email = models.EmailField(max_length=254, blank=True)
    customer_phone = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=5, blank=True)
    internal_note = models.TextField(max_length=2000, blank=True)
    # What was typed so far, as its form has it; None once it was sent.
    draft: Any = models.JSONField(null=True)
    # The order of the offer in force, once there is one.
    order = models.OneToOneField(
        "orders.Order", null=True, on_delete=models.PROTECT, related_name="cake_request"
    )
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "custom cake"
        permissions = [
            ("decide_cakerequest", "Can approve, counter, question and reject custom cakes"),
            ("price_below_floor", "Can sell a custom cake below the floor of its price"),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="cake_request_status"),
            models.Index(fields=["customer_email"], name="cake_request_email"),
            models.Index(
                fields=["user", "-id"], name="cake_request_user", condition=Q(user__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CakeRevision(AppendOnly):
    """What was asked for exactly; a change is a new revision that follows ``previous``.

    ``design`` is a `rules.design.Design`; ``facts`` what it came to then: names, costs, hours,
    allergens and servings, so that it can be told when the options have changed. ``prediction_id``
    is that of the pricing room. ``wanted_on`` is the day of the pickup or the delivery.
    """

    request = models.ForeignKey(CakeRequest, on_delete=models.PROTECT, related_name="revisions")
    no = models.PositiveSmallIntegerField()
    previous = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    design: Any = models.JSONField()
    facts: Any = models.JSONField(default=dict)
    guests = models.PositiveIntegerField(null=True)
    wanted_on = models.DateField(null=True)
    event_on = models.DateField(null=True)
    fulfilment = models.CharField(
        max_length=10, choices=Fulfilment.choices, default=Fulfilment.PICKUP
    )
    budget = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    currency = models.CharField(max_length=3)
    prediction_id = models.BigIntegerField(null=True)
    by = models.CharField(max_length=10, choices=Author.choices)
    at = models.DateTimeField()

    class Meta:
        ordering = ["request", "no"]
        constraints = [
            models.UniqueConstraint(fields=["request", "no"], name="cake_revision_once"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}/{self.no}"


class CakeWish(models.Model):
    """What a customer wrote in their own words with a revision; goes when they are erased.

    ``address`` is where to bring it, ``allergies`` what must not be in it.
    """

    revision = models.OneToOneField(CakeRevision, on_delete=models.PROTECT, related_name="wish")
    words = models.TextField(max_length=3000, blank=True)
    inscription = models.CharField(max_length=300, blank=True)
    colours = models.CharField(max_length=200, blank=True)
    allergies = models.CharField(max_length=500, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    address: Any = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"wish of revision {self.revision_id}"


class CakePhoto(models.Model):
    """A picture that came with a request; private, re-encoded, without what the camera wrote."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(CakeRequest, on_delete=models.PROTECT, related_name="photos")
    storage_key = models.CharField(max_length=200)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    caption = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=10, choices=Author.choices)
    at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"picture of {self.request_id}"


class RequestMessage(models.Model):
    """What customer and shop wrote each other about a request."""

    request = models.ForeignKey(CakeRequest, on_delete=models.PROTECT, related_name="messages")
    author = models.CharField(max_length=10, choices=Author.choices)
    text = models.TextField(max_length=2000)
    by = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.author} about {self.request_id}"


class RequestTransition(TransitionRecord):
    """One move of a request, by whom and why."""

    subject = models.ForeignKey(CakeRequest, on_delete=models.PROTECT, related_name="transitions")
