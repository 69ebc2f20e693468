"""Costs follow their ingredients in the same transaction, and recipes never go in circles."""

import itertools
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog import selectors, services
from apps.catalog.models import (
    IngredientPrice,
    Product,
    RecipeLine,
    Variant,
    VariantPart,
)
from bakery.kernel.errors import DomainError, Invalid, NotFound
from bakery.kernel.models import AuditEntry
from tests.catalog.factories import AT, make_category, make_product
from tests.catalog.kitchens import (
    line,
    make_ingredient,
    make_recipe,
    make_size,
    set_price,
)

pytestmark = pytest.mark.django_db


def cost_of(variant):
    return Variant.objects.values_list("unit_cost", flat=True).get(pk=variant.pk)


def refused(code, call, *args, **kwargs):
    with pytest.raises(DomainError) as error:
        call(*args, **kwargs)
    assert error.value.code == code
    return error.value


def test_cost_follows_price_recipe_loss_and_parts():
    flour, box = make_ingredient(), make_ingredient("Box", "30.00", unit="piece", kind="other")
    services.update_ingredient(
        ingredient_id=box.pk, changes={"price_quantity": Decimal(100)}, at=AT
    )
    dough = make_recipe("Dough", line(flour, "600"), output="900", loss="10")
    size = make_size(line(dough, "810"), line(box, "1", "piece"))
    # 600 g at 2.00 a kilogram give 810 g that can be used, and a box costs 0.30.
    assert size.unit_cost == Decimal("1.5000")
    set_price(flour, "4.00")
    assert cost_of(size) == Decimal("2.7000")
    services.update_recipe(recipe_id=dough.pk, changes={"loss_percent": Decimal(55)}, at=AT)
    assert cost_of(size) == Decimal("5.1000")
    services.set_parts(variant_id=size.pk, parts=[line(dough, "405")], at=AT)
    assert cost_of(size) == Decimal("2.4000")
    services.set_parts(variant_id=size.pk, parts=[], at=AT)
    assert cost_of(size) is None


def test_an_unknown_price_makes_the_cost_unknown():
    flour, salt = make_ingredient(), make_ingredient("Salt", None)
    size = make_size(line(make_recipe("Dough", line(flour), line(salt, "1"))))
    assert size.unit_cost is None
    set_price(salt, "1.00")
    assert cost_of(size) is not None
    set_price(flour, None)
    assert cost_of(size) is None


def test_a_cost_entered_by_hand_stays_and_one_from_parts_is_not_overwritten():
    by_hand = make_product("Bought cake", size={"unit_cost": Decimal("4.20")}).variants.get()
    flour = make_ingredient()
    size = make_size(line(flour))
    set_price(flour, "9.00")
    assert cost_of(by_hand) == Decimal("4.2000")
    change = {"unit_cost": Decimal("0.01")}
    refused("cost_from_recipe", services.update_variant, variant_id=size.pk, changes=change, at=AT)
    services.update_variant(variant_id=size.pk, changes={"price": Decimal("11.00")}, at=AT)
    assert cost_of(size) == Decimal("0.9000")


def test_price_history_only_grows_and_has_every_price():
    flour = make_ingredient(price="2.00")
    set_price(flour, "3.00")
    services.update_ingredient(ingredient_id=flour.pk, changes={"supplier": "Mill"}, at=AT)
    set_price(flour, None)
    prices = IngredientPrice.objects.filter(ingredient=flour).order_by("pk")
    assert [row.price for row in prices] == [Decimal("2.00"), Decimal("3.00"), None]
    with pytest.raises(Exception, match=r"append-only|permission denied"):
        prices.update(price=1)


def test_changes_are_audited_with_their_lines():
    flour = make_ingredient()
    dough = make_recipe("Dough", line(flour))
    services.update_recipe(
        recipe_id=dough.pk, changes={"lines": [line(flour, "250")]}, at=AT, actor="user:7"
    )
    entry = AuditEntry.objects.order_by("-seq").first()
    assert (entry.actor, entry.action) == ("user:7", "update_recipe")
    assert entry.changes["lines"] == [
        [f"100 g ingredient:{flour.pk}"],
        [f"250 g ingredient:{flour.pk}"],
    ]


def test_a_circle_is_refused_with_its_path():
    flour = make_ingredient()
    dough = make_recipe("Dough", line(flour))
    bun = make_recipe("Bun", line(dough))
    crumb = make_recipe("Crumb", line(bun))
    error = refused(
        "recipe_in_itself",
        services.update_recipe,
        recipe_id=dough.pk,
        changes={"lines": [line(flour), line(crumb)]},
        at=AT,
    )
    path = error.details["path"]
    assert path[0] == path[-1]
    assert set(path) == {"Dough", "Crumb", "Bun"}
    assert ("Bun", "Dough") in itertools.pairwise(path)
    assert RecipeLine.objects.filter(recipe=dough).count() == 1
    refused(
        "recipe_in_itself",
        services.update_recipe,
        recipe_id=bun.pk,
        changes={"lines": [line(bun)]},
        at=AT,
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quantity": Decimal(0)}, "invalid"),
        ({"quantity": Decimal(-5)}, "invalid"),
        ({"quantity": Decimal("NaN")}, "invalid"),
        ({"quantity": Decimal(10) ** 12}, "invalid"),
        ({"quantity": Decimal("0.0001")}, "invalid"),
        ({"quantity": None}, "invalid"),
        ({"unit": "cup"}, "invalid"),
        ({"unit": "ml"}, "unit_mismatch"),
        ({"recipe_id": 1}, "bad_line"),
        ({"ingredient_id": None}, "bad_line"),
        ({"ingredient_id": 10**9}, "unknown_part"),
    ],
)
def test_impossible_lines_are_refused_and_nothing_is_lost(change, code):
    flour = make_ingredient()
    dough = make_recipe("Dough", line(flour))
    wrong = {"lines": [line(flour, "1"), {**line(flour), **change}]}
    refused(code, services.update_recipe, recipe_id=dough.pk, changes=wrong, at=AT)
    assert RecipeLine.objects.get(recipe=dough).quantity == 100
    size = make_size(line(dough))
    refused(code, services.set_parts, variant_id=size.pk, parts=wrong["lines"], at=AT)
    assert VariantPart.objects.filter(variant=size).count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"yield_quantity": Decimal(0)},
        {"loss_percent": Decimal(100)},
        {"loss_percent": Decimal(-1)},
        {"yield_unit": "bowl"},
        {"name": ""},
        {"surprise": 1},
    ],
)
def test_impossible_recipes_are_refused(fields):
    dough = make_recipe("Dough", line(make_ingredient()))
    with pytest.raises(Invalid):
        services.update_recipe(recipe_id=dough.pk, changes=fields, at=AT)


def test_units_in_use_keep_their_kind():
    flour = make_ingredient()
    dough = make_recipe("Dough", line(flour))
    make_recipe("Bun", line(dough))
    services.update_ingredient(ingredient_id=flour.pk, changes={"unit": "g"}, at=AT)
    change = {"unit": "l"}
    refused(
        "unit_in_use", services.update_ingredient, ingredient_id=flour.pk, changes=change, at=AT
    )
    change = {"yield_unit": "piece"}
    refused("unit_in_use", services.update_recipe, recipe_id=dough.pk, changes=change, at=AT)


def test_names_are_taken_once_and_stale_edits_are_refused():
    flour = make_ingredient()
    refused("taken", make_ingredient)
    dough = make_recipe("Dough", line(flour))
    refused("taken", make_recipe, "Dough", line(flour))
    for service, target in (
        (services.update_ingredient, {"ingredient_id": flour.pk}),
        (services.update_recipe, {"recipe_id": dough.pk}),
    ):
        stale = AT - timedelta(hours=1)
        refused("edited_meanwhile", service, **target, changes={"name": "X"}, read_at=stale, at=AT)


def test_what_is_not_there_is_not_found():
    for service, target in (
        (services.update_ingredient, {"ingredient_id": 9, "changes": {}}),
        (services.update_recipe, {"recipe_id": 9, "changes": {}}),
        (services.set_parts, {"variant_id": 9, "parts": []}),
    ):
        with pytest.raises(NotFound):
            service(**target, at=AT)
    with pytest.raises(NotFound):
        selectors.cost_tree(9)


def test_a_cost_beyond_its_column_is_refused_and_nothing_changes():
    gold = make_ingredient("Gold", "1.00", unit="piece")
    refused("cost_out_of_range", make_size, line(gold, "9999999", "piece"))
    assert Variant.objects.get().unit_cost is None
    assert VariantPart.objects.count() == 0


def test_the_tree_shows_where_a_cost_comes_from():
    flour, butter = make_ingredient(), make_ingredient("Butter", "10.00")
    dough = make_recipe("Dough", line(flour, "500"), line(butter, "500"), loss="50")
    size = make_size(line(dough, "250"), line(butter, "100"))
    first, second = selectors.cost_tree(size.pk)
    assert (first.name, first.cost, first.loss_percent) == ("Dough", Decimal("3.0000"), 50)
    assert [(part.name, part.quantity, part.cost) for part in first.parts] == [
        ("Butter", Decimal("250.00"), Decimal("2.5000")),
        ("Flour", Decimal("250.00"), Decimal("0.5000")),
    ]
    assert (second.name, second.cost) == ("Butter", Decimal("1.0000"))
    assert size.unit_cost == first.cost + second.cost


def test_margins_and_the_floor(settings):
    settings.SHOP_MARGIN_FLOOR = Decimal("0.60")
    flour = make_ingredient(price="40.00")
    at_floor = make_size(line(flour, "100"), name="At the floor")
    below = make_size(line(flour, "100.003"), name="Just below")
    unknown = make_product("No recipe").variants.get()
    found = selectors.margins([at_floor.pk, below.pk, unknown.pk])
    assert found[at_floor.pk].margin == Decimal("0.6000")
    assert [found[size.pk].is_below_floor for size in (at_floor, below, unknown)] == [
        False,
        True,
        False,
    ]
    assert list(Variant.objects.filter(selectors.sizes_below_floor())) == [below]


def test_a_preview_says_what_will_happen_and_writes_nothing():
    flour = make_ingredient(price="10.00")
    dough = make_recipe("Dough", line(flour, "1000"))
    thin = make_size(line(dough, "100"), name="Thin")
    thick = make_size(line(dough, "300"), name="Thick")
    make_size(line(make_ingredient("Salt")), name="Other")
    seen = selectors.preview_price(
        ingredient_id=flour.pk, price=Decimal("15.00"), price_quantity=Decimal(1), unit="kg", at=AT
    )
    assert {effect.sku for effect in seen.effects} == {thin.sku, thick.sku}
    assert [effect.sku for effect in seen.falling] == [thick.sku]
    assert cost_of(thick) == Decimal("3.0000")
    settled = set_price(flour, "15.00")
    assert settled.sizes == len(seen.effects)
    after = {effect.sku: effect.after.cost for effect in seen.effects}
    assert after == {thin.sku: cost_of(thin), thick.sku: cost_of(thick)}


def many_sizes(count, flour):
    """``count`` sizes of half as many products, all made of the same dough; written in bulk."""
    dough = make_recipe(f"Dough {count}", line(flour))
    category = make_category()
    products = Product.objects.bulk_create(
        Product(
            name=f"{count} {number}",
            slug=f"p-{count}-{number}",
            category=category,
            created_at=AT,
            updated_at=AT,
            diet_tags=["vegan"],
        )
        for number in range(count // 2)
    )
    sizes = Variant.objects.bulk_create(
        Variant(product=products[number // 2], sku=f"{count}-{number}", name=str(number), price=10)
        for number in range(count)
    )
    VariantPart.objects.bulk_create(
        VariantPart(variant=size, part=dough, quantity=Decimal(number % 7 + 1), unit="g")
        for number, size in enumerate(sizes)
    )


def statements_of(call):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        call()
    return len(queries)


def test_2000_sizes_take_as_many_statements_as_two():
    flour = make_ingredient()
    many_sizes(2, flour)
    few = statements_of(lambda: set_price(flour, "3.00"))
    many_sizes(2000, flour)
    assert statements_of(lambda: set_price(flour, "4.00")) == few
    assert few <= 30
    costs = set(Variant.objects.values_list("unit_cost", flat=True))
    assert costs == {Decimal(grams) * Decimal("0.0004") for grams in range(1, 8)}
    # Claims that fall at once take no more statements either, however many they are.
    honey = {"suits": ["vegetarian"]}
    fall = statements_of(
        lambda: services.update_ingredient(ingredient_id=flour.pk, changes=honey, at=AT)
    )
    assert fall <= few + 6
    assert not Product.objects.filter(diet_tags__contains=["vegan"]).exists()
    preview = statements_of(
        lambda: selectors.preview_price(
            ingredient_id=flour.pk, price=Decimal(5), price_quantity=Decimal(1), unit="kg", at=AT
        )
    )
    assert preview <= 10


def test_a_preview_of_no_price_is_refused():
    flour = make_ingredient()
    with pytest.raises(Invalid):
        selectors.preview_price(
            ingredient_id=flour.pk,
            price=Decimal("NaN"),
            price_quantity=Decimal(1),
            unit="kg",
            at=AT,
        )
