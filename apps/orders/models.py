"""Carts, orders with their frozen lines, their history, and the kitchen's board."""

import uuid
from datetime import date
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from apps.orders.states import OPEN_STATUSES, BoardKind, OrderStatus
from bakery.kernel import clock
from bakery.kernel.append_only import AppendOnly
from bakery.kernel.states import TransitionRecord


class Cart(models.Model):
    """What somebody means to buy. Its id is unguessable and is all that opens it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    ordered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["updated_at"], name="cart_age")]

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


class OrderQuerySet(models.QuerySet["Order"]):
    """Which orders are open, overdue, or picked up on a day."""

    def open(self) -> "OrderQuerySet":
        """Paid orders that are not collected yet."""
        return self.filter(status__in=OPEN_STATUSES)

    def picked_up_on(self, day: date) -> "OrderQuerySet":
        """Orders whose pickup begins on ``day`` in the shop's zone."""
        start = clock.start_of_shop_day(day)
        end = clock.start_of_shop_day(date.fromordinal(day.toordinal() + 1))
        return self.filter(pickup_starts_at__gte=start, pickup_starts_at__lt=end)


class Order(models.Model):
    """What was promised, to whom, for when and for how much; frozen when it is placed."""

    number = models.CharField(max_length=20, unique=True)
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    customer_name = models.CharField(max_length=200)
    customer_email = models.EmailField(max_length=254)
    customer_phone = models.CharField(max_length=20, blank=True)
    status = models.CharField(
        max_length=20, choices=OrderStatus.choices, default=OrderStatus.PENDING_PAYMENT
    )
    currency = models.CharField(max_length=3)
    subtotal = models.DecimalField(max_digits=10, decimal_places=2)
    tax_total = models.DecimalField(max_digits=10, decimal_places=2)
    total = models.DecimalField(max_digits=10, decimal_places=2)
    # Then a line's total has its tax in it; the subtotal never has.
    prices_include_tax = models.BooleanField(default=False)
    tax_region = models.CharField(max_length=10)
    slot_id = models.BigIntegerField()
    pickup_starts_at = models.DateTimeField()
    pickup_ends_at = models.DateTimeField()
    # The wall time as it was promised: it stays true when a zone's rules change later.
    pickup_local = models.CharField(max_length=80)
    zone = models.CharField(max_length=60)
    placed_at = models.DateTimeField()
    hold_expires_at = models.DateTimeField()
    has_cake = models.BooleanField()
    allergy_flag = models.BooleanField(default=False)
    paid_at = models.DateTimeField(null=True)
    payment_ref = models.CharField(max_length=200, blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=200, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        permissions = [
            ("work_board", "Can work on the kitchen's board"),
            ("operate_order", "Can start, finish and hand out orders"),
            ("cancel_order", "Can cancel orders"),
            ("view_sales", "Can see what sells, and for how much"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(subtotal__gte=0), name="order_subtotal"),
            models.CheckConstraint(condition=Q(tax_total__gte=0), name="order_tax_total"),
            models.CheckConstraint(
                condition=Q(total=F("subtotal") + F("tax_total")), name="order_total"
            ),
            models.CheckConstraint(
                condition=Q(pickup_ends_at__gt=F("pickup_starts_at")), name="order_pickup"
            ),
        ]
        indexes = [
            models.Index(
                fields=["hold_expires_at"],
                name="order_overdue",
                condition=Q(status=OrderStatus.PENDING_PAYMENT),
            ),
            models.Index(
                fields=["pickup_starts_at"],
                name="order_open",
                condition=Q(status__in=OPEN_STATUSES),
            ),
            models.Index(fields=["-placed_at", "-id"], name="order_newest"),
            models.Index(fields=["status", "-id"], name="order_status"),
            models.Index(fields=["customer_email"], name="order_email"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def hold_reference(self) -> str:
        """Return the name under which inventory holds this order's goods."""
        return f"order:{self.public_id}"


class OrderLine(models.Model):
    """A line as it was sold: name, price, tax and allergens do not change afterwards."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    variant_id = models.BigIntegerField()
    product_id = models.BigIntegerField()
    sku = models.CharField(max_length=80)
    product_name = models.CharField(max_length=200)
    variant_name = models.CharField(max_length=200, blank=True)
    quantity = models.PositiveIntegerField()
    message = models.CharField(max_length=300, blank=True)
    unit_price = models.DecimalField(max_digits=10, decimal_places=2)
    line_total = models.DecimalField(max_digits=10, decimal_places=2)
    tax_class = models.CharField(max_length=40)
    tax_rate = models.DecimalField(max_digits=7, decimal_places=5)
    tax = models.DecimalField(max_digits=10, decimal_places=2)
    # Each levy's part, as {"name", "rate", "amount"} with numbers as text, and the reason.
    taxes = models.JSONField(default=list)
    tax_note = models.CharField(max_length=200, blank=True)
    is_cake = models.BooleanField()
    made_to_order = models.BooleanField(default=False)
    allergens = models.JSONField(null=True)

    class Meta:
        ordering = ["order", "position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_quantity"),
            models.CheckConstraint(
                condition=Q(line_total=F("unit_price") * F("quantity")), name="order_line_total"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.description}"

    @property
    def description(self) -> str:
        """Return what a person calls it, such as "Carrot cake, 8 inch"."""
        if not self.variant_name:
            return self.product_name
        return f"{self.product_name}, {self.variant_name}"


class OrderTransition(TransitionRecord):
    """One move of an order, by whom and why."""

    subject = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="transitions")


class BoardEvent(AppendOnly):
    """What changed on the kitchen's board; ``seq`` grows in the order of commits."""

    seq = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="board_events")
    kind = models.CharField(max_length=20, choices=BoardKind.choices)
    payload: Any = models.JSONField(encoder=DjangoJSONEncoder)
    at = models.DateTimeField()

    class Meta:
        ordering = ["seq"]

    def __str__(self) -> str:
        return f"#{self.seq} {self.kind}"
