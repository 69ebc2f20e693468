"""Promotions, the coupons that bring them, and who used them when."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.loyalty.states import PromotionKind, PromotionState, SpendState, ThresholdBasis
from bakery.kernel.states import TransitionRecord


class PromotionQuerySet(models.QuerySet["Promotion"]):
    """Which promotions are in which state."""

    def in_state(self, state: str, at: datetime) -> "PromotionQuerySet":
        """Those whose `rules.promotion_terms.Terms.state` at ``at`` is ``state``."""
        over = Q(ends_at__isnull=False, ends_at__lte=at)
        used_up = Q(max_uses__isnull=False, used__gte=F("max_uses"))
        early = Q(starts_at__isnull=False, starts_at__gt=at)
        if state == PromotionState.OFF:
            return self.filter(is_active=False)
        rows = self.filter(is_active=True)
        if state == PromotionState.OVER:
            return rows.filter(over)
        rows = rows.exclude(over)
        if state == PromotionState.USED_UP:
            return rows.filter(used_up)
        rows = rows.exclude(used_up)
        return rows.filter(early) if state == PromotionState.SCHEDULED else rows.exclude(early)


class Promotion(models.Model):
    """A discount: automatic, or brought by a coupon. Customers read its name.

    ``value`` is a percentage, of what is given away too (100: free), or an amount in the shop's
    currency. No products and categories: all goods; otherwise those of either. ``gifts`` are what
    a free item may be. ``used`` counts uses that are reserved or consumed.
    """

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=PromotionKind)
    value = models.DecimalField(max_digits=10, decimal_places=2, default=100)
    buy_quantity = models.PositiveSmallIntegerField(default=1)
    get_quantity = models.PositiveSmallIntegerField(default=1)
    threshold = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    threshold_basis = models.CharField(
        max_length=10, choices=ThresholdBasis, default=ThresholdBasis.BEFORE
    )
    products = models.ManyToManyField("catalog.Product", blank=True, related_name="+")
    categories = models.ManyToManyField("catalog.Category", blank=True, related_name="+")
    gifts = models.ManyToManyField("catalog.Product", blank=True, related_name="+")
    needs_code = models.BooleanField(default=False)
    exclusive = models.BooleanField(default=False)
    priority = models.SmallIntegerField(default=0)
    first_order_only = models.BooleanField(default=False)
    per_customer_limit = models.PositiveIntegerField(null=True, blank=True)
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    used = models.PositiveIntegerField(default=0)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = PromotionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["id"],
                name="promotion_automatic",
                condition=Q(is_active=True, needs_code=False),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=PromotionKind.values), name="promotion_kind"
            ),
            models.CheckConstraint(
                condition=Q(threshold_basis__in=ThresholdBasis.values), name="promotion_basis"
            ),
            models.CheckConstraint(
                condition=Q(value__gt=0) & (Q(kind=PromotionKind.AMOUNT) | Q(value__lte=100)),
                name="promotion_value",
            ),
            models.CheckConstraint(
                condition=Q(buy_quantity__gte=1) & Q(get_quantity__gte=1),
                name="promotion_quantities",
            ),
            models.CheckConstraint(
                condition=Q(used__gte=0) & (Q(max_uses=None) | Q(used__lte=F("max_uses"))),
                name="promotion_used_within_limit",
            ),
            models.CheckConstraint(
                condition=Q(per_customer_limit=None) | Q(per_customer_limit__gte=1),
                name="promotion_customer_limit",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="promotion_window",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def customer_limit(self) -> int | None:
        """How often one customer may use it; a first order happens once, also at a race."""
        return self.per_customer_limit or (1 if self.first_order_only else None)


class Coupon(models.Model):
    """A code that brings a promotion, perhaps for one account or one mailbox alone.

    ``mailbox`` is a keyed hash (`services.customer_keys`). ``batch`` names those that were made
    together.
    """

    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="coupons")
    code = models.CharField(max_length=30, unique=True)
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    used = models.PositiveIntegerField(default=0)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    mailbox = models.CharField(max_length=40, blank=True)
    batch = models.CharField(max_length=60, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(used__gte=0) & (Q(max_uses=None) | Q(used__lte=F("max_uses"))),
                name="coupon_used_within_limit",
            ),
            models.CheckConstraint(condition=Q(code__regex=r"^[0-9A-Z]+$"), name="coupon_code"),
        ]

    def __str__(self) -> str:
        return self.code


class CustomerUse(models.Model):
    """How often a customer uses a promotion; ``most`` is the limit of the latest use.

    ``customer`` is "user:7", or "mail:" and the keyed hash of a mailbox.
    """

    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="+")
    customer = models.CharField(max_length=40)
    used = models.PositiveIntegerField(default=0)
    most = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["promotion", "customer"], name="customer_use_once"),
            models.CheckConstraint(
                condition=Q(used__gte=0) & (Q(most=None) | Q(used__lte=F("most"))),
                name="customer_use_within_limit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer}: {self.used} of promotion {self.promotion_id}"


class Redemption(models.Model):
    """A promotion's use by the sale that ``reference`` names, and what it took off.

    ``is_dropped``: an edit took it out of the sale; it does not return with it.
    """

    reference = models.CharField(max_length=100)
    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="redemptions")
    coupon = models.ForeignKey(
        Coupon, on_delete=models.PROTECT, null=True, blank=True, related_name="redemptions"
    )
    code = models.CharField(max_length=30, blank=True)
    label = models.CharField(max_length=120)
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    customers: Any = models.JSONField(default=list)
    state = models.CharField(max_length=20, choices=SpendState, default=SpendState.RESERVED)
    is_dropped = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["code"], name="redemption_code", condition=~Q(code="")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["reference", "promotion"], name="redemption_once"),
            models.CheckConstraint(
                condition=Q(state__in=SpendState.values), name="redemption_state"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="redemption_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.label} for {self.reference}"


class RedemptionTransition(TransitionRecord):
    """History of a redemption."""

    subject = models.ForeignKey(Redemption, on_delete=models.PROTECT, related_name="history")
