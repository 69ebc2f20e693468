"""Query parameters of the product list: anything unexpected is a 400 that names its field."""

from decimal import Decimal, InvalidOperation

from django.http import QueryDict
from rest_framework.exceptions import ValidationError

from apps.catalog.rules.food_facts import DIETS
from apps.catalog.selectors import ORDERINGS, ShelfFilter
from apps.catalog.states import ProductKind

MAX_TEXT = 100


def parse_filter(query: QueryDict) -> ShelfFilter:
    """Return the filter that the parameters mean; raise ValidationError by field."""
    return ShelfFilter(
        category=_short(query, "category"),
        kind=_one_of(query, "kind", ProductKind.values),
        diets=_diets(query),
        text=_short(query, "q"),
        price_min=_price(query, "price_min"),
        price_max=_price(query, "price_max"),
    )


def parse_ordering(query: QueryDict) -> str:
    """Return the name of an ordering; raise ValidationError for any other."""
    return _one_of(query, "ordering", list(ORDERINGS)) or "name"


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


def _diets(query: QueryDict) -> tuple[str, ...]:
    tags = {tag for value in query.getlist("diet") for tag in value.split(",") if tag}
    if tags - DIETS.keys():
        raise ValidationError({"diet": [f"Some of: {', '.join(DIETS)}."]})
    return tuple(sorted(tags))


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
