"""A small kitchen that tests of costs and allergens start from."""

from decimal import Decimal

from apps.catalog import services
from apps.catalog.models import Ingredient, Recipe, Variant
from tests.catalog.factories import AT, make_product

PLAIN = ["vegan", "halal", "kosher"]


def make_ingredient(name="Flour", price: str | None = "2.00", **fields) -> Ingredient:
    """Bought by the kilogram, free of everything and fit for all unless said otherwise."""
    suits = None if fields.get("contains") else PLAIN
    known = {"unit": "kg", "facts_complete": True, "suits": suits}
    return services.create_ingredient(
        name=name, price=price and Decimal(price), at=AT, **{**known, **fields}
    )


def line(source, quantity="100", unit="g") -> dict:
    """So much of an ingredient or a recipe."""
    key = "ingredient_id" if isinstance(source, Ingredient) else "recipe_id"
    return {key: source.pk, "quantity": Decimal(quantity), "unit": unit}


def make_recipe(name="Dough", *lines, output="1000", unit="g", loss="0") -> Recipe:
    return services.create_recipe(
        name=name,
        yield_quantity=Decimal(output),
        yield_unit=unit,
        loss_percent=Decimal(loss),
        lines=lines,
        at=AT,
    )


def make_size(*parts, price="10.00", **fields) -> Variant:
    """The only size of a product on sale, made of ``parts``."""
    variant = make_product(prices=(price,), **fields).variants.get()
    services.set_parts(variant_id=variant.pk, parts=parts, at=AT)
    variant.refresh_from_db()
    return variant


def set_price(ingredient, price: str | None):
    return services.update_ingredient(
        ingredient_id=ingredient.pk, changes={"price": price and Decimal(price)}, at=AT
    )[1]
