"""What the demo bakery makes custom cakes of, and prices of its range that were decided about.

Some of it is not known on purpose: what is bought ready-made has no recipe here, so that it shows
how a cake looks of which nobody can say what is in it.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from apps.catalog import services as catalog
from apps.catalog.models import Product, Recipe
from apps.custom_cakes import services as cakes
from apps.custom_cakes.models import CakeOption
from apps.pricing import services as pricing
from apps.pricing.models import Decision
from apps.pricing.services import SizeDecision, Suggestion
from bakery.demo.kitchen import DemoRecipe, keep_recipe

ACTOR = "system"
_NEW = (
    DemoRecipe(
        name="Raspberry cream", makes=1480, loss="4",
        grams={"Buttercream": 900, "Raspberries": 580},
    ),
    DemoRecipe(name="Chocolate shards", grams={"Dark chocolate 60 %": 1000}, makes=1000, loss="6"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class DemoOption:
    """A choice; ``recipe`` "" has none. Amounts as text, so that none is rounded."""

    kind: str
    name: str
    name_fr: str
    recipe: str = ""
    note: str = ""
    note_fr: str = ""
    is_edible: bool = True
    grams: str = "0"
    material_cost: str = "0"
    minutes: str = "0"
    complexity: int = 1
    most: int = 1
    lead_days: int = 0


# Sponge weighs 0.3 grams a cubic centimetre, which is 4.9 a cubic inch.
OPTIONS = (
    DemoOption(
        kind="flavour", name="Vanilla", name_fr="Vanille", recipe="Vanilla sponge", grams="4.9"
    ),
    DemoOption(
        kind="flavour", name="Dark chocolate", name_fr="Chocolat noir", recipe="Dark sponge",
        grams="5.2",
    ),
    DemoOption(
        kind="flavour", name="Lemon and elderflower", name_fr="Citron et sureau",
        recipe="Lemon sponge", grams="5.1",
    ),
    DemoOption(
        kind="flavour", name="Carrot", name_fr="Carotte", recipe="Carrot sponge", grams="5.8",
        note="Without milk or egg", note_fr="Sans lait ni œuf",
    ),
    DemoOption(
        kind="flavour", name="Almond", name_fr="Amande", recipe="Almond sponge", grams="5.3"
    ),
    DemoOption(
        kind="filling", name="Vanilla buttercream", name_fr="Crème au beurre", grams="4",
        recipe="Buttercream",
    ),
    DemoOption(
        kind="filling", name="Raspberry cream", name_fr="Crème de framboise", grams="4.2",
        recipe="Raspberry cream", note="With fresh raspberries", note_fr="Aux framboises fraîches",
    ),
    DemoOption(
        kind="filling", name="Dark ganache", name_fr="Ganache noire", recipe="Ganache", grams="4.5"
    ),
    DemoOption(
        kind="filling", name="Coconut frosting", name_fr="Glaçage à la noix de coco", grams="4",
        recipe="Coconut frosting",
    ),
    DemoOption(
        kind="finish", name="Buttercream, smooth", name_fr="Crème au beurre lisse",
        recipe="Buttercream", grams="3.5", minutes="0.10",
    ),
    DemoOption(
        kind="finish", name="Semi-naked", name_fr="Semi-nu", recipe="Buttercream", grams="1.5",
        minutes="0.06",
    ),
    DemoOption(
        kind="finish", name="Chocolate ganache", name_fr="Ganache au chocolat", recipe="Ganache",
        grams="3.5", minutes="0.12", complexity=2,
    ),
    DemoOption(
        kind="finish", name="Coconut frosting", name_fr="Glaçage à la noix de coco",
        recipe="Coconut frosting", grams="3.2", minutes="0.10",
    ),
    # Bought ready-made; its label was not read yet.
    DemoOption(
        kind="finish", name="Rolled fondant", name_fr="Fondant roulé", grams="5", minutes="0.22",
        complexity=3, lead_days=1,
    ),
    DemoOption(
        kind="decoration", name="Chocolate shards", name_fr="Éclats de chocolat", grams="60",
        recipe="Chocolate shards", minutes="6", complexity=2, most=6,
    ),
    DemoOption(
        kind="decoration", name="Sugar flower", name_fr="Fleur en sucre", grams="18", minutes="35",
        complexity=4, most=40, lead_days=3, note="Made by hand, it needs three days to dry",
        note_fr="Faite à la main, elle sèche trois jours",
    ),
    DemoOption(
        kind="decoration", name="Fresh flowers", name_fr="Fleurs fraîches", is_edible=False,
        material_cost="9.50", minutes="8", complexity=2, most=10,
    ),
    DemoOption(
        kind="decoration", name="Gold leaf", name_fr="Feuille d'or", material_cost="4.20",
        minutes="4", complexity=3, most=12,
    ),
    DemoOption(
        kind="decoration", name="Topper of card", name_fr="Figurine en carton", is_edible=False,
        material_cost="6.00", minutes="3", most=3,
    ),
    DemoOption(
        kind="decoration", name="Sculpted figure", name_fr="Figurine modelée", grams="120",
        minutes="180", complexity=5, most=4, lead_days=4,
    ),
)  # fmt: skip
# What the shop charges all the same, and why; by the product's name.
_DECIDED = (
    ("Chocolate drip cake", "What regulars have paid for it since the spring."),
    ("Vegan carrot cake", "It sells well at this price."),
)


def seed_cakes(*, at: datetime) -> int:
    """Offer what custom cakes are made of, and decide some prices; return how many are new.

    A choice that exists, by kind and name, is left as it is.
    """
    known = set(CakeOption.objects.values_list("kind", "name"))
    new = [option for option in OPTIONS if (option.kind, option.name) not in known]
    with transaction.atomic():
        for recipe in _NEW if new else ():
            keep_recipe(recipe, at=at)
        recipes = dict(Recipe.objects.values_list("name", "pk"))
        for position, option in enumerate(OPTIONS):
            if option in new:
                _offer(option, position, recipes, at=at)
        catalog.custom_product(at=at)
    if not Decision.objects.filter(prediction__source="catalogue").exists():
        _decide_prices(at=at)
    return len(new)


def _offer(option: DemoOption, position: int, recipes: dict[str, int], *, at: datetime) -> None:
    numbers = ("grams", "material_cost", "minutes")
    plain = ("name", "name_fr", "note", "note_fr", "is_edible", "complexity", "most", "lead_days")
    cakes.create_option(
        kind=option.kind,
        values={
            **{name: getattr(option, name) for name in plain},
            **{name: Decimal(getattr(option, name)) for name in numbers},
            "recipe_id": recipes[option.recipe] if option.recipe else None,
            "position": position,
        },
        actor=ACTOR,
        at=at,
    )


def _decide_prices(*, at: datetime) -> None:
    """Leave prices as they are, and keep why beside what was suggested."""
    for name, reason in _DECIDED:
        product_id = Product.objects.filter(name=name).values_list("pk", flat=True).first()
        if product_id is None:
            continue
        _, found = pricing.suggest_prices(product_id=product_id, at=at)
        decisions = [_as_it_is(one, reason) for one in found if one.price is not None]
        if decisions:
            pricing.decide_prices(product_id=product_id, decisions=decisions, actor=ACTOR, at=at)


def _as_it_is(found: Suggestion, reason: str) -> SizeDecision:
    price = found.size.price
    return SizeDecision(
        variant_id=found.size.variant_id, price=price, seen_price=price, reason=reason
    )
