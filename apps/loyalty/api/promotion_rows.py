"""What staff send and get about promotions, coupons and redemptions."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from apps.loyalty.models import Coupon, Promotion, Redemption
from apps.loyalty.rules.promotion_terms import MAX_AMOUNT, MAX_PRIORITY, MAX_QUANTITY, MAX_USES
from apps.loyalty.selectors.promotion_terms import terms_of_row
from apps.loyalty.services.coupons import MAX_BATCH
from apps.loyalty.states import PromotionKind, PromotionState, ThresholdBasis
from bakery.edge.fields import WholeNumber
from bakery.kernel import clock
from bakery.kernel.errors import Invalid

MAX_SCOPE, MAX_SAMPLE = 500, 50
_COLUMNS = (
    *("id", "name", "kind", "value", "buy_quantity", "get_quantity", "threshold"),
    *("threshold_basis", "product_ids", "category_ids", "gift_ids", "needs_code", "exclusive"),
    *("priority", "first_order_only", "max_uses", "used", "starts_at", "ends_at", "is_active"),
)


class WallMoment(serializers.CharField):
    """ISO 8601; without an offset it is the shop's wall time, which must exist, and only once."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the moment in UTC."""
        try:
            return clock.parse_moment(super().to_internal_value(data))
        except Invalid as error:
            raise serializers.ValidationError(error.message, code=error.code) from error

    def to_representation(self, value: Any) -> str:
        """Return UTC."""
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _money(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=10, decimal_places=2, min_value=Decimal(0), max_value=MAX_AMOUNT, **options
    )


def _ids(most: int = MAX_SCOPE) -> serializers.ListField:
    return serializers.ListField(
        child=WholeNumber(min_value=1, max_value=2**62), max_length=most, required=False
    )


def _count(most: int, *, allow_null: bool = False) -> WholeNumber:
    return WholeNumber(min_value=1, max_value=most, required=False, allow_null=allow_null)


class PromotionInput(serializers.Serializer[Any]):
    """A promotion; what is left out has its default, or stays as it is."""

    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(choices=PromotionKind.choices)
    value = _money(required=False, help_text="A percentage, or an amount for kind amount.")
    buy_quantity = _count(MAX_QUANTITY)
    get_quantity = _count(MAX_QUANTITY)
    threshold = _money(required=False, allow_null=True)
    threshold_basis = serializers.ChoiceField(choices=ThresholdBasis.choices, required=False)
    product_ids = _ids()
    category_ids = _ids()
    gift_ids = _ids()
    needs_code = serializers.BooleanField(required=False)
    exclusive = serializers.BooleanField(required=False)
    priority = WholeNumber(min_value=-MAX_PRIORITY, max_value=MAX_PRIORITY, required=False)
    first_order_only = serializers.BooleanField(required=False)
    per_customer_limit = _count(MAX_USES, allow_null=True)
    max_uses = _count(MAX_USES, allow_null=True)
    starts_at = WallMoment(required=False, allow_null=True, help_text="Included; null: at once.")
    ends_at = WallMoment(required=False, allow_null=True, help_text="Excluded; null: never.")
    reason = serializers.CharField(max_length=500, allow_blank=True, required=False, default="")


class SwitchInput(serializers.Serializer[Any]):
    """Why something is switched on or off."""

    reason = serializers.CharField(max_length=500, allow_blank=True, required=False, default="")


class PromotionView(PromotionInput):
    """A promotion with what it is now."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=PromotionState.choices)
    used = serializers.IntegerField()
    is_active = serializers.BooleanField()
    reason = None  # type: ignore[assignment]  # takes the inherited field away


class CouponInput(serializers.Serializer[Any]):
    """A code that somebody chose, perhaps for one account or one mailbox."""

    code = serializers.CharField(max_length=60)
    max_uses = _count(MAX_USES, allow_null=True)
    user_id = WholeNumber(min_value=1, max_value=2**62, required=False, allow_null=True)
    email = serializers.EmailField(required=False, allow_blank=True)


class BatchInput(serializers.Serializer[Any]):
    """How many codes at random, each for so many uses."""

    count = WholeNumber(min_value=1, max_value=MAX_BATCH)
    prefix = serializers.CharField(max_length=30, required=False, allow_blank=True, default="")
    batch = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    max_uses = WholeNumber(min_value=1, max_value=MAX_USES, required=False, default=1)


class CouponView(serializers.Serializer[Any]):
    """A coupon; `for_whom` is anybody, account or mailbox."""

    id = serializers.IntegerField()
    promotion_id = serializers.IntegerField()
    code = serializers.CharField()
    used = serializers.IntegerField()
    max_uses = serializers.IntegerField(allow_null=True)
    for_whom = serializers.SerializerMethodField()
    batch = serializers.CharField()
    is_active = serializers.BooleanField()

    def get_for_whom(self, row: Coupon) -> str:
        """Say whether it is somebody's."""
        return "account" if row.user_id else "mailbox" if row.mailbox else "anybody"


class RedemptionView(serializers.Serializer[Any]):
    """A use; `reference` names the sale, `order:` and its id."""

    id = serializers.IntegerField()
    promotion_id = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name
    code = serializers.CharField()
    amount = serializers.DecimalField(max_digits=10, decimal_places=2)
    state = serializers.CharField()
    is_dropped = serializers.BooleanField()
    reference = serializers.CharField()
    created_at = serializers.DateTimeField()


class SampleLine(serializers.Serializer[Any]):
    """A line of a sample cart."""

    variant_id = WholeNumber(min_value=1, max_value=2**62)
    quantity = WholeNumber(min_value=1, max_value=1000)


class PreviewInput(serializers.Serializer[Any]):
    """A sample cart, and promotions to try as if their code was typed."""

    lines = serializers.ListField(child=SampleLine(), max_length=MAX_SAMPLE)
    promotion_ids = _ids(MAX_SAMPLE)


class PreviewOffer(serializers.Serializer[Any]):
    """A promotion: what it takes off, or why it does not."""

    promotion_id = serializers.IntegerField()
    name = serializers.CharField()
    state = serializers.CharField()
    amount = serializers.DecimalField(max_digits=10, decimal_places=2)
    why_not = serializers.CharField()


class PreviewLine(SampleLine):
    """A line with its discount."""

    name = serializers.CharField()
    amount = serializers.DecimalField(max_digits=10, decimal_places=2)
    discount = serializers.DecimalField(max_digits=10, decimal_places=2)


class PreviewView(serializers.Serializer[Any]):
    """Promotions in the order of application, and the lines in theirs."""

    promotions = PreviewOffer(many=True)
    lines = PreviewLine(many=True)
    discount = serializers.DecimalField(max_digits=10, decimal_places=2)


def promotion_json(row: Promotion, *, at: datetime) -> dict[str, Any]:
    """Return a row of `selectors.promotion_rows` as it is shown."""
    terms = terms_of_row(row)
    values = {name: getattr(terms, name) for name in _COLUMNS}
    shown = {
        **values,
        "per_customer_limit": row.per_customer_limit,
        "state": terms.state(at),
    }
    return dict(PromotionView(shown).data)


def redemption_json(row: Redemption) -> dict[str, Any]:
    """Return a use as it is shown."""
    return dict(RedemptionView(row).data)
