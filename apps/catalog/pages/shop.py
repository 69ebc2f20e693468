"""The shop: its front page, the shelves, and one page a product."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.catalog import selectors
from apps.catalog.pages import cards
from apps.catalog.pages.filters import (
    category_name,
    chips_of,
    groups_of,
    hidden_fields,
    orders_of,
)
from apps.catalog.pages.food import facts_of_sizes
from apps.catalog.rules.food_facts import ALLERGENS, DIETS
from apps.catalog.selectors import ORDERINGS, ShelfFilter, ShelfProduct
from apps.catalog.states import ProductKind
from bakery.edge import access
from bakery.kernel import clock

PAGE_SIZE, LAST_PAGE = 24, 100
_FEATURED_CAKES, _FEATURED_OTHERS = 4, 4


class ShelfForm(forms.Form):
    """What a visitor looks for; the names are those of the API."""

    q = forms.CharField(max_length=100, required=False, label="Search")
    category = forms.SlugField(max_length=80, required=False)
    kind = forms.ChoiceField(choices=ProductKind.choices, required=False)
    diet = forms.MultipleChoiceField(choices=list(DIETS.items()), required=False, label="Diet")
    free_from = forms.MultipleChoiceField(choices=list(ALLERGENS.items()), required=False)
    price_min = forms.DecimalField(min_value=0, max_digits=10, decimal_places=2, required=False)
    price_max = forms.DecimalField(min_value=0, max_digits=10, decimal_places=2, required=False)
    servings_min = forms.IntegerField(min_value=1, max_value=10_000, required=False)
    ordering = forms.ChoiceField(choices=[(name, name) for name in ORDERINGS], required=False)
    page = forms.IntegerField(min_value=1, max_value=LAST_PAGE, required=False)

    def wanted(self) -> ShelfFilter:
        """Return the filter; fields that are not right do not narrow."""
        found = self.found()
        return ShelfFilter(
            category=found.get("category") or "",
            kind=found.get("kind") or "",
            diets=tuple(found.get("diet") or ()),
            free_from=tuple(found.get("free_from") or ()),
            text=found.get("q") or "",
            price_min=found.get("price_min"),
            price_max=found.get("price_max"),
            servings_min=found.get("servings_min"),
        )

    def found(self) -> dict[str, Any]:
        """Return the fields that are right."""
        return getattr(self, "cleaned_data", {})


@access.page(access.ANYONE)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front page: cakes, what is fresh, and the way to every part of the platform."""
    cakes = selectors.shelf(ShelfFilter(kind=ProductKind.CAKE), limit=_FEATURED_CAKES)
    everyday = selectors.shelf(
        ShelfFilter(kind=ProductKind.EVERYDAY), limit=_FEATURED_OTHERS, ordering="newest"
    )
    context = {
        "cakes": [cards.card_of(product) for product in cakes],
        "everyday": [cards.card_of(product) for product in everyday],
        "cake_shelf": cakes[0].category_slug if cakes else "",
    }
    return render(request, "catalog/home.html", context)


@access.page(access.ANYONE)
@require_safe
def browse(request: HttpRequest) -> HttpResponse:
    """The shelves, narrowed by what the visitor looks for, with the ways to narrow them more."""
    form = ShelfForm(request.GET)
    is_valid = form.is_valid()
    typed = form.wanted()
    understood = selectors.understand(typed)
    number, ordering = form.found().get("page") or 1, form.found().get("ordering") or ""
    page = selectors.shelf_page(
        understood.wanted, limit=PAGE_SIZE, ordering=ordering, offset=(number - 1) * PAGE_SIZE
    )
    facets = selectors.count_facets(understood.wanted)
    context = {
        "form": form,
        "wanted": typed,
        "corrected": understood.corrected,
        "orders": orders_of(typed, ordering),
        "hidden": hidden_fields(typed),
        "groups": groups_of(facets, understood.wanted, ordering),
        "chips": chips_of(facets, typed, ordering),
        "current": category_name(facets, typed),
        "total": facets.total,
        "cards": [cards.card_of(product) for product in page.products],
        "page": number,
        "previous": _page_link(request, number - 1) if number > 1 else "",
        "next": _page_link(request, number + 1) if page.next and number < LAST_PAGE else "",
    }
    return render(request, "catalog/shop.html", context, status=200 if is_valid else 400)


@access.page(access.ANYONE)
@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """One product: picture, sizes, facts, and the form that puts it into the cart."""
    found = selectors.product_on_shelf(slug)
    if found is None:
        raise Http404
    return render(request, "catalog/product.html", product_context(found))


def product_context(found: ShelfProduct) -> dict[str, Any]:
    """Return what the page of a product shows."""
    ids = [variant.id for variant in found.variants]
    choices = cards.choices_of(found, selectors.promises_of(ids, at=clock.now()))
    return {
        "product": found,
        "card": cards.card_of(found),
        "choices": choices,
        "first": next((choice.id for choice in choices if choice.available), None),
        "facts": facts_of_sizes(found),
        "message_max_length": max((choice.message_max_length for choice in choices), default=0),
        "messages_differ": len({choice.message_max_length for choice in choices}) > 1,
        "most": max((variant.per_order_limit or 50 for variant in found.variants), default=50),
    }


def _page_link(request: HttpRequest, page: int) -> str:
    query = request.GET.copy()
    query["page"] = str(page)
    return f"?{query.urlencode()}"
