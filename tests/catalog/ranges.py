"""Many products at once, written straight into the tables."""

import random
from decimal import Decimal

from apps.catalog.models import Category, Product, Variant
from apps.catalog.rules.food_facts import ALLERGENS, DIETS
from apps.catalog.states import ProductKind, ProductStatus
from tests.catalog.factories import AT

WORDS = ("almond", "rye", "lemon", "walnut", "honey", "plum", "cinnamon", "maple", "poppy", "oat")
# The template of custom cakes stands on no shelf.
_KINDS_ON_SHELVES = [kind for kind in ProductKind.values if kind != ProductKind.CUSTOM_TEMPLATE]
_STATUSES = (*[ProductStatus.PUBLISHED] * 8, ProductStatus.DRAFT, ProductStatus.ARCHIVED)


def random_range(products: int, *, seed: int, categories: int = 4) -> list[Product]:
    """Return products of every kind and state with none to three sizes; the same for a seed."""
    dice = random.Random(seed)
    shelves = Category.objects.bulk_create(
        Category(name=f"Shelf {number}", slug=f"shelf-{number}", position=number)
        for number in range(categories)
    )
    made = Product.objects.bulk_create(
        _product(dice, number, dice.choice(shelves)) for number in range(products)
    )
    Variant.objects.bulk_create(
        _size(dice, product, number) for product in made for number in range(dice.randint(0, 3))
    )
    return made


def _product(dice: random.Random, number: int, shelf: Category) -> Product:
    return Product(
        name=" ".join(dice.sample(WORDS, 2)).capitalize(),
        slug=f"product-{number}",
        kind=dice.choice(_KINDS_ON_SHELVES),
        status=dice.choice(_STATUSES),
        category=shelf,
        diet_tags=[tag for tag in DIETS if dice.random() < 0.3],
        free_from=[code for code in ALLERGENS if dice.random() < 0.4],
        created_at=AT,
        updated_at=AT,
    )


def _size(dice: random.Random, product: Product, number: int) -> Variant:
    serves = sorted(dice.sample(range(1, 120), 2))
    return Variant(
        product=product,
        sku=f"{product.slug}-{number}",
        name=f"Size {number}",
        price=Decimal(dice.choice((0, 499, 500, 999, 1000, 2499, 2500, 6000, 10000, 34500))) / 100,
        servings_min=dice.choice((serves[0], serves[0], None)),
        servings_max=dice.choice((serves[1], serves[1], None)),
        position=number,
        archived_at=AT if dice.random() < 0.15 else None,
    )
