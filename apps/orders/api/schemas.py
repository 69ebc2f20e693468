"""What clients get, for the API's documentation."""

from rest_framework import serializers

from apps.orders.states import OrderStatus


class ProblemOutput(serializers.Serializer):  # type: ignore[type-arg]
    """Why a line cannot be ordered as it is."""

    code = serializers.CharField()
    message = serializers.CharField()


class LevyOutput(serializers.Serializer):  # type: ignore[type-arg]
    """One levy: its name, its rate as a fraction, its amount."""

    name = serializers.CharField()
    rate = serializers.CharField()
    amount = serializers.CharField()


class CartLineOutput(serializers.Serializer):  # type: ignore[type-arg]
    """A line of a cart."""

    id = serializers.IntegerField()
    variant_id = serializers.IntegerField()
    product_name = serializers.CharField()
    variant_name = serializers.CharField()
    quantity = serializers.IntegerField()
    message = serializers.CharField()
    unit_price = serializers.DecimalField(10, 2, allow_null=True)
    line_total = serializers.DecimalField(10, 2, allow_null=True)
    discount = serializers.DecimalField(10, 2)
    tax_note = serializers.CharField(help_text="Why it is taxed, or not.")
    problem = ProblemOutput(allow_null=True)


class AdjustmentOutput(serializers.Serializer):  # type: ignore[type-arg]
    """What lowered the price, in the order in which it did."""

    kind = serializers.ChoiceField(choices=["promotion", "coupon", "points"])
    label = serializers.CharField()  # type: ignore[assignment]  # shadows Field.label, as it may
    code = serializers.CharField()
    promotion_id = serializers.IntegerField(allow_null=True)
    amount = serializers.DecimalField(10, 2)


class CartCodeOutput(serializers.Serializer):  # type: ignore[type-arg]
    """A code that was added, and why it does not hold if it does not."""

    code = serializers.CharField()
    applied = serializers.BooleanField()
    label = serializers.CharField()  # type: ignore[assignment]
    amount = serializers.DecimalField(10, 2)
    reason = serializers.CharField()
    message = serializers.CharField()


class CartPointsOutput(serializers.Serializer):  # type: ignore[type-arg]
    """Points: how many its owner wants to use, and how many of them are used."""

    wanted = serializers.IntegerField()
    used = serializers.IntegerField()


class CartCardOutput(serializers.Serializer):  # type: ignore[type-arg]
    """A gift card and what it pays of the total."""

    id = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    amount = serializers.DecimalField(10, 2)
    usable = serializers.BooleanField()


class DepositOutput(serializers.Serializer):  # type: ignore[type-arg]
    """What makes the order certain, if its pickup is so many days ahead."""

    amount = serializers.DecimalField(10, 2)
    rest = serializers.DecimalField(10, 2)
    lead_days = serializers.IntegerField()
    balance_days = serializers.IntegerField(
        help_text="The rest is due so many days before the pickup."
    )


class CartOutput(serializers.Serializer):  # type: ignore[type-arg]
    """A cart, priced now."""

    id = serializers.UUIDField()
    ordered = serializers.BooleanField()
    orderable = serializers.BooleanField()
    currency = serializers.CharField()
    lines = CartLineOutput(many=True)
    goods_total = serializers.DecimalField(10, 2, help_text="Before anything is taken off.")
    discount_total = serializers.DecimalField(10, 2)
    adjustments = AdjustmentOutput(many=True)
    delivery_fee = serializers.DecimalField(10, 2)
    subtotal = serializers.DecimalField(10, 2)
    taxes = LevyOutput(many=True)
    tax_total = serializers.DecimalField(10, 2)
    total = serializers.DecimalField(10, 2)
    gift_card_total = serializers.DecimalField(10, 2)
    due = serializers.DecimalField(10, 2, help_text="What is left to pay after gift cards.")
    deposit = DepositOutput(allow_null=True)
    codes = CartCodeOutput(many=True)
    points = CartPointsOutput()
    gift_cards = CartCardOutput(many=True)
    prices_include_tax = serializers.BooleanField()
    servings_missing = serializers.IntegerField(
        help_text="So many more small pieces, and none of them is taxed; 0: does not apply."
    )
    lead_time_hours = serializers.FloatField()


class PickupOutput(serializers.Serializer):  # type: ignore[type-arg]
    """The pickup in the shop's time, said so that no day is mistaken."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    zone = serializers.CharField()
    local = serializers.CharField()
    date = serializers.DateField()
    weekday = serializers.CharField()
    in_days = serializers.IntegerField()
    in_words = serializers.CharField()


class OrderLineOutput(serializers.Serializer):  # type: ignore[type-arg]
    """A line as it was sold."""

    description = serializers.CharField()
    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    message = serializers.CharField()
    unit_price = serializers.DecimalField(10, 2)
    line_total = serializers.DecimalField(10, 2)
    discount = serializers.DecimalField(10, 2)
    tax_rate = serializers.DecimalField(7, 5)
    tax = serializers.DecimalField(10, 2)
    taxes = LevyOutput(many=True)
    tax_note = serializers.CharField()
    is_cake = serializers.BooleanField()
    allergens = serializers.JSONField(allow_null=True)
    details = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(), min_length=2, max_length=2),
        help_text="Of a custom cake: what was agreed, as rows of a label and a text.",
    )


class LinksOutput(serializers.Serializer):  # type: ignore[type-arg]
    """Where to go from here; ``pay`` is null when there is nothing to pay."""

    self = serializers.URLField()
    page = serializers.URLField()
    pay = serializers.URLField(allow_null=True)
    receipts = serializers.URLField()


class OrderOutput(serializers.Serializer):  # type: ignore[type-arg]
    """An order."""

    public_id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.ChoiceField(choices=OrderStatus.choices)
    status_label = serializers.CharField()
    currency = serializers.CharField()
    goods_total = serializers.DecimalField(10, 2, help_text="Before anything is taken off.")
    discount_total = serializers.DecimalField(10, 2)
    adjustments = AdjustmentOutput(many=True)
    delivery_fee = serializers.DecimalField(10, 2)
    subtotal = serializers.DecimalField(10, 2)
    tax_total = serializers.DecimalField(10, 2)
    total = serializers.DecimalField(10, 2)
    taxes = LevyOutput(many=True)
    gift_card_total = serializers.DecimalField(10, 2)
    paid_total = serializers.DecimalField(10, 2)
    refunded_total = serializers.DecimalField(10, 2)
    due = serializers.DecimalField(
        10, 2, help_text="What is still to be paid; below zero: what the customer is owed."
    )
    due_now = serializers.DecimalField(
        10, 2, help_text="What makes it certain: the deposit where one is asked for, else `due`."
    )
    deposit_total = serializers.DecimalField(10, 2, help_text="0.00: all is paid at once.")
    balance_due_at = serializers.DateTimeField(
        allow_null=True, help_text="Until when the rest is paid after a deposit."
    )
    prices_include_tax = serializers.BooleanField()
    language = serializers.CharField(
        help_text="What its mails and documents are written in; empty: the account's language."
    )
    has_cake = serializers.BooleanField()
    lines = OrderLineOutput(many=True)
    pickup = PickupOutput()
    placed_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)
    hold_expires_at = serializers.DateTimeField()
    receipt_url = serializers.URLField(
        allow_null=True,
        help_text="The newest receipt's PDF, for fifteen minutes and to whoever has the address.",
    )
    links = LinksOutput()


class StaffCustomerOutput(serializers.Serializer):  # type: ignore[type-arg]
    """Whom to call."""

    name = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()


class StaffRowOutput(serializers.Serializer):  # type: ignore[type-arg]
    """An order in the list."""

    public_id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.ChoiceField(choices=OrderStatus.choices)
    customer_name = serializers.CharField()
    total = serializers.DecimalField(10, 2)
    currency = serializers.CharField()
    has_cake = serializers.BooleanField()
    allergy_flag = serializers.BooleanField()
    pickup_starts_at = serializers.DateTimeField()
    pickup_local = serializers.CharField()
    placed_at = serializers.DateTimeField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)


class TimelineOutput(serializers.Serializer):  # type: ignore[type-arg]
    """One thing that happened to an order."""

    at = serializers.DateTimeField()
    source = serializers.CharField()  # type: ignore[assignment]  # shadows Field.source, as it may
    title = serializers.CharField()
    actor = serializers.CharField()
    detail = serializers.CharField()


class StaffOrderOutput(OrderOutput):
    """An order with what only staff may see."""

    customer = StaffCustomerOutput()
    allergy_flag = serializers.BooleanField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.CharField()
    timeline = TimelineOutput(many=True)
