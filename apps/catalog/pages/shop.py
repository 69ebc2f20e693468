"""The shop: its front page, the shelves, and one page a product."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.catalog import selectors
from apps.catalog.pages import cards
from apps.catalog.rules.food_facts import DIETS
from apps.catalog.selectors import ShelfFilter
from apps.catalog.states import ProductKind
from bakery.edge import access

PAGE_SIZE, LAST_PAGE = 24, 100
_FEATURED_CAKES, _FEATURED_OTHERS = 4, 4


class ShelfForm(forms.Form):
    """What a visitor looks for."""

    q = forms.CharField(max_length=100, required=False, label="Search")
    category = forms.SlugField(max_length=80, required=False)
    diet = forms.MultipleChoiceField(choices=list(DIETS.items()), required=False, label="Diet")
    page = forms.IntegerField(min_value=1, max_value=LAST_PAGE, required=False)

    def wanted(self) -> ShelfFilter:
        """Return the filter; fields that are not right do not narrow."""
        found = getattr(self, "cleaned_data", {})
        return ShelfFilter(
            category=found.get("category") or "",
            diets=tuple(found.get("diet") or ()),
            text=found.get("q") or "",
        )


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
    """The shelves, narrowed by what the visitor looks for."""
    form = ShelfForm(request.GET)
    is_valid = form.is_valid()
    wanted = form.wanted()
    page = form.cleaned_data.get("page") or 1
    offset = (page - 1) * PAGE_SIZE
    rows = list(selectors.shelf_query(wanted)[offset : offset + PAGE_SIZE + 1])
    products = selectors.with_variants(rows[:PAGE_SIZE])
    shelves = selectors.shelves()
    context = {
        "form": form,
        "wanted": wanted,
        "diets": [(tag, label, tag in wanted.diets) for tag, label in DIETS.items()],
        "shelves": shelves,
        "current": next((s.name for s in shelves if s.slug == wanted.category), ""),
        "cards": [cards.card_of(product) for product in products],
        "page": page,
        "previous": _page_link(request, page - 1) if page > 1 else "",
        "next": _page_link(request, page + 1) if len(rows) > PAGE_SIZE else "",
    }
    return render(request, "catalog/shop.html", context, status=200 if is_valid else 400)


@access.page(access.ANYONE)
@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """One product: picture, sizes, facts, and the form that puts it into the cart."""
    found = selectors.product_on_shelf(slug)
    if found is None:
        raise Http404
    choices = cards.choices_of(found)
    context = {
        "product": found,
        "card": cards.card_of(found),
        "choices": choices,
        "first": next((choice.id for choice in choices if choice.available), None),
        "facts": cards.facts_of(found),
        "message_max_length": max((choice.message_max_length for choice in choices), default=0),
        "messages_differ": len({choice.message_max_length for choice in choices}) > 1,
        "most": max((variant.per_order_limit or 50 for variant in found.variants), default=50),
    }
    return render(request, "catalog/product.html", context)


def _page_link(request: HttpRequest, page: int) -> str:
    query = request.GET.copy()
    query["page"] = str(page)
    return f"?{query.urlencode()}"
