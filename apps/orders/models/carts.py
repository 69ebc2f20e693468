"""Carts: what somebody means to buy, and everything that was done with them."""

import uuid
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from apps.orders.states import CartEventKind


class CartQuerySet(models.QuerySet["Cart"]):
    """Which carts somebody may open."""

    def of(self, user_id: int | None) -> "CartQuerySet":
        """Carts of guests, which their unguessable id opens, and of this account."""
        return self.filter(Q(user_id=None) | Q(user_id=user_id))


class Cart(models.Model):
    """What somebody means to buy; an account has at most one that is not ordered.

    A guest's is opened by its unguessable id alone, an account's by that account only. What lowers
    its price is kept as it was asked for and judged anew at each look: ``codes`` of coupons,
    ``points`` to spend, ``gift_cards`` by their ids (their codes are as good as money and are not
    kept).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    codes: Any = models.JSONField(default=list)
    points = models.PositiveIntegerField(default=0)
    gift_cards: Any = models.JSONField(default=list)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    ordered_at = models.DateTimeField(null=True)

    objects = CartQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["updated_at"], name="cart_age")]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ordered_at=None), name="cart_one_open_per_user"
            ),
        ]

    def __str__(self) -> str:
        return f"cart {self.id}"


class CartLine(models.Model):
    """A number of one variant with one message; the same variant may be on several lines."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    # Not a foreign key: a line outlives a variant that left the shop, and says so to the customer.
    variant_id = models.BigIntegerField()
    quantity = models.PositiveIntegerField()
    message = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["cart", "variant_id", "message"], name="cart_line_once"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="cart_line_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x variant {self.variant_id}"


class CartEvent(models.Model):
    """One thing that was done with a cart: the path from the shelf to checkout, or to nowhere.

    ``cart_id`` is not a foreign key: what happened outlives the cart. The database refuses to
    change a row, but for forgetting who it was; old ones are deleted, see `services.retention`.
    """

    cart_id = models.UUIDField()
    user_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=20, choices=CartEventKind.choices)
    variant_id = models.BigIntegerField(null=True)
    quantity = models.PositiveIntegerField(null=True)
    data: Any = models.JSONField(encoder=DjangoJSONEncoder, default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["cart_id", "id"], name="cart_event_cart"),
            models.Index(fields=["at"], name="cart_event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of cart {self.cart_id}"
