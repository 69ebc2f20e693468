"""The demo bakery's kitchen: ingredients, recipes, and what goes into each size.

Prices are plausible wholesale prices in Ontario, made up. One ingredient is not checked yet, so
that what is made of it shows how unknown allergens look; one pie earns too little.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from apps.catalog import services as catalog
from apps.catalog.models import Ingredient, Recipe, Variant
from apps.catalog.services import LineFields
from bakery.demo.range import RANGE

_ALL = ["vegan", "vegetarian", "halal", "kosher"]
_DAIRY = ["vegetarian", "halal", "kosher"]


@dataclass(frozen=True, kw_only=True)
class DemoIngredient:
    """What is bought: ``price`` for one ``unit``."""

    name: str
    price: str
    unit: str = "kg"
    contains: tuple[str, ...] = ()
    may_contain: tuple[str, ...] = ()
    suits: tuple[str, ...] = tuple(_ALL)
    checked: bool = True
    kind: str = "food"


@dataclass(frozen=True, kw_only=True)
class DemoRecipe:
    """A batch: grams by the name of an ingredient, or of a recipe listed before it."""

    name: str
    grams: dict[str, int]
    makes: int
    loss: str = "0"


def _food(name: str, price: str, **facts: tuple[str, ...]) -> DemoIngredient:
    return DemoIngredient(name=name, price=price, **facts)  # type: ignore[arg-type]  # facts only


def _dairy(name: str, price: str, *contains: str) -> DemoIngredient:
    return DemoIngredient(name=name, price=price, contains=contains, suits=tuple(_DAIRY))


def _thing(name: str, price: str) -> DemoIngredient:
    return DemoIngredient(name=name, price=price, unit="piece", kind="other")


INGREDIENTS = (
    _food("Wheat flour", "1.35", contains=("wheat",)),
    _food("Rye flour", "2.10", contains=("rye",), may_contain=("wheat",)),
    _food("Rolled oats", "2.40", contains=("oats",), may_contain=("wheat", "barley")),
    _food("Cane sugar", "1.60"),
    _food("Icing sugar", "2.20"),
    _food("Sea salt", "0.90"),
    _food("Baking powder", "6.50"),
    _food("Fresh yeast", "5.80"),
    _food("Water", "0.00"),
    _dairy("Butter", "11.40", "milk"),
    _dairy("Whole milk", "1.90", "milk"),
    _dairy("Cream 35 %", "6.20", "milk"),
    _dairy("Whole egg, liquid", "7.90", "egg"),
    _food("Sunflower oil", "3.60"),
    _food("Cocoa", "14.50", may_contain=("hazelnut",)),
    DemoIngredient(
        name="Dark chocolate 60 %", price="17.80", contains=("soy",),
        may_contain=("milk", "hazelnut", "almond"), suits=tuple(_DAIRY),
    ),
    _food("Vanilla paste", "145.00"),
    _food("Lemon", "3.90"),
    _food("Elderflower syrup", "9.80"),
    _food("Carrot", "1.45"),
    _food("Candied ginger", "13.20"),
    _food("Coconut cream", "6.90", contains=("coconut",)),
    _food("Ground almonds", "16.40", contains=("almond",), may_contain=("hazelnut", "walnut")),
    _food("Raspberries", "12.60"),
    _food("Sour cherries, pitted", "15.20"),
    _food("Sunflower, pumpkin and flax seeds", "6.30", may_contain=("sesame",)),
    DemoIngredient(name="Dried cranberries", price="11.20", checked=False),
    _thing("Cake box and board", "1.35"),
    _thing("Paper bag", "0.06"),
    _thing("Box for six", "0.42"),
    _thing("Box for twelve", "0.70"),
    _thing("Pie box", "0.85"),
    _thing("Beeswax candle", "0.11"),
)  # fmt: skip

_SPONGE = {
    "Wheat flour": 900, "Cane sugar": 850, "Butter": 700, "Whole egg, liquid": 800,
    "Whole milk": 250, "Baking powder": 30, "Vanilla paste": 10, "Sea salt": 8,
}  # fmt: skip
_RICH_DOUGH = {
    "Wheat flour": 1000, "Whole milk": 400, "Whole egg, liquid": 200, "Butter": 150,
    "Cane sugar": 120, "Fresh yeast": 35, "Sea salt": 16,
}  # fmt: skip
RECIPES = (
    DemoRecipe(name="Vanilla sponge", grams=_SPONGE, makes=3548, loss="14"),
    DemoRecipe(
        name="Dark sponge", grams={**_SPONGE, "Wheat flour": 720, "Cocoa": 180}, makes=3548,
        loss="14",
    ),
    DemoRecipe(
        name="Lemon sponge", grams={"Vanilla sponge": 1800, "Lemon": 160, "Elderflower syrup": 140},
        makes=2100, loss="5",
    ),
    DemoRecipe(
        name="Carrot sponge", makes=2975, loss="13",
        grams={
            "Wheat flour": 850, "Carrot": 900, "Cane sugar": 600, "Sunflower oil": 480,
            "Candied ginger": 110, "Baking powder": 35,
        },
    ),
    DemoRecipe(
        name="Buttercream", makes=2020, loss="6",
        grams={"Butter": 900, "Icing sugar": 1000, "Cream 35 %": 110, "Vanilla paste": 10},
    ),
    DemoRecipe(
        name="Ganache", grams={"Dark chocolate 60 %": 600, "Cream 35 %": 500}, makes=1100, loss="4"
    ),
    DemoRecipe(
        name="Coconut frosting", grams={"Coconut cream": 600, "Icing sugar": 700}, makes=1300,
        loss="5",
    ),
    DemoRecipe(
        name="Almond sponge", grams={"Vanilla sponge": 1500, "Ground almonds": 300}, makes=1800
    ),
    DemoRecipe(
        name="Sourdough", makes=1908, loss="15",
        grams={"Wheat flour": 1000, "Rye flour": 120, "Water": 765, "Sea salt": 23},
    ),
    DemoRecipe(
        name="Rye bread dough", makes=2090, loss="12",
        grams={
            "Rye flour": 1000, "Water": 800, "Sunflower, pumpkin and flax seeds": 270,
            "Sea salt": 20,
        },
    ),
    DemoRecipe(name="Rich dough", grams=_RICH_DOUGH, makes=1921, loss="10"),
    DemoRecipe(
        name="Raspberry glaze", grams={"Icing sugar": 700, "Raspberries": 260}, makes=960, loss="8"
    ),
    DemoRecipe(
        name="Butter crust", grams={"Wheat flour": 600, "Butter": 400, "Water": 120, "Sea salt": 8},
        makes=1128, loss="10",
    ),
    DemoRecipe(
        name="Cookie dough", makes=1938, loss="11",
        grams={
            "Wheat flour": 600, "Butter": 450, "Cane sugar": 550, "Whole egg, liquid": 200,
            "Rolled oats": 120, "Baking powder": 10, "Sea salt": 8,
        },
    ),
)  # fmt: skip

# Shares of a round cake's weight.
_ROUNDS: dict[str, dict[str, Decimal]] = {
    "CHOC": {
        "Dark sponge": Decimal("0.55"), "Buttercream": Decimal("0.33"), "Ganache": Decimal("0.12")
    },
    "LEMN": {"Lemon sponge": Decimal("0.62"), "Buttercream": Decimal("0.38")},
    "CARR": {"Carrot sponge": Decimal("0.72"), "Coconut frosting": Decimal("0.28")},
}  # fmt: skip
# Grams of food and pieces of packaging, for everything that is not a round cake.
_SIZES: dict[str, dict[str, int]] = {
    "TIER-6810": {
        "Vanilla sponge": 1900, "Almond sponge": 1500, "Buttercream": 2400, "Raspberries": 300,
        "Cake box and board": 3,
    },
    "SOUR-900": {"Sourdough": 900, "Paper bag": 1},
    "RYE-1000": {"Rye bread dough": 1000, "Paper bag": 1},
    "DONUT-1": {"Rich dough": 55, "Sunflower oil": 8, "Raspberry glaze": 18, "Paper bag": 1},
    "DONUT-6": {"Rich dough": 330, "Sunflower oil": 48, "Raspberry glaze": 108, "Box for six": 1},
    "PIE-9": {"Butter crust": 450, "Sour cherries, pitted": 620, "Cane sugar": 120, "Pie box": 1},
    "CUP-1": {"Vanilla sponge": 52, "Buttercream": 38, "Paper bag": 1},
    "CUP-12": {"Vanilla sponge": 624, "Buttercream": 456, "Box for twelve": 1},
    "COOK-1": {"Cookie dough": 62, "Dark chocolate 60 %": 23, "Paper bag": 1},
    "COOK-6": {"Cookie dough": 372, "Dark chocolate 60 %": 138, "Box for six": 1},
    "OAT-1": {"Cookie dough": 62, "Dried cranberries": 18, "Paper bag": 1},
    "CANDLE-12": {"Beeswax candle": 12},
}  # fmt: skip


def seed_kitchen(*, at: datetime) -> int:
    """Create ingredients, recipes and parts of the demo; return how many sizes got parts.

    What exists, by name, is left as it is, and so is a size that has parts.
    """
    with transaction.atomic():
        for ingredient in INGREDIENTS:
            _keep_ingredient(ingredient, at=at)
        for recipe in RECIPES:
            keep_recipe(recipe, at=at)
        wanted = {**_SIZES, **_round_sizes()}
        bare = Variant.objects.filter(sku__in=wanted, parts=None, archived_at=None)
        sizes = list(bare.order_by("pk").values_list("pk", "sku"))
        for pk, sku in sizes:
            catalog.set_parts(variant_id=pk, parts=_lines(wanted[sku]), at=at)
    return len(sizes)


def _round_sizes() -> dict[str, dict[str, int]]:
    found = {}
    for product in RANGE:
        for size in product.variants:
            shares = _ROUNDS.get(size.sku.split("-")[0])
            if shares and size.weight_g:
                grams = {name: round(share * size.weight_g) for name, share in shares.items()}
                found[size.sku] = {**grams, "Cake box and board": 1}
    return found


def _keep_ingredient(wanted: DemoIngredient, *, at: datetime) -> None:
    if not Ingredient.objects.filter(name=wanted.name).exists():
        catalog.create_ingredient(
            name=wanted.name,
            kind=wanted.kind,
            unit=wanted.unit,
            price=Decimal(wanted.price),
            contains=list(wanted.contains),
            may_contain=list(wanted.may_contain),
            facts_complete=wanted.checked,
            suits=list(wanted.suits),
            at=at,
        )


def keep_recipe(wanted: DemoRecipe, *, at: datetime) -> None:
    """Write a recipe down, unless there is one of its name."""
    if not Recipe.objects.filter(name=wanted.name).exists():
        catalog.create_recipe(
            name=wanted.name,
            yield_quantity=Decimal(wanted.makes),
            yield_unit="g",
            loss_percent=Decimal(wanted.loss),
            lines=_lines(wanted.grams),
            at=at,
        )


def _lines(amounts: dict[str, int]) -> list[LineFields]:
    recipes = dict(Recipe.objects.filter(name__in=amounts).values_list("name", "pk"))
    bought = {row.name: row for row in Ingredient.objects.filter(name__in=amounts)}
    lines = []
    for name, amount in amounts.items():
        if name in recipes:
            line = LineFields(recipe_id=recipes[name], quantity=Decimal(amount), unit="g")
        else:
            unit = "piece" if bought[name].unit == "piece" else "g"
            line = LineFields(ingredient_id=bought[name].pk, quantity=Decimal(amount), unit=unit)
        lines.append(line)
    return lines
