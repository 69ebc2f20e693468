"""Query parameters of the product list: anything unexpected is a 400 that names its field."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from django.http import QueryDict
from rest_framework.exceptions import ValidationError

from apps.catalog.rules.food_facts import ALLERGENS, DIETS
from apps.catalog.selectors import ORDERINGS, ShelfFilter
from apps.catalog.states import ProductKind

MAX_TEXT, MAX_GUESTS = 100, 10_000
PAGE_SIZE, MAX_PAGE_SIZE = 24, 100


def parse_filter(query: QueryDict) -> ShelfFilter:
    """Return the filter that the parameters mean; raise ValidationError by field."""
    return ShelfFilter(
        category=_short(query, "category"),
        kind=_one_of(query, "kind", ProductKind.values),
        diets=_codes(query, "diet", DIETS),
        free_from=_codes(query, "free_from", ALLERGENS),
        text=_short(query, "q"),
        price_min=_price(query, "price_min"),
        price_max=_price(query, "price_max"),
        servings_min=_guests(query, "servings_min"),
    )


def parse_ordering(query: QueryDict) -> str:
    """Return the name of an ordering or "" for none; raise ValidationError for any other."""
    return _one_of(query, "ordering", list(ORDERINGS))


def parse_page_size(query: QueryDict) -> int:
    """Return how many products a page has: what is asked for, within what we send at once."""
    text = query.get("page_size", "")
    if not (text.isascii() and text.isdigit()) or not int(text[:9]):
        return PAGE_SIZE
    return min(int(text[:9]), MAX_PAGE_SIZE)


def _short(query: QueryDict, name: str) -> str:
    value = query.get(name, "").strip()
    if len(value) > MAX_TEXT:
        raise ValidationError({name: [f"At most {MAX_TEXT} characters."]})
    return value


def _one_of(query: QueryDict, name: str, allowed: list[str]) -> str:
    value = query.get(name, "")
    if value and value not in allowed:
        raise ValidationError({name: [f"One of: {', '.join(allowed)}."]})
    return value


def _codes(query: QueryDict, name: str, known: Mapping[str, str]) -> tuple[str, ...]:
    codes = {code for value in query.getlist(name) for code in value.split(",") if code}
    if codes - known.keys():
        raise ValidationError({name: [f"Some of: {', '.join(known)}."]})
    return tuple(sorted(codes))


def _guests(query: QueryDict, name: str) -> int | None:
    text = query.get(name, "")
    if not text:
        return None
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    if not 1 <= number <= MAX_GUESTS:
        raise ValidationError({name: [f"A whole number from 1 to {MAX_GUESTS}."]})
    return number


def _price(query: QueryDict, name: str) -> Decimal | None:
    text = query.get(name, "")
    if not text:
        return None
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or not 0 <= price < 10**8:
        raise ValidationError({name: ["An amount such as 12.50."]})
    return price
