"""How big a cake: from guests to sizes, and from a cake to its servings."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.catalog import selectors
from apps.catalog.rules.servings import (
    PARTY,
    STANDARD_HEIGHT,
    STYLES,
    Tier,
    estimate,
    suggest,
)
from apps.catalog.rules.servings.estimate import HIGHEST, LARGEST, LOWEST, SMALLEST
from apps.catalog.rules.servings.suggest import MOST_GUESTS
from apps.catalog.states import CakeShape
from bakery.edge import access
from bakery.kernel.errors import Invalid

_SHOWN = 6


class GuestsForm(forms.Form):
    """A party."""

    guests = forms.IntegerField(min_value=1, max_value=MOST_GUESTS, label="How many guests")
    style = forms.ChoiceField(choices=list(STYLES.items()), required=False, label="Slices")
    keep_top = forms.BooleanField(required=False, label="We keep the top tier")


class CakeForm(forms.Form):
    """A cake of one tier, in inches."""

    shape = forms.ChoiceField(choices=CakeShape.choices)
    length = forms.DecimalField(min_value=SMALLEST, max_value=LARGEST, label="Diameter or length")
    width = forms.DecimalField(min_value=SMALLEST, max_value=LARGEST, required=False)
    height = forms.DecimalField(min_value=LOWEST, max_value=HIGHEST, required=False)
    style = forms.ChoiceField(choices=list(STYLES.items()), required=False, label="Slices")


@access.page(access.ANYONE)
@require_safe
def how_big(request: HttpRequest) -> HttpResponse:
    """Answer either question; without one, ask."""
    asks_cake = "shape" in request.GET
    asks_guests = not asks_cake and "guests" in request.GET
    guests = GuestsForm(request.GET if asks_guests else None, auto_id="guests_%s")
    cake = CakeForm(
        request.GET if asks_cake else None, auto_id="cake_%s", initial={"height": STANDARD_HEIGHT}
    )
    context: dict[str, Any] = {"guests_form": guests, "cake_form": cake}
    if guests.is_bound and guests.is_valid():
        context |= _for_guests(guests.cleaned_data)
    if cake.is_bound and cake.is_valid():
        try:
            context["answer"] = _for_cake(cake.cleaned_data)
        except Invalid as error:
            cake.add_error(None, error.message)
    wrong = any(form.is_bound and form.errors for form in (guests, cake))
    return render(request, "catalog/servings.html", context, status=400 if wrong else 200)


def _for_guests(given: dict[str, Any]) -> dict[str, Any]:
    style = given["style"] or PARTY
    return {
        "asked": given["guests"],
        "suggestions": suggest(given["guests"], style=style, keep_top=given["keep_top"])[:_SHOWN],
        "on_sale": selectors.sizes_serving(given["guests"], limit=_SHOWN),
    }


def _for_cake(given: dict[str, Any]) -> Any:
    height: Decimal = given["height"] or STANDARD_HEIGHT
    tier = Tier(given["shape"], given["length"], given["width"], height)
    return estimate([tier], style=given["style"] or PARTY)
