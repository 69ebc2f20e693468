"""The sizes of a product on its page: one block each, what belongs together beside each other."""

from collections import Counter
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.catalog import selectors
from apps.catalog.models import Variant
from apps.catalog.rules.stacks import EXAMPLE, parse_stack, stack_text
from bakery.kernel import money
from bakery.kernel.errors import Invalid


class StackField(forms.CharField):
    """Tiers as one line."""

    def to_python(self, value: Any) -> Any:
        """Return the tiers that the line means."""
        if isinstance(value, list):
            return value
        try:
            return parse_stack(str(value or ""))
        except Invalid as error:
            raise ValidationError(error.message) from error

    def prepare_value(self, value: Any) -> Any:
        """Return stored tiers as a line, and a typed line as it is."""
        return stack_text(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare lines, so that another way of writing the same stack is no change."""
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except ValidationError:
            return True


def _number(width: int, step: str = "1") -> forms.NumberInput:
    return forms.NumberInput(attrs={"step": step, "class": f"w{width}"})


class VariantForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker only
    """A size with its price."""

    tiers = StackField(
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"size": 32, "placeholder": EXAMPLE}),
        help_text="From the bottom; only for stacks.",
    )

    class Meta:
        model = Variant
        fields = (
            "name", "sku", "price", "unit_cost", "per_order_limit", "position",
            "shape", "length_in", "width_in", "height_in", "tiers", "weight_g",
            "servings_min", "servings_max",
            "made_to_order", "lead_time_hours", "lead_days", "cutoff_at",
            "oven_minutes", "decorator_minutes",
            "pieces", "packaging", "message_max_length",
        )  # fmt: skip
        widgets = {
            "name": forms.TextInput(attrs={"size": 18}),
            "sku": forms.TextInput(attrs={"size": 14}),
            "price": _number(6, "0.01"),
            "unit_cost": _number(6, "0.0001"),
            "length_in": _number(5, "0.01"),
            "width_in": _number(5, "0.01"),
            "height_in": _number(5, "0.01"),
            "cutoff_at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            **{
                name: _number(5)
                for name in (
                    "per_order_limit", "position", "weight_g", "servings_min", "servings_max",
                    "lead_time_hours", "lead_days", "oven_minutes", "decorator_minutes", "pieces",
                    "message_max_length",
                )
            },
        }  # fmt: skip
        labels = {
            "price": "Price, before tax",
            "unit_cost": "Cost of one",
            "per_order_limit": "Most per order",
            "position": "Place in the list",
            "length_in": "Length or diameter (in)",
            "width_in": "Width (in)",
            "height_in": "Height (in)",
            "weight_g": "Weight (g)",
            "servings_min": "Serves at least",
            "servings_max": "Serves at most",
            "lead_time_hours": "Lead time (hours)",
            "lead_days": "Working days",
            "cutoff_at": "Day ends at",
            "oven_minutes": "Oven (minutes)",
            "decorator_minutes": "Decorating (minutes)",
            "pieces": "Servings inside, for tax",
            "message_max_length": "Letters on it, at most",
        }

    def clean_unit_cost(self) -> Any:
        """Refuse to overwrite by hand what follows from a recipe."""
        cost = self.cleaned_data["unit_cost"]
        if "unit_cost" in self.changed_data and self.instance.pk and self.instance.parts.exists():
            raise forms.ValidationError("This cost follows from the size's parts: change those.")
        return cost

    def clean_price(self) -> Any:
        """Refuse a price that the shop's currency cannot express."""
        price = self.cleaned_data["price"]
        try:
            money.to_minor(price, settings.SHOP_CURRENCY)
        except Invalid as error:
            raise forms.ValidationError(error.message) from error
        return price


class SizeFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]  # as above
    """The sizes of one product together."""

    def clean(self) -> None:
        """Refuse two sizes on sale with one name: the database would, without naming them."""
        super().clean()
        named: Counter[str] = Counter()
        for form in self.forms:
            if not hasattr(form, "cleaned_data") or form.instance.archived_at is not None:
                continue
            if name := form.cleaned_data.get("name"):
                named[name] += 1
                if named[name] > 1:
                    form.add_error("name", "Another size of this product has this name.")


class VariantInline(admin.StackedInline):  # type: ignore[type-arg]  # as above
    """Sizes on sale; one is archived rather than deleted, because orders point at it."""

    model = Variant
    form = VariantForm
    formset = SizeFormSet
    extra = 0
    can_delete = False
    show_change_link = False
    verbose_name = "size"
    verbose_name_plural = "sizes"
    readonly_fields = ("margin", "servings_by_chart")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "sku", "price", "unit_cost", "margin"),
                    ("per_order_limit", "made_to_order", "position"),
                )
            },
        ),
        (
            "Measures and servings",
            {
                "fields": (
                    ("shape", "length_in", "width_in", "height_in"),
                    ("tiers", "weight_g"),
                    ("servings_min", "servings_max", "servings_by_chart"),
                ),
                "classes": ("collapse",),
            },
        ),
        (
            "Time it needs",
            {
                "fields": (
                    ("lead_time_hours", "lead_days", "cutoff_at"),
                    ("oven_minutes", "decorator_minutes"),
                ),
                "classes": ("collapse",),
            },
        ),
        (
            "Packaging and message",
            {"fields": (("pieces", "packaging", "message_max_length"),), "classes": ("collapse",)},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        """Leave archived sizes out, but not one that was archived while its form was open."""
        posted = {
            int(str(value))
            for name, value in request.POST.items()
            if name.startswith("variants-") and name.endswith("-id") and str(value).isdecimal()
        }
        wanted = Q(archived_at=None) | Q(pk__in=[key for key in posted if key < 2**63])
        return super().get_queryset(request).filter(wanted)

    @admin.display(description="Margin")
    def margin(self, size: Variant) -> str | SafeString:
        """Show what stays of the price."""
        margin = selectors.margin_of(size.price, size.unit_cost) if size.pk else None
        text: str | SafeString = "unknown"
        if margin is not None:
            css = "flag flag-bad" if margin < settings.SHOP_MARGIN_FLOOR else ""
            text = format_html('<span class="{}">{} %</span>', css, f"{margin * 100:.0f}")
        return format_html("{} {}", text, _tool_links(size)) if size.pk else text

    @admin.display(description="By the chart")
    def servings_by_chart(self, size: Variant) -> str | SafeString:
        """Show what a servings chart says of the stored measures, with the page to decide it."""
        if not size.pk:
            return "after saving"
        found = selectors.servings_suggestion(size)
        return format_html(
            '{} <a href="{}">decide</a>',
            f"{found.least} to {found.most}" if found else "needs measures",
            reverse("admin:catalog_servings_decide", args=[size.pk]),
        )


def _tool_links(size: Variant) -> SafeString:
    """Link what other apps suggest for the sizes of a product."""
    return format_html_join(
        " ",
        '<a href="{}#size-{}">{}</a>',
        (
            (reverse(tool.url, args=[size.product_id]), size.pk, tool.label.lower())
            for tool in selectors.product_tools()
        ),
    )
