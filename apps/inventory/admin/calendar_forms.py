"""Forms of the shop's calendar. The services check again what comes out of them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from apps.catalog.models import Category, Product
from apps.inventory.models import WeekPlan
from apps.inventory.rules.calendar import Hours
from apps.inventory.rules.hours import MAX_CAPACITY, MAX_MINUTES

WEEKDAYS = (
    *((0, "Monday"), (1, "Tuesday"), (2, "Wednesday"), (3, "Thursday")),
    *((4, "Friday"), (5, "Saturday"), (6, "Sunday")),
)
BLANK_ROWS = 3


def _day(label: str, **fields: Any) -> forms.DateField:
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **fields
    )


def _time(label: str, **fields: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **fields
    )


def _limit(label: str) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=MAX_MINUTES, required=False)


class StretchForm(forms.Form):
    """Hours of a day, cut into pickup times, and what fits in each."""

    opens = _time("From")
    closes = _time("To")
    slot_minutes = forms.IntegerField(label="Minutes each", min_value=5, max_value=1440, initial=60)
    capacity = forms.IntegerField(label="Orders", min_value=1, max_value=MAX_CAPACITY, initial=6)
    max_pieces = _limit("Pieces")
    max_oven_minutes = _limit("Oven min")
    max_decorator_minutes = _limit("Decorator min")

    def hours(self) -> Hours:
        """Return what was typed."""
        return Hours(**{name: self.cleaned_data[name] for name in Hours.__slots__})


class WeekdayForm(StretchForm):
    """A stretch of a weekday."""

    weekday = forms.TypedChoiceField(label="Day", choices=[("", "---"), *WEEKDAYS], coerce=int)
    field_order = ("weekday",)


class PlanForm(forms.Form):
    """From when on a weekly plan holds."""

    effective_from = _day("From this day on")
    note = forms.CharField(max_length=200, required=False)


WeekFormSet = forms.formset_factory(
    WeekdayForm, extra=BLANK_ROWS, can_delete=True, max_num=42, validate_max=True
)
SpecialHoursFormSet = forms.formset_factory(
    StretchForm, extra=2, can_delete=False, max_num=6, validate_max=True
)


def week_of(formset: Any) -> dict[int, list[Hours]]:
    """Return the stretches by weekday; rows that were left blank or ticked away are not there."""
    week: dict[int, list[Hours]] = {}
    for form in _filled(formset):
        week.setdefault(form.cleaned_data["weekday"], []).append(form.hours())
    return week


def hours_of(formset: Any) -> list[Hours]:
    """Return the stretches of one day."""
    return [form.hours() for form in _filled(formset)]


def _filled(formset: Any) -> list[Any]:
    filled = [form for form in formset if form.has_changed()]
    return [form for form in filled if not form.cleaned_data.get("DELETE")]


def initial_week(plan: WeekPlan) -> Sequence[dict[str, Any]]:
    """Return the rows of a plan for the form."""
    names = ("weekday", *Hours.__slots__)
    return [{name: getattr(row, name) for name in names} for row in plan.hours.all()]


class SpecialForm(forms.Form):
    """A holiday, or a day with other hours."""

    day = _day("Day")
    name = forms.CharField(
        max_length=100, help_text="Customers read it: Thanksgiving, staff training …"
    )


class BlackoutForm(forms.Form):
    """Days without new orders, of everything, a category or a product."""

    first_day = _day("First day")
    last_day = _day("Last day", required=False, help_text="The same day if left blank.")
    reason = forms.CharField(max_length=200, help_text="Customers read it.")
    category = forms.ModelChoiceField(
        queryset=Category.objects.order_by("name"), required=False, empty_label="Everything"
    )
    product = forms.ModelChoiceField(
        queryset=Product.objects.exclude(status="archived").order_by("name"),
        required=False,
        empty_label="Everything in it",
    )

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        given = self.cleaned_data
        last: date = given["last_day"] or given["first_day"]
        return {
            "first_day": given["first_day"],
            "last_day": last,
            "reason": given["reason"],
            "category_id": given["category"].pk if given["category"] else None,
            "product_id": given["product"].pk if given["product"] else None,
        }
