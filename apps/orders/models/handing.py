"""How orders were given away, and the pictures that prove it."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from apps.orders.models.orders import Order
from apps.orders.states import HandOverHow, PictureKind
from bakery.kernel.append_only import AppendOnly


class OrderPicture(models.Model):
    """A picture that belongs to an order: what was made, who took it, or a signature.

    Only what was decoded and written anew is kept, in the private file storage under ``key``;
    ``sha256`` is of the file as it is kept, so that anybody can see later that it is the same.
    ``width`` and ``height`` are in pixels. The database refuses to change a row, but for its
    caption once the order's customer was erased, whose pictures are then gone from the storage.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="pictures")
    kind = models.CharField(max_length=12, choices=PictureKind.choices)
    key = models.CharField(max_length=200, unique=True)
    bytes = models.PositiveIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    caption = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=PictureKind.values), name="order_picture_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class HandOver(AppendOnly):
    """An order was given away: once, by whom, and how it was known who took it.

    ``reason`` says why somebody got it without its code. The name of who took it is with the
    order, where it can be erased; this row is for good.
    """

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="hand_over")
    how = models.CharField(max_length=10, choices=HandOverHow.choices)
    reason = models.CharField(max_length=500, blank=True)
    signature = models.ForeignKey(
        OrderPicture, null=True, on_delete=models.PROTECT, related_name="+"
    )
    photo = models.ForeignKey(OrderPicture, null=True, on_delete=models.PROTECT, related_name="+")
    by = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(how=HandOverHow.UNPROVED) | ~Q(reason=""), name="hand_over_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.how} by {self.by}"


class WrongPickupCode(AppendOnly):
    """Somebody gave a code that is not the order's; a few of them lock it for some minutes."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")
    by = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["order", "at"], name="wrong_code_order")]

    def __str__(self) -> str:
        return f"wrong code, tried by {self.by}"
