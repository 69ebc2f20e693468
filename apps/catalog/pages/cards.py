"""Products as pages show them: prices and promises written out."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from apps.catalog.pages.shown_pictures import ShownPicture, picture_of
from apps.catalog.rules.food_facts import DIETS
from apps.catalog.selectors import Promise, ShelfProduct, ShelfVariant
from bakery.kernel import clock, money


@dataclass(frozen=True, slots=True)
class Card:
    """A product in a list."""

    name: str
    url: str
    picture: ShownPicture
    summary: str
    price: str
    diets: list[str]
    sold_out: bool
    made_to_order: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A size on the product page."""

    id: int
    name: str
    price: str
    servings: str
    notes: list[str]
    available: bool
    message_max_length: int
    pickup: str


def card_of(product: ShelfProduct) -> Card:
    """Return a product as a card of a list."""
    return Card(
        name=product.name,
        url=f"/shop/{product.slug}/",
        picture=picture_of(product),
        summary=product.short_description,
        price=_price_line(product),
        diets=[DIETS[tag] for tag in product.diet_tags if tag in DIETS],
        sold_out=not product.is_available,
        made_to_order=any(v.availability == "made_to_order" for v in product.variants),
    )


def choices_of(product: ShelfProduct, promises: Mapping[int, Promise]) -> list[Choice]:
    """Return the sizes of a product, with the promises that there are."""
    return [_choice(variant, promises.get(variant.id)) for variant in product.variants]


def _amount(price: Decimal) -> str:
    return money.display(price, settings.SHOP_CURRENCY)


def _price_line(product: ShelfProduct) -> str:
    if product.price_from is None:
        return ""
    price = _amount(product.price_from)
    return f"from {price}" if product.has_prices else price


def _choice(variant: ShelfVariant, promise: Promise | None) -> Choice:
    return Choice(
        id=variant.id,
        name=variant.name,
        price=_amount(variant.price),
        servings=_servings(variant),
        notes=_notes(variant),
        available=variant.availability != "out_of_stock",
        message_max_length=variant.message_max_length,
        pickup=_pickup(promise) if promise else "",
    )


def _pickup(promise: Promise) -> str:
    if promise.earliest is None:
        return f"No pickup time now. {promise.reason}"
    local = promise.earliest.astimezone(clock.shop_zone())
    return f"Earliest pickup: {local:%A} {local.day} {local:%B}, {local:%H:%M}. {promise.reason}"


def _servings(variant: ShelfVariant) -> str:
    fewest, most = variant.servings_min, variant.servings_max
    if fewest is None and most is None:
        return ""
    if fewest is None or most is None or fewest == most:
        return f"serves {most or fewest}"
    return f"serves {fewest} to {most}"  # a range, because charts and appetites differ


def _notes(variant: ShelfVariant) -> list[str]:
    notes = []
    if variant.availability == "out_of_stock":
        notes.append("sold out")
    elif variant.availability == "few_left":
        notes.append(f"only {variant.remaining} left")
    if variant.lead_time_hours:
        notes.append(f"ready from {variant.lead_time_hours} hours after ordering")
    if variant.per_order_limit:
        notes.append(f"at most {variant.per_order_limit} an order")
    return notes
