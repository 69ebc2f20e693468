"""What requests about stock and their replies look like."""

from typing import Any

from rest_framework import serializers

from apps.inventory.rules.low_stock import MAX_LOW_AT
from apps.inventory.rules.quantities import MAX_QUANTITY
from apps.inventory.states import StockKeeper, WasteReason
from bakery.edge.fields import WholeNumber


class SoldOutInput(serializers.Serializer[Any]):
    """True takes it off sale, false puts it back."""

    sold_out = serializers.BooleanField()
    reason = serializers.CharField(max_length=300, allow_blank=True, required=False, default="")


class SoldOutView(serializers.Serializer[Any]):
    """The sizes that changed."""

    changed = serializers.ListField(child=serializers.IntegerField())


class CareInput(serializers.Serializer[Any]):
    """`low_at` null watches it no more; `kept_by` names whose counts are believed."""

    low_at = WholeNumber(min_value=0, max_value=MAX_LOW_AT, required=False, allow_null=True)
    kept_by = serializers.ChoiceField(choices=StockKeeper.choices, required=False)


class CareView(serializers.Serializer[Any]):
    """A size's stock and how it is watched."""

    variant_id = serializers.IntegerField()
    sku = serializers.CharField()
    product = serializers.CharField()
    size = serializers.CharField()
    on_hand = serializers.IntegerField()
    reserved = serializers.IntegerField()
    available = serializers.IntegerField()
    low_at = serializers.IntegerField(allow_null=True)
    low_since = serializers.DateTimeField(allow_null=True)
    sold_out = serializers.BooleanField()
    kept_by = serializers.CharField()


class MoveView(serializers.Serializer[Any]):
    """A move with the balances after it."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    delta_on_hand = serializers.IntegerField()
    delta_reserved = serializers.IntegerField()
    reason = serializers.CharField()
    ref = serializers.CharField()
    note = serializers.CharField()
    actor = serializers.CharField()
    on_hand = serializers.IntegerField()
    reserved = serializers.IntegerField()
    undone = serializers.BooleanField()


class FiguresView(serializers.Serializer[Any]):
    """Pieces, money at today's cost, and ratios; null where they cannot be known."""

    sold = serializers.IntegerField()
    made = serializers.IntegerField()
    wasted = serializers.IntegerField()
    average = serializers.DecimalField(max_digits=14, decimal_places=2)
    cogs = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    average_value = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    waste_value = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    turnover = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    days_on_hand = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    waste_share = serializers.DecimalField(max_digits=14, decimal_places=4, allow_null=True)
    uncosted = serializers.IntegerField()


class TurnoverRowView(serializers.Serializer[Any]):
    """A category, or one size."""

    category = serializers.CharField()
    product = serializers.CharField()
    size = serializers.CharField()
    sku = serializers.CharField()
    variant_id = serializers.IntegerField(allow_null=True)
    figures = FiguresView()


class TurnoverView(serializers.Serializer[Any]):
    """A window's figures."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    total = FiguresView()
    categories = TurnoverRowView(many=True)
    sizes = TurnoverRowView(many=True)


class WastePeriodView(serializers.Serializer[Any]):
    """Waste of a day or week; `share` is of what was baked."""

    starts = serializers.DateField()
    pieces = serializers.IntegerField()
    value = serializers.DecimalField(max_digits=14, decimal_places=2)
    uncosted = serializers.IntegerField()
    baked = serializers.IntegerField()
    share = serializers.DecimalField(max_digits=14, decimal_places=4, allow_null=True)


class WasteSums(serializers.Serializer[Any]):
    """Waste by period, newest first, and pieces by reason."""

    periods = WastePeriodView(many=True)
    reasons = serializers.DictField(child=serializers.IntegerField())


class NoteInput(serializers.Serializer[Any]):
    """Why."""

    note = serializers.CharField(max_length=300, allow_blank=True, required=False, default="")


class WasteInput(serializers.Serializer[Any]):
    """Pieces thrown away, out of the lot if it is known."""

    variant_id = WholeNumber(min_value=1, max_value=2**62)
    quantity = WholeNumber(min_value=1, max_value=MAX_QUANTITY)
    reason = serializers.ChoiceField(choices=WasteReason.choices)
    lot = serializers.CharField(max_length=60, allow_blank=True, required=False, default="")
    note = serializers.CharField(max_length=300, allow_blank=True, required=False, default="")


class WasteView(serializers.Serializer[Any]):
    """An entry of the waste log; `value` is what the pieces cost then, null if unknown."""

    id = serializers.IntegerField()
    variant_id = serializers.IntegerField()
    quantity = serializers.IntegerField()
    reason = serializers.CharField()
    value = serializers.DecimalField(max_digits=14, decimal_places=4, allow_null=True)
