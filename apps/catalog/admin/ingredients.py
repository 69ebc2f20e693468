"""Ingredients in the console: what they cost, and a look at what a new price would do."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.catalog import selectors, services
from apps.catalog.admin.by_service import SavedByService, TimedForm, tell_settled
from apps.catalog.models import Ingredient, IngredientPrice
from apps.catalog.rules.allergen_lists import ATOMS, CODES, GROUPS
from apps.catalog.rules.costing import SUITABLE
from apps.catalog.rules.food_facts import DIETS
from apps.catalog.states import Unit
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyInline
from bakery.kernel import clock
from bakery.kernel.clock import parse_moment
from bakery.kernel.errors import DomainError

_NUTS = GROUPS["tree_nuts"][1]
_CEREALS = GROUPS["gluten_cereals"][1]
_GROUPED = [
    ("Cereals", [(code, ATOMS[code]) for code in ATOMS if code in _CEREALS]),
    ("Tree nuts", [(code, ATOMS[code]) for code in ATOMS if code in _NUTS]),
    ("Others", [(code, ATOMS[code]) for code in ATOMS if code not in _NUTS | _CEREALS]),
    ("Only the kind is known", [(code, label) for code, (label, _) in GROUPS.items()]),
]


class _Ticks(forms.MultipleChoiceField):
    """Several of a vocabulary, as boxes to tick."""

    widget = forms.CheckboxSelectMultiple


class IngredientForm(TimedForm):
    """An ingredient; its price is changed on a page of its own, after a look at what follows."""

    contains = _Ticks(choices=_GROUPED, required=False)
    may_contain = _Ticks(
        choices=_GROUPED, required=False, help_text="Traces, by the supplier's word."
    )
    suits_known = forms.BooleanField(
        required=False,
        label="Diets are recorded",
        help_text="Leave off while you are not sure: nothing made of it is then vegan, halal...",
    )
    suits = _Ticks(
        choices=[(diet, DIETS[diet]) for diet in DIETS if diet in SUITABLE], required=False
    )

    class Meta:
        model = Ingredient
        fields = (
            "name",
            "kind",
            "supplier",
            "is_active",
            "price",
            "price_quantity",
            "unit",
            "facts_complete",
        )
        labels = {"facts_complete": "Both lists are complete", "is_active": "In use"}
        help_texts = {
            "facts_complete": "Tick only what the supplier's paper says. Until then everything "
            "made of it shows what is not named here as unknown.",
            "price": "For the quantity beside it; empty: not known.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["contains"] = self.instance.contains
            self.initial["may_contain"] = self.instance.may_contain
            self.initial["suits_known"] = self.instance.suits is not None
            self.initial["suits"] = self.instance.suits or []

    def clean(self) -> dict[str, Any]:
        """Diets are either recorded or not."""
        cleaned = super().clean()
        if cleaned.get("suits") and not cleaned.get("suits_known"):
            raise forms.ValidationError('Tick "Diets are recorded", or none of the diets.')
        return cleaned

    def wanted(self, names: list[str]) -> dict[str, Any]:
        """Return what the service is asked for, of the fields on this page."""
        wanted = {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
        suits = self.cleaned_data["suits"] if self.cleaned_data["suits_known"] else None
        return {**wanted, "suits": suits}


class PriceForm(forms.Form):
    """A new price."""

    price = forms.DecimalField(
        max_digits=10, decimal_places=2, min_value=0, required=False, help_text="Empty: not known."
    )
    price_quantity = forms.DecimalField(
        max_digits=10, decimal_places=3, min_value=0.001, label="For a quantity of"
    )
    unit = forms.ChoiceField(choices=Unit.choices)


class PriceInline(ReadOnlyInline):
    """What it cost before."""

    model = IngredientPrice
    fields = readonly_fields = ("at", "price", "price_quantity", "unit", "actor")
    verbose_name_plural = "Prices so far"


@admin.register(Ingredient)
class IngredientAdmin(SavedByService):
    """What is bought."""

    form = IngredientForm
    list_display = ("name", "kind", "cost", "supplier", "allergens", "is_active", "updated_at")
    list_filter = ("kind", "facts_complete", "is_active")
    search_fields = ("name", "supplier")
    fieldsets = (
        (None, {"fields": (("name", "kind"), ("supplier", "is_active"))}),
        ("Price", {"fields": (("price", "price_quantity", "unit"),)}),
        ("Allergens", {"fields": ("facts_complete", "contains", "may_contain")}),
        ("Diets", {"fields": ("suits_known", "suits", "read_at")}),
    )
    inlines = (PriceInline,)

    class Media:
        css = {"all": ("css/kitchen.css",)}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the price; the button beside it leads to the page that changes it."""
        return ("price", "price_quantity", "unit") if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """There is no history before there is a row."""
        return self.inlines if obj else ()

    @admin.display(description="price", ordering="price")
    def cost(self, row: Ingredient) -> str:
        """Show the price, or that it is not known."""
        if row.price is None:
            return "not known"
        return f"{row.price} / {row.price_quantity.normalize():f} {row.unit}"

    @admin.display(description="allergens")
    def allergens(self, row: Ingredient) -> str | SafeString:
        """Name what is contained, and whether that is all."""
        named = ", ".join(CODES[code].lower() for code in row.contains)
        traces = ", ".join(CODES[code].lower() for code in row.may_contain)
        told = "; ".join(filter(None, [named, f"traces: {traces}" if traces else ""]))
        if row.facts_complete:
            return told or "none"
        return format_html('{} <span class="flag flag-warn">not all known</span>', told)

    def write(self, request: HttpRequest, form: Any, lines: Any) -> int:
        """Create or change an ingredient."""
        actor, at = actor_of(request), clock.now()
        names = ["name", "kind", "supplier", "is_active", "facts_complete", "contains"]
        names.append("may_contain")
        if form.instance.pk is None:
            names += ["price", "price_quantity", "unit"]
            return services.create_ingredient(**form.wanted(names), actor=actor, at=at).pk
        row, settled = services.update_ingredient(
            ingredient_id=form.instance.pk,
            changes=form.wanted(names),
            read_at=parse_moment(form.cleaned_data["read_at"]),
            reason=form.cleaned_data.get("reason", ""),
            actor=actor,
            at=at,
        )
        if told := tell_settled(lambda text: messages.warning(request, text), settled):
            messages.info(request, told)
        return row.pk

    def get_urls(self) -> list[URLPattern]:
        """Add the page for a new price."""
        view = self.admin_site.admin_view(self.price_page)
        return [
            path("<int:ingredient_id>/price/", view, name="catalog_ingredient_price"),
            *super().get_urls(),
        ]

    def price_page(self, request: HttpRequest, ingredient_id: int) -> HttpResponse:
        """Ask for a price, show what it would do, and change it once that was confirmed."""
        row = Ingredient.objects.filter(pk=ingredient_id).first()
        if row is None:
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        now = {name: getattr(row, name) for name in ("price", "price_quantity", "unit")}
        form, preview = PriceForm(request.POST or None, initial=now), None
        if form.is_valid():
            try:
                if "confirmed" in request.POST:
                    return self._change_price(request, row, form.cleaned_data)
                preview = selectors.preview_price(
                    ingredient_id=row.pk, **form.cleaned_data, at=clock.now()
                )
            except DomainError as error:
                form.add_error(None, error.message)
        context = {
            **self.admin_site.each_context(request),
            "title": f"A new price for {row}",
            "opts": self.opts,
            "row": row,
            "form": form,
            "preview": preview,
        }
        return TemplateResponse(request, "admin/catalog/ingredient/price.html", context)

    def _change_price(
        self, request: HttpRequest, row: Ingredient, changes: dict[str, Any]
    ) -> HttpResponse:
        _, settled = services.update_ingredient(
            ingredient_id=row.pk, changes=changes, actor=actor_of(request), at=clock.now()
        )
        told = tell_settled(lambda text: messages.warning(request, text), settled)
        messages.success(request, f"The price of {row} is changed. {told}")
        return HttpResponseRedirect(reverse("admin:catalog_ingredient_change", args=[row.pk]))
