"""Orders with their frozen lines and their history."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Upper

from apps.orders.states import (
    ACCEPTED,
    DEPOSITED,
    NOT_PAYABLE,
    OPEN_STATUSES,
    Channel,
    Fulfilment,
    OrderStatus,
)
from bakery.kernel import clock
from bakery.kernel.states import TransitionRecord


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
    # Empty when staff took the order of somebody without a mailbox: then nothing is mailed.
    customer_email = models.EmailField(max_length=254, blank=True)
    customer_phone = models.CharField(max_length=20, blank=True)
    # In which mails and documents of it are written; empty: in that of the account, or of the shop.
    language = models.CharField(max_length=5, blank=True)
    # Which cart it was; not a foreign key, since carts are deleted after a while.
    cart_id = models.UUIDField(null=True, editable=False)
    status = models.CharField(
        max_length=20, choices=OrderStatus.choices, default=OrderStatus.PENDING_PAYMENT
    )
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.WEB)
    # Who typed it in for the customer, such as "user:7"; empty when customers did themselves.
    placed_by = models.CharField(max_length=200, blank=True)
    # Counts the edits; who edits says which one they saw.
    revision = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3)
    # What the goods lost to promotions, coupons and points, in prices as they are written; each
    # of them with what it gave is in adjustments, see `rules.pricing.Adjustment`.
    discount_total = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    adjustments: Any = models.JSONField(default=list)
    points_spent = models.PositiveIntegerField(default=0)
    # Without tax, after discounts, with the delivery fee.
    subtotal = models.DecimalField(max_digits=10, decimal_places=2)
    tax_total = models.DecimalField(max_digits=10, decimal_places=2)
    total = models.DecimalField(max_digits=10, decimal_places=2)
    # Then a line's total has its tax in it; the subtotal never has.
    prices_include_tax = models.BooleanField(default=False)
    # Of the total: what gift cards pay, what was paid otherwise (the sum of tenders), and what of
    # that went or goes back.
    gift_card_total = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    paid_total = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    refunded_total = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    # What it costs less since it was made: the sum of its credits.
    credited_total = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    # What makes it certain, with the rest to be paid until then; nothing when all is paid at once.
    # Of it the shop may keep so much when the order is called off after that.
    deposit_total = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    deposit_kept = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    balance_due_at = models.DateTimeField(null=True)
    deposit_paid_at = models.DateTimeField(null=True)
    tax_region = models.CharField(max_length=10)
    fulfilment = models.CharField(
        max_length=10, choices=Fulfilment.choices, default=Fulfilment.PICKUP
    )
    delivery_fee = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    delivery_tax = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    delivery_taxes: Any = models.JSONField(default=list)
    delivery_zone = models.CharField(max_length=100, blank=True)
    # As it was typed or taken from the address book then: recipient, phone, lines, city, region,
    # postcode, country, instructions.
    delivery_address: Any = models.JSONField(null=True)
    # The day of the feast, when the customer named one.
    event_on = models.DateField(null=True)
    customer_note = models.CharField(max_length=1000, blank=True)
    # Said or shown at the counter to be given the order.
    pickup_code = models.CharField(max_length=12, blank=True)
    # Who took it, as they called themselves; how that was proved is its hand-over.
    handed_to = models.CharField(max_length=200, blank=True)
    slot_id = models.BigIntegerField()
    pickup_starts_at = models.DateTimeField()
    pickup_ends_at = models.DateTimeField()
    # The wall time as it was promised: it stays true when a zone's rules change later.
    pickup_local = models.CharField(max_length=80)
    zone = models.CharField(max_length=60)
    # When its ticket comes up in the kitchen: pickup minus the time of preparation.
    fires_at = models.DateTimeField(null=True)
    placed_at = models.DateTimeField()
    hold_expires_at = models.DateTimeField()
    has_cake = models.BooleanField()
    allergy_flag = models.BooleanField(default=False)
    paid_at = models.DateTimeField(null=True)
    payment_ref = models.CharField(max_length=200, blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=200, blank=True)
    # It must not come to life any more, as another order or nothing takes its place: a payment
    # that still arrives goes back.
    superseded_at = models.DateTimeField(null=True)
    # When the customer's data were taken out of it; what the books need stayed.
    erased_at = models.DateTimeField(null=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        permissions = [
            ("work_board", "Can work on the kitchen's board"),
            ("operate_order", "Can start, finish and hand out orders"),
            ("cancel_order", "Can cancel orders"),
            ("view_sales", "Can see what sells, and for how much"),
            ("take_order", "Can take orders at the counter and by phone"),
            ("take_payment", "Can take money for orders at the counter"),
            ("edit_order", "Can change what was ordered"),
            ("hand_over_unproved", "Can hand out an order without its code"),
            ("print_tickets", "Can print tickets and labels"),
            ("plan_bakes", "Can see the bake sheet and plan batches"),
            ("manage_waitlist", "Can see and change waiting lists"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(subtotal__gte=0), name="order_subtotal"),
            models.CheckConstraint(condition=Q(tax_total__gte=0), name="order_tax_total"),
            models.CheckConstraint(
                condition=Q(total=F("subtotal") + F("tax_total")), name="order_total"
            ),
            models.CheckConstraint(
                condition=Q(discount_total__gte=0) & Q(delivery_fee__gte=0),
                name="order_discount_and_fee",
            ),
            models.CheckConstraint(
                condition=Q(gift_card_total__gte=0) & Q(gift_card_total__lte=F("total")),
                name="order_gift_card_total",
            ),
            models.CheckConstraint(
                condition=Q(refunded_total__gte=0)
                & Q(refunded_total__lte=F("paid_total") + F("gift_card_total")),
                name="order_refunded_total",
            ),
            models.CheckConstraint(
                condition=Q(credited_total__gte=0) & Q(credited_total__lte=F("total")),
                name="order_credited_total",
            ),
            models.CheckConstraint(
                condition=Q(deposit_total=0, deposit_kept=0, balance_due_at=None)
                | Q(
                    deposit_total__gt=0,
                    deposit_kept__gte=0,
                    deposit_kept__lte=F("deposit_total"),
                    balance_due_at__isnull=False,
                ),
                name="order_deposit",
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
            models.Index(
                Lower("customer_email"), name="order_guest_mailbox", condition=Q(user=None)
            ),
            models.Index(
                fields=["user", "-id"], name="order_user", condition=Q(user__isnull=False)
            ),
            models.Index(fields=["pickup_starts_at", "id"], name="order_pickup_day"),
            # Of what staff type into the console's search, case ignored.
            GinIndex(
                *(
                    OpClass(Upper(column), name="gin_trgm_ops")
                    for column in ("number", "customer_email", "customer_name", "customer_phone")
                ),
                name="order_search",
            ),
            models.Index(
                fields=["pickup_starts_at"],
                name="order_balance_due",
                condition=Q(
                    status__in=ACCEPTED,
                    total__gt=F("credited_total")
                    + F("gift_card_total")
                    + F("paid_total")
                    - F("refunded_total"),
                ),
            ),
            models.Index(
                fields=["balance_due_at"],
                name="order_balance_date",
                condition=Q(status=OrderStatus.DEPOSIT_PAID),
            ),
            models.Index(
                fields=["fires_at"], name="order_fires", condition=Q(status__in=OPEN_STATUSES)
            ),
            models.Index(
                fields=["pickup_starts_at"],
                name="order_unseen",
                condition=Q(status__in=OPEN_STATUSES, acknowledged_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def hold_reference(self) -> str:
        """Return the name under which inventory holds this order's goods."""
        return f"order:{self.public_id}"

    @property
    def balance(self) -> Decimal:
        """Return what is still to be paid; below zero: what the customer is owed."""
        kept = self.gift_card_total + self.paid_total - self.refunded_total
        return self.total - self.credited_total - kept

    @property
    def due(self) -> Decimal:
        """Return the balance as people are told it: nothing is due of an order that ended."""
        return Decimal("0.00") if self.status in NOT_PAYABLE else self.balance

    @property
    def was_certain(self) -> bool:
        """Tell whether its goods were the customer's once, for all of its price or a deposit."""
        return self.paid_at is not None or self.deposit_paid_at is not None

    @property
    def is_deposited(self) -> bool:
        """Tell whether it is certain with the rest to be paid."""
        return self.status in DEPOSITED

    @property
    def deposit_due(self) -> Decimal:
        """Return what makes the order certain without being all of it; nothing if there is none.

        What was paid of it at the counter counts. One that ended is asked what it asked for then,
        for a payment that was under way.
        """
        missing = self.deposit_total - (self.paid_total - self.refunded_total)
        if self.was_certain or not 0 < missing < self.balance:
            return Decimal("0.00")
        return missing

    @property
    def due_now(self) -> Decimal:
        """Return what is asked for first: the deposit, or all that is due."""
        return Decimal("0.00") if self.status in NOT_PAYABLE else self.deposit_due or self.balance


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
    # What promotions, coupons and points took off this line, as its price is written.
    discount = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    category_id = models.BigIntegerField(null=True)
    pieces = models.PositiveIntegerField(default=1)
    weight_g = models.PositiveIntegerField(null=True)
    prepackaged = models.BooleanField(default=False)
    tax_class = models.CharField(max_length=40)
    tax_rate = models.DecimalField(max_digits=7, decimal_places=5)
    tax = models.DecimalField(max_digits=10, decimal_places=2)
    # Each levy's part, as {"name", "rate", "amount"} with numbers as text, and the reason.
    taxes = models.JSONField(default=list)
    tax_note = models.CharField(max_length=200, blank=True)
    is_cake = models.BooleanField()
    made_to_order = models.BooleanField(default=False)
    allergens = models.JSONField(null=True)
    # Of a custom cake: what was agreed, as rows of [label, text] from the bottom tier up.
    details: Any = models.JSONField(default=list, db_default=[])

    class Meta:
        ordering = ["order", "position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_quantity"),
            models.CheckConstraint(
                condition=Q(line_total=F("unit_price") * F("quantity")), name="order_line_total"
            ),
            models.CheckConstraint(
                condition=Q(discount__gte=0) & Q(discount__lte=F("line_total")),
                name="order_line_discount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.description}"

    @property
    def is_private(self) -> bool:
        """Tell whether it was agreed with its customer: each custom cake has details."""
        return bool(self.details)

    @property
    def description(self) -> str:
        """Return what a person calls it, such as "Carrot cake, 8 inch"."""
        if not self.variant_name:
            return self.product_name
        return f"{self.product_name}, {self.variant_name}"


class OrderTransition(TransitionRecord):
    """One move of an order, by whom and why."""

    subject = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="transitions")
