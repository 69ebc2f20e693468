"""What can be chosen for custom cakes, in the console: with cost and allergens of each choice."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.catalog.models import Recipe
from apps.custom_cakes import selectors, services
from apps.custom_cakes.models import CakeOption
from apps.custom_cakes.states import OptionKind
from bakery.edge.by_service import RefusableForm, RefusalShown
from bakery.edge.console import actor_of
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_FIELDS = (
    *("name", "name_fr", "note", "note_fr", "is_edible", "grams", "material_cost"),
    *("minutes", "complexity", "most", "lead_days", "position"),
)
_MEASURES = {
    OptionKind.FLAVOUR: "cubic inch",
    OptionKind.FILLING: "square inch",
    OptionKind.FINISH: "square inch",
    OptionKind.DECORATION: "piece",
}


class OptionForm(RefusableForm, forms.ModelForm):  # type: ignore[type-arg]  # for the checker only
    """A choice as people write it; ``seen`` is the version that they looked at."""

    called = {"recipe_id": "recipe"}
    recipe = forms.ModelChoiceField(
        Recipe.objects.filter(yield_unit__in=("g", "kg")).order_by("name"),
        required=False,
        help_text="Costs and allergens follow from it. Without one nobody knows what is in it,"
        " and every customer with an allergy is told so.",
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = CakeOption
        fields = ("kind", *_FIELDS)
        labels = {"is_edible": "People eat it"}
        help_texts = {
            "kind": "What it is cannot be changed later.",
            "name_fr": "Shown to customers who read French. Empty: the name above.",
            "note": "A few words for customers, such as 'with fresh raspberries'.",
            "is_edible": "Take the tick off for toppers, ribbons and figures of plastic.",
            "grams": "Of the recipe: in a cubic inch of sponge (5 is usual), a square inch of"
            " filling or outside (3 to 5), or one decoration.",
            "material_cost": "What one takes besides the recipe, before tax.",
            "minutes": "Of a decorator, for a square inch of outside, or for one decoration.",
            "complexity": "From 1 (plain) to 5 (sculpted); the price depends on it.",
            "most": "Decorations only: how many of it one cake may have.",
            "lead_days": "Working days that it needs at least, such as for flowers to dry.",
            "position": "Small numbers come first.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial.update(recipe=self.instance.recipe_id, seen=self.instance.version)
            if "kind" in self.fields:
                self.fields["kind"].disabled = True
        if self.refusal is not None and self.refusal.code == "stale_option" and self.data:
            # Who saves again after reading the warning has seen it.
            posted: Any = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
            posted["seen"] = str(self.refusal.details["version"])
            self.data = posted

    def _post_clean(self) -> None:
        """Leave the instance alone: the service writes, and the database's own rules hold."""

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        recipe = self.cleaned_data["recipe"]
        return {
            **{name: self.cleaned_data[name] for name in _FIELDS},
            "recipe_id": recipe.pk if recipe else None,
        }


@admin.register(CakeOption)
class CakeOptionAdmin(RefusalShown, admin.ModelAdmin):  # type: ignore[type-arg]  # as above
    """What can be chosen. The service writes the audit entry; nothing is deleted."""

    form = OptionForm
    list_display = ("name", "kind", "unit_cost", "allergens", "work", "is_offered")
    list_filter = ("kind", "is_active")
    list_select_related = ("recipe",)
    search_fields = ("name", "name_fr")
    ordering = ("-is_active", "kind", "position", "name")
    actions = ("offer_no_longer", "offer_again")
    readonly_fields = ("as_it_is",)
    fieldsets = (
        (None, {"fields": ("kind", ("name", "name_fr"), ("note", "note_fr"), "position")}),
        (
            "What goes in",
            {"fields": ("recipe", "is_edible", ("grams", "material_cost"), "as_it_is")},
        ),
        ("Work", {"fields": (("minutes", "complexity"), ("most", "lead_days"), "seen")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Requests of the past name it."""
        return False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Work the costs and allergens of the page out together: four statements."""
        page = super().get_changelist_instance(request)
        found = selectors.foods_of([row.pk for row in page.result_list], at=clock.now())
        for row in page.result_list:
            row.food = found[row.pk]
        return page

    @admin.display(description="costs")
    def unit_cost(self, option: CakeOption) -> str | SafeString:
        """Show what one inch or piece of it costs."""
        return _cost_text(option, option.food)  # type: ignore[attr-defined]  # set just above

    @admin.display(description="allergens")
    def allergens(self, option: CakeOption) -> str | SafeString:
        """Show what is known to be in it."""
        return _food_text(option.food.facts)  # type: ignore[attr-defined]  # set just above

    @admin.display(description="work", ordering="minutes")
    def work(self, option: CakeOption) -> str:
        """Show minutes, how intricate it is, and the days that it needs."""
        parts = [f"{option.minutes.normalize():f} min"] if option.minutes else []
        parts.append(f"complexity {option.complexity}")
        if option.lead_days:
            parts.append(f"{option.lead_days} day{'' if option.lead_days == 1 else 's'}")
        return ", ".join(parts)

    @admin.display(description="offered", boolean=True, ordering="is_active")
    def is_offered(self, option: CakeOption) -> bool:
        """Show whether customers can choose it."""
        return option.is_active

    @admin.display(description="By its recipe")
    def as_it_is(self, option: CakeOption) -> str | SafeString:
        """Show cost and allergens as they are stored."""
        if not option.pk:
            return "after saving"
        food = selectors.foods_of([option.pk], at=clock.now())[option.pk]
        return format_html("{}<br>{}", _cost_text(option, food), _food_text(food.facts))

    @admin.action(description="Offer no longer", permissions=["change"])
    def offer_no_longer(self, request: HttpRequest, chosen: QuerySet[CakeOption]) -> None:
        """Archive what was chosen."""
        self._each(request, chosen, services.archive_option, "no longer offered")

    @admin.action(description="Offer again", permissions=["change"])
    def offer_again(self, request: HttpRequest, chosen: QuerySet[CakeOption]) -> None:
        """Bring it back."""
        self._each(request, chosen, services.restore_option, "offered again")

    def _each(self, request: HttpRequest, chosen: Any, step: Any, done: str) -> None:
        at, count = clock.now(), 0
        for option in chosen.order_by("pk"):
            try:
                step(option_id=option.pk, actor=actor_of(request), at=at)
                count += 1
            except DomainError as error:
                messages.error(request, f"{option.name}: {error.message}")
        if count:
            messages.success(request, f"{count} {done}.")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Write by the service."""
        at, actor = clock.now(), actor_of(request)
        if change:
            option = services.update_option(
                option_id=obj.pk,
                changes=form.values(),
                expected_version=form.cleaned_data["seen"],
                actor=actor,
                at=at,
            )
        else:
            option = services.create_option(
                kind=form.cleaned_data["kind"], values=form.values(), actor=actor, at=at
            )
        obj.pk, obj.name = option.pk, option.name

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to the audit trail."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to the audit trail."""


def _cost_text(option: CakeOption, food: selectors.OptionFood) -> str | SafeString:
    if food.cost is None:
        return format_html('<span class="flag flag-warn">{}</span>', "not known")
    # Thousandths of the currency count where a cake has hundreds of inches.
    cents, exact = food.cost.quantize(Decimal("0.01")), food.cost.normalize()
    amount = cents if cents == exact else exact
    return f"{amount:f} {settings.SHOP_CURRENCY} a {_MEASURES[OptionKind(option.kind)]}"


def _food_text(facts: dict[str, Any] | None) -> str | SafeString:
    if facts is None:
        return "not eaten"
    told = [
        ("flag flag-warn", "unknown", facts["unknown"]),
        ("", "contains", facts["contains"]),
        ("", "may contain", facts["may_contain"]),
    ]
    parts = [
        (css, f"{word}: {_names(codes)}" if word != "unknown" else _unknown(codes, facts))
        for css, word, codes in told
        if codes
    ]
    if not parts:
        return "free from all that is listed"
    return format_html_join(SafeString("<br>"), '<span class="{}">{}</span>', parts)


def _names(codes: list[str]) -> str:
    return ", ".join(code.replace("_", " ") for code in codes)


def _unknown(codes: list[str], facts: dict[str, Any]) -> str:
    nothing = not facts["contains"] and not facts["may_contain"] and not facts["free_from"]
    return "allergens not known" if nothing else f"not known: {_names(codes)}"
