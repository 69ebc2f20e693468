"""Options for custom cakes, with recipes, that tests choose from."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from apps.catalog.models import Recipe
from apps.custom_cakes import services
from apps.custom_cakes.models import CakeOption
from apps.custom_cakes.rules.design import Design, parse_design
from tests.catalog.kitchens import line, make_ingredient, make_recipe

AT = datetime(2026, 11, 23, 15, tzinfo=UTC)
ACTOR = "user:1"


@dataclass(frozen=True)
class Choices:
    """One or two of each kind."""

    vanilla: CakeOption
    chocolate: CakeOption
    cream: CakeOption
    buttercream: CakeOption
    fondant: CakeOption
    flower: CakeOption
    topper: CakeOption


def make_option(kind: str, name: str, recipe: Recipe | None = None, **values) -> CakeOption:
    """Offer a choice; numbers may come as text."""
    for field in ("grams", "material_cost", "minutes"):
        if field in values:
            values[field] = Decimal(values[field])
    return services.create_option(
        kind=kind,
        values={"name": name, "recipe_id": recipe.pk if recipe else None, **values},
        actor=ACTOR,
        at=AT,
    )


def make_choices() -> Choices:
    """A kitchen of three recipes: 2.00, 8.00 and 10.00 a kilogram; fondant is not known at all."""
    flour = make_ingredient("Flour", "2.00", contains=["wheat"])
    butter = make_ingredient("Butter", "8.00", contains=["milk"])
    cocoa = make_ingredient("Cocoa", "10.00", may_contain=["hazelnut"])
    sponge = make_recipe("Sponge", line(flour, "1000"))
    dark = make_recipe("Dark sponge", line(cocoa, "1000"))
    cream = make_recipe("Cream", line(butter, "1000"))
    return Choices(
        vanilla=make_option("flavour", "Vanilla", sponge, grams="5", name_fr="Vanille"),
        chocolate=make_option("flavour", "Chocolate", dark, grams="5", name_fr="Chocolat"),
        cream=make_option("filling", "Cream", cream, grams="4", name_fr="Crème"),
        buttercream=make_option("finish", "Buttercream", cream, grams="3", minutes="0.15"),
        fondant=make_option(
            "finish", "Fondant", grams="5", minutes="0.3", complexity=3, lead_days=3
        ),
        flower=make_option(
            "decoration", "Sugar flower", grams="20", minutes="30", complexity=4, most=20
        ),
        topper=make_option(
            "decoration", "Topper", is_edible=False, material_cost="6.50", minutes="2", most=2
        ),
    )


def tier(flavour: CakeOption, size="8", **more) -> dict:
    """A round tier, 4 inches high, of two layers."""
    return {"shape": "round", "length_in": size, "flavour_id": flavour.pk, **more}


def make_design(choices: Choices, *tiers: dict, finish: CakeOption | None = None, **more) -> Design:
    """An 8 inch round in buttercream, or what is said."""
    rows = tiers or (tier(choices.vanilla, filling_id=choices.cream.pk),)
    finish = finish or choices.buttercream
    return parse_design({"tiers": list(rows), "finish_id": finish.pk, **more})
