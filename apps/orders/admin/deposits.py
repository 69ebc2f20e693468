"""Rules of deposits in the console."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest

from apps.catalog.models import Category, Product
from apps.orders import services
from apps.orders.models import DepositRule
from bakery.edge.by_service import RefusableForm, RefusalShown
from bakery.edge.console import actor_of
from bakery.kernel import clock, money

_FIELDS = (
    *("name", "starts_on", "ends_on", "percent", "amount", "minimum_total", "minimum_lead_days"),
    *("balance_days", "kept_percent"),
)


class _Ids(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # for the checker only
    """Several rows, as the sorted list of their keys."""

    def clean(self, value: Any) -> Any:
        """Return keys."""
        return sorted(row.pk for row in super().clean(value))


class DepositRuleForm(RefusableForm, forms.ModelForm):  # type: ignore[type-arg]  # as above
    """A rule as people write it."""

    category_ids = _Ids(Category.objects.order_by("name"), required=False, label="Categories")
    product_ids = _Ids(
        Product.objects.order_by("name"),
        required=False,
        label="Products",
        help_text="An order with any of these, or of the categories. None chosen: every order.",
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )

    class Meta:
        model = DepositRule
        fields = _FIELDS
        help_texts = {
            "starts_on": "Orders placed from this day on.",
            "ends_on": "The last day. Empty: until further notice.",
            "percent": "Of what is to be paid. Either this or an amount.",
            "amount": "A fixed deposit. Orders that cost no more are paid at once.",
            "minimum_total": "Orders with a total of this much and more.",
            "minimum_lead_days": "Only for pickups so many days ahead. A pickup before the rest"
            " could be due is always paid at once.",
            "balance_days": "The rest is due so many days before the pickup.",
            "kept_percent": "Of the deposit, when an order is called off after the rest was due."
            " Who approves the refund decides.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["category_ids"] = self.instance.category_ids
            self.initial["product_ids"] = self.instance.product_ids

    def _post_clean(self) -> None:
        """Leave the instance alone: the service writes, and the database's own rules hold."""

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        return {name: self.cleaned_data[name] for name in (*_FIELDS, "category_ids", "product_ids")}


@admin.register(DepositRule)
class DepositRuleAdmin(RefusalShown, admin.ModelAdmin):  # type: ignore[type-arg]  # as above
    """Which orders a deposit makes certain. The service writes the audit entry."""

    form = DepositRuleForm
    list_display = ("name", "asks", "least", "due", "starts_on", "ends_on")
    search_fields = ("name",)
    ordering = ("name",)
    actions = None
    fieldsets = (
        (None, {"fields": ("name", "starts_on", "ends_on")}),
        ("How much", {"fields": ("percent", "amount")}),
        (
            "For which orders",
            {"fields": ("minimum_total", "minimum_lead_days", "category_ids", "product_ids")},
        ),
        ("The rest", {"fields": ("balance_days", "kept_percent")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rules are ended, not deleted."""
        return False

    @admin.display(description="deposit")
    def asks(self, rule: DepositRule) -> str:
        """Show how much it asks for."""
        if rule.amount is not None:
            return money.display(rule.amount, settings.SHOP_CURRENCY)
        return f"{(rule.percent or 0):f}".rstrip("0").rstrip(".") + " %"

    @admin.display(description="from", ordering="minimum_total")
    def least(self, rule: DepositRule) -> str:
        """Show from which total on."""
        return money.display(rule.minimum_total, settings.SHOP_CURRENCY)

    @admin.display(description="rest due", ordering="balance_days")
    def due(self, rule: DepositRule) -> str:
        """Show when the rest is due."""
        return f"{rule.balance_days} days before the pickup"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Write by the service."""
        arguments = {"values": form.values(), "actor": actor_of(request), "at": clock.now()}
        rule = (
            services.change_deposit_rule(rule_id=obj.pk, **arguments)
            if change
            else services.add_deposit_rule(**arguments)
        )
        obj.pk, obj.name = rule.pk, rule.name

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to the audit trail."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to the audit trail."""
