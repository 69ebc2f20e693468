"""Whom to remind of a cart, and what came of each reminder."""

from django.db import models
from django.db.models import Q

from apps.notifications.states import Channel
from apps.recovery.states import Arm


class CartContact(models.Model):
    """Where a guest may be reminded of a cart; goes with the cart.

    What they agreed to is evidence of notifications: this row alone permits nothing.
    """

    cart = models.OneToOneField("orders.Cart", on_delete=models.CASCADE, related_name="contact")
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=5, default="en")
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["email"], name="cart_contact_email", condition=~Q(email="")),
            models.Index(fields=["phone"], name="cart_contact_phone", condition=~Q(phone="")),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(email="", phone=""), name="cart_contact_somewhere"),
        ]

    def __str__(self) -> str:
        return f"contact of cart {self.cart_id}"


class RecoveryAttempt(models.Model):
    """A reminder that was planned for a cart, or held out at the moment when it was due.

    Whether it was sent, withheld, delivered or opened its ``message`` says. ``person`` is a keyed
    hash of who it is, blank once they are forgotten; ``cart_id`` is not a foreign key: what
    happened outlives the cart. ``order`` is the first order of that cart, or of that person soon
    after, counted for the latest reminder before it; ``revenue`` is without tax, as it was ordered.
    """

    cart_id = models.UUIDField()
    step = models.PositiveSmallIntegerField()
    rule = models.ForeignKey(
        "recovery.RecoveryRule", on_delete=models.PROTECT, related_name="attempts"
    )
    arm = models.CharField(max_length=10, choices=Arm.choices)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    person = models.CharField(max_length=40, blank=True)
    # The cart's last activity, as it was when this was planned.
    touched_at = models.DateTimeField()
    planned_at = models.DateTimeField()
    message = models.OneToOneField(
        "notifications.Message", null=True, on_delete=models.PROTECT, related_name="+"
    )
    coupon = models.OneToOneField(
        "loyalty.Coupon", null=True, on_delete=models.PROTECT, related_name="+"
    )
    coupon_ends_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True)
    restored_at = models.DateTimeField(null=True)
    order = models.OneToOneField(
        "orders.Order", null=True, on_delete=models.PROTECT, related_name="+"
    )
    recovered_at = models.DateTimeField(null=True)
    revenue = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name, verbose_name_plural = "reminder of a cart", "reminders of carts"
        indexes = [
            models.Index(fields=["planned_at"], name="recovery_planned"),
            models.Index(
                fields=["person", "planned_at"], name="recovery_person", condition=~Q(person="")
            ),
            models.Index(
                fields=["coupon_ends_at"],
                name="recovery_coupon_end",
                condition=Q(coupon_ends_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["cart_id", "step"], name="recovery_attempt_once"),
            models.CheckConstraint(
                condition=Q(arm=Arm.REMINDED) | Q(message=None, coupon=None, clicked_at=None),
                name="recovery_held_out_untold",
            ),
            models.CheckConstraint(
                condition=Q(order=None, recovered_at=None, revenue=None)
                | Q(order__isnull=False, recovered_at__isnull=False, revenue__isnull=False),
                name="recovery_attempt_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"step {self.step} of cart {self.cart_id}"
