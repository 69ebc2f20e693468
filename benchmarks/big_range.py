"""A range of thousands of products with stock and its ledger: the same at every run."""

import random
from datetime import UTC, datetime
from decimal import Decimal

from django.db import connection

from apps.catalog.models import Category, Product, Variant
from apps.catalog.rules.food_facts import ALLERGENS, DIETS
from apps.catalog.states import ProductKind, ProductStatus

AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
# The template of custom cakes stands on no shelf.
_KINDS_ON_SHELVES = [kind for kind in ProductKind.values if kind != ProductKind.CUSTOM_TEMPLATE]
_SHELVES = ("Cakes", "Bread", "Pastry", "Cookies", "Pies", "Savoury", "Sweets", "Drinks",
            "Wedding", "Seasonal", "For the table", "Gifts")  # fmt: skip
_KINDS = ("Chocolate", "Lemon", "Almond", "Rye", "Maple", "Honey", "Raspberry", "Crème", "Walnut",
          "Vanilla", "Cinnamon", "Plum", "Sourdough", "Pistachio", "Coffee", "Apple", "Caramel",
          "Ginger", "Poppy", "Cardamom")  # fmt: skip
_FORMS = ("cake", "loaf", "tart", "croissant", "cookie", "brûlée", "bun", "roll", "pie", "macaron",
          "doughnut", "scone", "muffin", "brioche", "baguette", "éclair")  # fmt: skip
_PRICES = (250, 475, 650, 900, 1250, 1800, 2400, 3600, 4800, 6800, 9200, 14500, 34500)
_STOCK = """
INSERT INTO inventory_stock (variant_id, on_hand, reserved)
SELECT id, 20 + mod(id, 40), mod(id, 5) FROM catalog_variant
WHERE NOT made_to_order AND starts_with(sku, 'BIG-') ON CONFLICT DO NOTHING
"""
_MOVES = """
INSERT INTO inventory_stockmove
    (variant_id, delta_on_hand, delta_reserved, reason, ref, note, actor, at)
SELECT v.id, 1, 0, 'baked', 'big-' || v.id || '-' || n, '', 'system', %s
FROM (SELECT id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS all_of_them
      FROM catalog_variant WHERE NOT made_to_order AND starts_with(sku, 'BIG-')) v,
     generate_series(1, %s / v.all_of_them + 1) n
WHERE (n - 1) * v.all_of_them + v.place <= %s
"""


def fill_range(products: int, *, moves: int = 0) -> None:
    """Add ``products`` published products of two or three sizes, and ``moves`` of their stock.

    The tables' owner should `ANALYZE` after, as a database that has lived for a day would have.
    """
    dice = random.Random(1)
    shelves = [
        Category.objects.get_or_create(
            slug=f"big-{number}", defaults={"name": f"{name} {number}", "position": number}
        )[0]
        for number, name in enumerate(_SHELVES)
    ]
    made = Product.objects.bulk_create(
        (_product(dice, number, dice.choice(shelves)) for number in range(products)),
        batch_size=1000,
    )
    Variant.objects.bulk_create(
        (
            _size(dice, product, number)
            for product in made
            for number in range(dice.choice((2, 2, 3)))
        ),
        batch_size=2000,
    )
    with connection.cursor() as cursor:
        cursor.execute(_STOCK)
        if moves:
            cursor.execute(_MOVES, [AT, moves, moves])


def _product(dice: random.Random, number: int, shelf: Category) -> Product:
    # A made-up word for each: a shop of 5,000 products has as many names of its own.
    own = "".join(dice.choice("bdfgklmnprstv") + dice.choice("aeiou") for _ in range(4))
    kind, form = dice.choice(_KINDS), dice.choice(_FORMS)
    return Product(
        name=f"{kind} {form} {own}",
        slug=f"big-{number}",
        kind=dice.choice(_KINDS_ON_SHELVES),
        status=ProductStatus.PUBLISHED,
        category=shelf,
        short_description=f"{dice.choice(_KINDS)} and {dice.choice(_KINDS).lower()}, baked today.",
        description=" ".join(dice.choice(_KINDS + _FORMS) for _ in range(4)),
        diet_tags=[tag for tag in DIETS if dice.random() < 0.2],
        free_from=[code for code in ALLERGENS if dice.random() < 0.35],
        allergens={"contains": [], "may_contain": []},
        created_at=AT,
        updated_at=AT,
    )


def _size(dice: random.Random, product: Product, number: int) -> Variant:
    serves = dice.choice((None, 1, 6, 10, 20, 28, 60))
    return Variant(
        product=product,
        sku=f"BIG-{product.pk}-{number}",
        name=f"Size {number}",
        price=Decimal(dice.choice(_PRICES)) / 100,
        servings_min=serves,
        servings_max=serves and serves + 4,
        made_to_order=number == 2,
        position=number,
    )
