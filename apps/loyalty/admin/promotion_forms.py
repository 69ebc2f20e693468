"""Forms of promotions and coupons. The services check again what comes out of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.catalog.models import Category, Product, Variant
from apps.loyalty.models import Promotion
from apps.loyalty.rules.coupon_codes import MAX_LENGTH, MAX_PREFIX
from apps.loyalty.rules.promotion_terms import MAX_AMOUNT, MAX_PRIORITY, MAX_QUANTITY, MAX_USES
from apps.loyalty.services.coupons import MAX_BATCH
from apps.loyalty.states import PromotionKind, ThresholdBasis
from bakery.kernel import clock
from bakery.kernel.errors import Invalid

SAMPLE_ROWS, MAX_SAMPLE = 6, 20
_AT_ONCE = 5
_WALL = "%Y-%m-%dT%H:%M"
# Which kinds a field is for; the page hides it for the others.
KINDS_OF = {
    "buy_quantity": "buy_x_get_y",
    "get_quantity": "buy_x_get_y free_item",
    "gift_ids": "free_item",
}
SECTIONS = (
    ("What it gives", ("name", "kind", "value", "buy_quantity", "get_quantity", "gift_ids")),
    ("For what", ("category_ids", "product_ids", "threshold", "threshold_basis")),
    ("How it is used", ("needs_code", "exclusive", "priority")),
    ("For whom and how often", ("first_order_only", "per_customer_limit", "max_uses")),
    ("When", ("starts_at", "ends_at")),
    ("", ("reason",)),
)


class WallTimeField(forms.Field):
    """A moment as it stands on the shop's wall; times that do not exist are refused."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_WALL)

    def prepare_value(self, value: Any) -> Any:
        """Show the shop's time."""
        if isinstance(value, datetime):
            return value.astimezone(clock.shop_zone()).strftime(_WALL)
        return value

    def to_python(self, value: Any) -> datetime | None:
        """Return what was meant, in UTC."""
        if value in self.empty_values:
            return None
        try:
            return clock.parse_moment(str(value))
        except Invalid as error:
            raise ValidationError(error.message) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as they are shown."""
        return bool(self.prepare_value(initial) != data)


class _Ids(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # for the checker only
    """Several rows, as the sorted list of their keys."""

    def clean(self, value: Any) -> Any:
        """Return keys."""
        return sorted(row.pk for row in super().clean(value))


def _products(label: str, help_text: str) -> _Ids:
    return _Ids(
        Product.objects.order_by("name"),
        required=False,
        label=label,
        help_text=f"{help_text} Hold Ctrl (on a Mac, Cmd) to choose several.",
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )


def _count(label: str, help_text: str, most: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=help_text, min_value=1, max_value=most, required=False
    )


class PromotionForm(forms.Form):
    """A promotion; fields that its kind does not know keep their defaults."""

    name = forms.CharField(
        max_length=120,
        help_text="Customers read it beside the discount.",
        widget=forms.TextInput(attrs={"size": 60}),
    )
    kind = forms.ChoiceField(choices=PromotionKind.choices, initial=PromotionKind.PERCENTAGE)
    value = forms.DecimalField(
        min_value=0,
        max_value=MAX_AMOUNT,
        max_digits=10,
        decimal_places=2,
        help_text="A percentage, or an amount of money. For what is given away: how many percent "
        "off, 100 for free.",
    )
    buy_quantity = _count("Buy", "How many must be paid for. Empty: one.", MAX_QUANTITY)
    get_quantity = _count(
        "Get", "How many are given: always the cheapest. Empty: one.", MAX_QUANTITY
    )
    gift_ids = _products("Free item", "One of these, put into the cart, is free.")
    category_ids = _Ids(
        Category.objects.order_by("position", "name"),
        required=False,
        label="Categories",
        help_text="Nothing chosen here or below: all goods.",
        widget=forms.CheckboxSelectMultiple,
    )
    product_ids = _products("Products", "These, besides the categories above.")
    threshold = forms.DecimalField(
        min_value=0,
        max_value=MAX_AMOUNT,
        max_digits=10,
        decimal_places=2,
        required=False,
        label="From a sum of",
        help_text="What the goods it is for must cost together, without tax. Empty: any sum.",
    )
    threshold_basis = forms.ChoiceField(
        choices=ThresholdBasis.choices,
        initial=ThresholdBasis.BEFORE,
        label="The sum counts",
        widget=forms.RadioSelect,
    )
    needs_code = forms.TypedChoiceField(
        choices=[("", "Automatic, for everybody"), ("1", "Only with a code")],
        coerce=bool,
        empty_value="",
        required=False,
        label="Applied",
        widget=forms.RadioSelect,
    )
    exclusive = forms.BooleanField(
        required=False,
        label="Not together with others",
        help_text="It is used alone, when it takes off more than all others together.",
    )
    priority = forms.IntegerField(
        initial=0,
        min_value=-MAX_PRIORITY,
        max_value=MAX_PRIORITY,
        help_text="Among promotions of one kind the lower number is applied first.",
    )
    first_order_only = forms.BooleanField(required=False, label="First order only")
    per_customer_limit = _count(
        "Times per customer", "An account, or a guest's mailbox. Empty: any number.", MAX_USES
    )
    max_uses = _count("Times altogether", "Empty: any number.", MAX_USES)
    starts_at = WallTimeField(required=False, label="Starts", help_text="Empty: at once.")
    ends_at = WallTimeField(required=False, label="Ends", help_text="Empty: never.")
    reason = forms.CharField(
        required=False,
        max_length=500,
        help_text="Why this is changed. Kept in the audit trail.",
        widget=forms.TextInput(attrs={"size": 60}),
    )

    def values(self) -> dict[str, Any]:
        """Return what the service takes; fields of other kinds have their defaults."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "reason"}
        for name in ("buy_quantity", "get_quantity"):
            given[name] = given[name] or 1
        given["needs_code"] = bool(given["needs_code"])
        if given["kind"] != PromotionKind.FREE_ITEM:
            given["gift_ids"] = []
        return given


class CouponForm(forms.Form):
    """A code that somebody chose."""

    code = forms.CharField(
        max_length=60,
        help_text=f"4 to {MAX_LENGTH} letters and digits; case, spaces and dashes do not matter.",
    )
    max_uses = _count("Times altogether", "Empty: as often as the promotion allows.", MAX_USES)
    email = forms.EmailField(
        required=False, label="Only for this mailbox", help_text="Kept as a digest."
    )


class BatchForm(forms.Form):
    """Codes at random."""

    count = forms.IntegerField(min_value=1, max_value=MAX_BATCH, initial=50, label="How many")
    prefix = forms.CharField(  # type: ignore[assignment]  # a field of that name
        max_length=MAX_PREFIX, required=False, help_text="Stands before each code."
    )
    max_uses = forms.IntegerField(
        min_value=1, max_value=MAX_USES, initial=1, label="Times each code"
    )


class SampleForm(forms.Form):
    """A row of a sample cart."""

    variant = forms.TypedChoiceField(coerce=int, empty_value=None, required=False, label="Size")
    quantity = forms.IntegerField(min_value=1, max_value=1000, required=False, label="Pieces")

    def __init__(self, *args: Any, choices: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["variant"]
        field.choices = choices


class TryForm(forms.Form):
    """Which promotions are tried beside the automatic ones, and when."""

    tried = forms.ModelMultipleChoiceField(
        Promotion.objects.order_by("-pk"),
        required=False,
        label="As if their code was typed",
        help_text="Whatever their state; automatic ones that are active are always there.",
        widget=forms.SelectMultiple(attrs={"size": _AT_ONCE}),
    )


SampleFormSet = forms.formset_factory(
    SampleForm, extra=SAMPLE_ROWS, max_num=MAX_SAMPLE, absolute_max=MAX_SAMPLE, validate_max=True
)


def sample_choices() -> list[Any]:
    """Return the sizes to choose from, read once for all rows."""
    sizes = Variant.objects.filter(archived_at=None).select_related("product")
    rows = sizes.order_by("product__name", "position", "pk")
    return [
        ("", "---------"),
        *((size.pk, f"{size.product.name}, {size.name} ({size.price})") for size in rows),
    ]
