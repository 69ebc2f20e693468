"""The shop's filters as links: each leads to the shelf with one choice more, or one less.

Links need no script, say in the address what is chosen, and can be walked by keyboard.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from apps.catalog.rules.facet_steps import PriceStep
from apps.catalog.rules.food_facts import ALLERGENS, DIETS
from apps.catalog.selectors import FacetOption, Facets, ShelfFilter
from apps.catalog.states import ProductKind
from bakery.kernel import money

_ORDERS = (
    ("name", "Name"),
    ("price", "Price, low to high"),
    ("-price", "Price, high to low"),
    ("newest", "Newest"),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice with what it leaves; ``address`` takes it, or takes it back when it is chosen."""

    label: str
    count: int
    is_chosen: bool
    address: str

    @property
    def is_dead(self) -> bool:
        """Whether it would lead to an empty shelf."""
        return self.count == 0 and not self.is_chosen


@dataclass(frozen=True, slots=True)
class Group:
    """A filter: open when something in it is chosen or it is one that most visitors use."""

    name: str
    title: str
    choices: list[Choice]
    is_open: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on; ``address`` is the shelf without it."""

    label: str
    address: str


def address_of(wanted: ShelfFilter, ordering: str = "") -> str:
    """Return the address of the shelf that shows ``wanted``: the same for the same choices."""
    fields: list[tuple[str, Any]] = [
        ("q", wanted.text),
        ("category", wanted.category),
        ("kind", wanted.kind),
        *(("diet", diet) for diet in DIETS if diet in wanted.diets),
        *(("free_from", code) for code in ALLERGENS if code in wanted.free_from),
        ("price_min", wanted.price_min),
        ("price_max", wanted.price_max),
        ("servings_min", wanted.servings_min),
        ("ordering", ordering),
    ]
    query = urlencode([(name, value) for name, value in fields if value not in ("", None)])
    return f"/shop/?{query}" if query else "/shop/"


def hidden_fields(wanted: ShelfFilter) -> list[tuple[str, str]]:
    """Return what the search form sends along beside its own fields."""
    fields: list[tuple[str, Any]] = [
        ("category", wanted.category),
        ("kind", wanted.kind),
        *(("diet", diet) for diet in wanted.diets),
        *(("free_from", code) for code in wanted.free_from),
        ("price_min", wanted.price_min),
        ("price_max", wanted.price_max),
        ("servings_min", wanted.servings_min),
    ]
    return [(name, str(value)) for name, value in fields if value not in ("", None)]


def orders_of(wanted: ShelfFilter, ordering: str) -> list[tuple[str, str, bool]]:
    """Return the orders to choose from with their names, and whether each is the present one."""
    orders = (("", "Best match"), *_ORDERS) if wanted.text else _ORDERS
    present = ordering if ordering in dict(orders) else orders[0][0]
    return [(value, label, value == present) for value, label in orders]


def groups_of(facets: Facets, wanted: ShelfFilter, ordering: str) -> list[Group]:
    """Return the filters in the order in which the page shows them."""
    return [
        _one_of("category", "Category", facets.categories, wanted, ordering, is_open=True),
        _many_of("diets", "Diet", facets.diets, wanted, ordering),
        _many_of("free_from", "Free from", facets.free_from, wanted, ordering),
        _prices(facets, wanted, ordering),
        _one_of("servings_min", "Guests", facets.servings, wanted, ordering),
        _one_of("kind", "Kind", facets.kinds, wanted, ordering),
    ]


def chips_of(facets: Facets, wanted: ShelfFilter, ordering: str) -> list[Chip]:
    """Return the filters that are on."""
    found: list[tuple[str, dict[str, Any]]] = []
    if wanted.text:
        found.append((f"“{wanted.text}”", {"text": ""}))
    if wanted.category:
        found.append((category_name(facets, wanted), {"category": ""}))
    if wanted.kind:
        found.append((str(ProductKind(wanted.kind).label), {"kind": ""}))
    found += [(DIETS[code], {"diets": _toggled(wanted.diets, code)}) for code in wanted.diets]
    found += [
        (f"Free from {ALLERGENS[code].lower()}", {"free_from": _toggled(wanted.free_from, code)})
        for code in wanted.free_from
    ]
    if wanted.price_min is not None or wanted.price_max is not None:
        step = PriceStep(wanted.price_min, wanted.price_max)
        found.append((price_words(step), {"price_min": None, "price_max": None}))
    if wanted.servings_min is not None:
        found.append((f"Serves {wanted.servings_min} or more", {"servings_min": None}))
    return [
        Chip(label, address_of(replace(wanted, **changes), ordering)) for label, changes in found
    ]


def category_name(facets: Facets, wanted: ShelfFilter) -> str:
    """Return the name of the category that is chosen, its slug when there is none such."""
    names = (option.label for option in facets.categories if option.is_chosen)
    return next(names, wanted.category)


def price_words(step: PriceStep) -> str:
    """Return a step of prices in words."""

    def amount(price: Any) -> str:
        return money.display(price, settings.SHOP_CURRENCY)

    if step.lowest is None:
        return f"Up to {amount(step.highest)}"
    if step.highest is None:
        return f"From {amount(step.lowest)}"
    return f"{amount(step.lowest)} to {amount(step.highest)}"


def _one_of(
    field: str,
    title: str,
    options: Iterable[FacetOption],
    wanted: ShelfFilter,
    ordering: str,
    *,
    is_open: bool = False,
) -> Group:
    """A filter of which one choice holds at a time."""
    nothing: Any = None if field == "servings_min" else ""
    choices = []
    for option in options:
        value: Any = int(option.value) if field == "servings_min" else option.value
        after = replace(wanted, **{field: nothing if option.is_chosen else value})
        choices.append(_choice(option, address_of(after, ordering)))
    is_on = getattr(wanted, field) not in ("", None)
    return Group(field, title, choices, is_open or is_on)


def _many_of(
    field: str, title: str, options: Iterable[FacetOption], wanted: ShelfFilter, ordering: str
) -> Group:
    """A filter whose choices add up: all of them must hold."""
    chosen: tuple[str, ...] = getattr(wanted, field)
    choices = []
    for option in options:
        change: dict[str, Any] = {field: _toggled(chosen, option.value)}
        choices.append(_choice(option, address_of(replace(wanted, **change), ordering)))
    return Group(field, title, choices, is_open=field == "diets" or bool(chosen))


def _prices(facets: Facets, wanted: ShelfFilter, ordering: str) -> Group:
    choices = []
    for option in facets.prices:
        lowest, highest = option.step.lowest, option.step.highest
        ends = (None, None) if option.is_chosen else (lowest, highest)
        after = replace(wanted, price_min=ends[0], price_max=ends[1])
        choices.append(
            Choice(
                price_words(option.step),
                option.count,
                option.is_chosen,
                address_of(after, ordering),
            )
        )
    is_on = wanted.price_min is not None or wanted.price_max is not None
    return Group("price", "Price", choices, is_open=is_on)


def _choice(option: FacetOption, address: str) -> Choice:
    return Choice(option.label, option.count, option.is_chosen, address)


def _toggled(codes: tuple[str, ...], code: str) -> tuple[str, ...]:
    return tuple(c for c in codes if c != code) if code in codes else (*codes, code)
