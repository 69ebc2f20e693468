"""Facts of sizes and claims of products follow their recipes; a claim never outlives its proof."""

from datetime import date
from decimal import Decimal

import pytest

from apps.catalog import selectors, services
from apps.catalog.models import Product, Variant, WithdrawnClaim
from apps.catalog.tasks import recheck_food
from bakery.kernel.errors import DomainError, NotFound
from bakery.kernel.models import AuditEntry
from tests.catalog.factories import AT, KNOWN, make_product
from tests.catalog.kitchens import PLAIN, line, make_ingredient, make_recipe, make_size

pytestmark = pytest.mark.django_db
NUTS = {"tree_nuts", "peanut"}
NOTHING = {"contains": [], "may_contain": []}


def change(ingredient, **changes):
    return services.update_ingredient(ingredient_id=ingredient.pk, changes=changes, at=AT)[1]


def claim(product, *tags, **changes):
    return services.update_product(
        product_id=product.pk, changes={"diet_tags": list(tags), **changes}, at=AT
    )


def tags_of(product):
    return Product.objects.values_list("diet_tags", flat=True).get(pk=product.pk)


def facts_of(variant):
    return Variant.objects.values_list("food_facts", flat=True).get(pk=variant.pk)


def free_of(product):
    return set(Product.objects.values_list("free_from", flat=True).get(pk=product.pk))


def refusal(call, *args, **kwargs):
    with pytest.raises(DomainError) as error:
        call(*args, **kwargs)
    return error.value.code


def test_facts_roll_up_through_sub_recipes():
    flour = make_ingredient(contains=["wheat"])
    nut = make_ingredient("Marzipan", contains=["almond"], may_contain=["milk"])
    sponge = make_recipe("Sponge", line(flour))
    cake = make_recipe("Cake", line(sponge), line(nut))
    facts = facts_of(make_size(line(cake)))
    assert facts["source"] == "recipe"
    assert facts["contains"] == ["wheat", "tree_nuts"]
    assert facts["may_contain"] == ["milk"]
    assert {"egg", "sesame"} <= set(facts["free_from"])
    assert facts["unknown"] == []


def test_one_ingredient_nobody_checked_leaves_nothing_free():
    size = make_size(
        line(make_ingredient(contains=["wheat"])),
        line(make_ingredient("Sprinkles", contains=["milk"], facts_complete=False)),
    )
    facts = facts_of(size)
    assert facts["contains"] == ["wheat", "milk"]
    assert facts["free_from"] == []
    assert "tree_nuts" in facts["unknown"]
    assert free_of(size.product) == set()


def test_what_is_stated_adds_and_never_clears():
    size = make_size(
        line(make_ingredient(contains=["wheat"])), allergens={**NOTHING, "may_contain": ["milk"]}
    )
    assert facts_of(size)["contains"] == ["wheat"]
    assert facts_of(size)["may_contain"] == ["milk"]
    services.update_product(product_id=size.product_id, changes={"allergens": None}, at=AT)
    assert "milk" in facts_of(size)["free_from"]
    services.update_product(
        product_id=size.product_id, changes={"allergens": {**NOTHING, "contains": ["egg"]}}, at=AT
    )
    assert facts_of(size)["contains"] == ["wheat", "egg"]


def test_a_box_alone_proves_nothing():
    box = make_ingredient("Box", kind="other", unit="piece")
    assert box.facts_complete
    size = make_size(line(box, "1", "piece"))
    assert facts_of(size) is None
    assert free_of(size.product) == set()
    stated = make_size(line(box, "1", "piece"), allergens=KNOWN, name="Stated")
    assert facts_of(stated)["source"] == "stated"
    assert "egg" in facts_of(stated)["free_from"]


def test_an_empty_recipe_proves_nothing():
    size = make_size(line(make_recipe("Not yet written")))
    assert facts_of(size)["free_from"] == []
    assert size.unit_cost is None


def test_free_from_is_what_every_size_on_sale_is_free_of():
    plain = make_ingredient()
    product = make_product(prices=("5.00", "6.00"))
    first, second = product.variants.all()
    services.set_parts(variant_id=first.pk, parts=[line(plain)], at=AT)
    assert free_of(product) == set()
    nutty = make_ingredient("Nuts", contains=["pecan"])
    services.set_parts(variant_id=second.pk, parts=[line(nutty)], at=AT)
    assert "milk" in free_of(product)
    assert "tree_nuts" not in free_of(product)
    services.archive_variant(variant_id=second.pk, at=AT)
    assert "tree_nuts" in free_of(product)
    services.restore_variant(variant_id=second.pk, at=AT)
    assert "tree_nuts" not in free_of(product)
    services.create_variant(product_id=product.pk, sku="NEW", name="New", price=Decimal(7), at=AT)
    assert free_of(product) == set()


def test_stated_facts_of_a_new_product_are_its_sizes_facts():
    product = make_product(allergens=KNOWN)
    assert facts_of(product.variants.get())["source"] == "stated"
    assert free_of(product) >= {"egg", "peanut"}
    assert not free_of(product) & {"wheat", "milk", "tree_nuts"}


def test_a_claim_comes_off_when_an_ingredient_falsifies_it_and_staff_are_told():
    paste = make_ingredient("Chocolate paste")
    size = make_size(line(make_recipe("Filling", line(paste))))
    claim(size.product, "nut_free", "vegan")
    settled = change(paste, contains=["hazelnut"])
    assert tags_of(size.product) == ["vegan"]
    (withdrawn,) = WithdrawnClaim.objects.all()
    assert (withdrawn.diet, withdrawn.product) == ("nut_free", size.product)
    assert "Chocolate paste" in withdrawn.reason
    assert [one.diet for one in settled.withdrawn] == ["nut_free"]
    assert AuditEntry.objects.filter(action="claims_withdrawn").count() == 1
    assert refusal(claim, size.product, "nut_free") == "claim_contradicted"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"may_contain": ["walnut"]}, "claim_contradicted"),
        ({"contains": ["tree_nuts"]}, "claim_contradicted"),
        ({"facts_complete": False}, "claim_without_facts"),
    ],
)
def test_traces_kinds_and_doubts_take_nut_free_off(changes, code):
    paste = make_ingredient("Paste")
    size = make_size(line(paste))
    claim(size.product, "nut_free")
    change(paste, **changes)
    assert tags_of(size.product) == []
    assert refusal(claim, size.product, "nut_free") == code


def test_coconut_is_no_nut_by_any_list_in_force():
    size = make_size(line(make_ingredient("Coconut", contains=["coconut"])))
    claim(size.product, "nut_free")
    assert facts_of(size)["atoms"]["contains"] == ["coconut"]


@pytest.mark.parametrize("diet", ["vegan", "vegetarian", "halal", "kosher"])
def test_diets_that_allergens_do_not_decide_need_every_ingredient(diet):
    sugar = make_ingredient("Sugar")
    size = make_size(line(sugar))
    claim(size.product, diet)
    change(sugar, suits=None)
    assert tags_of(size.product) == []
    assert refusal(claim, size.product, diet) == "claim_not_proven"
    change(sugar, suits=PLAIN)
    claim(size.product, diet)
    assert tags_of(size.product) == [diet]


def test_a_claim_must_stand_on_every_size():
    product = make_product(prices=("5.00", "6.00"))
    first, second = product.variants.all()
    services.set_parts(variant_id=first.pk, parts=[line(make_ingredient())], at=AT)
    assert refusal(claim, product, "nut_free") == "claim_without_facts"
    services.set_parts(
        variant_id=second.pk, parts=[line(make_ingredient("Nuts", contains=["pecan"]))], at=AT
    )
    assert refusal(claim, product, "nut_free") == "claim_contradicted"
    services.archive_variant(variant_id=second.pk, at=AT)
    claim(product, "nut_free")
    services.restore_variant(variant_id=second.pk, at=AT)
    assert tags_of(product) == []


def test_every_way_to_change_what_is_in_a_size_settles_its_claims():
    plain, nutty = make_ingredient(), make_ingredient("Nuts", contains=["pecan"])
    dough = make_recipe("Dough", line(plain))
    by_recipe = make_size(line(dough), name="By recipe")
    by_parts = make_size(line(plain), name="By parts")
    by_size = make_product("By size", allergens=NOTHING)
    by_loss_of_parts = make_size(line(plain), name="By loss")
    for product in (by_recipe.product, by_parts.product, by_size, by_loss_of_parts.product):
        claim(product, "nut_free")
    services.update_recipe(
        recipe_id=dough.pk, changes={"lines": [line(plain), line(nutty, "1")]}, at=AT
    )
    services.set_parts(variant_id=by_parts.pk, parts=[line(nutty)], at=AT)
    extra = services.create_variant(
        product_id=by_size.pk, sku="EXTRA", name="Extra", price=Decimal(1), at=AT
    )
    services.set_parts(variant_id=extra.pk, parts=[line(nutty)], at=AT)
    services.set_parts(variant_id=by_loss_of_parts.pk, parts=[], at=AT)
    for product in Product.objects.all():
        assert "nut_free" not in product.diet_tags, product
        assert not set(product.free_from) >= NUTS, product


def test_an_order_line_copies_the_facts_of_its_own_size():
    product = make_product(prices=("5.00", "6.00"), allergens={**NOTHING, "may_contain": ["soy"]})
    first, second = product.variants.all()
    milk = make_ingredient("Milk powder", contains=["milk"])
    unsure = make_ingredient("Unsure", contains=["egg"], facts_complete=False)
    services.set_parts(variant_id=first.pk, parts=[line(milk)], at=AT)
    services.set_parts(variant_id=second.pk, parts=[line(unsure)], at=AT)
    sold = selectors.sellable_variants([first.pk, second.pk])
    assert sold[first.pk].allergens == {"contains": ["milk"], "may_contain": ["soy"]}
    assert sold[second.pk].allergens["contains"] == ["egg"]
    assert "tree_nuts" in sold[second.pk].allergens["unknown"]


def test_a_size_written_past_the_services_falls_back_to_what_is_stated():
    product = make_product(allergens=KNOWN)
    Variant.objects.update(food_facts=None)
    variant = product.variants.get()
    assert selectors.sellable_variants([variant.pk])[variant.pk].allergens == KNOWN


def matrix_words(jurisdiction="ca", on=date(2026, 6, 1)):
    matrix = selectors.allergen_matrix(jurisdiction=jurisdiction, on=on, at=AT)
    codes = [item.code for item in matrix.in_force.items]
    return {row.sku: dict(zip(codes, row.says, strict=True)) for row in matrix.rows}


def test_the_matrix_speaks_by_place_and_day(django_assert_num_queries):
    pine = make_size(line(make_ingredient("Pine nuts", contains=["pine_nut"])), name="Pine")
    coconut = make_size(line(make_ingredient("Coconut", contains=["coconut"])), name="Coconut")
    unknown = make_product("Unknown").variants.get()
    make_product("Draft", publish=False)
    with django_assert_num_queries(1):
        canada = matrix_words()
    assert set(canada) == {pine.sku, coconut.sku, unknown.sku}
    assert canada[pine.sku]["tree_nuts"] == "contains"
    assert matrix_words("eu")[pine.sku]["tree_nuts"] == "free_from"
    assert matrix_words("us", date(2024, 6, 1))[coconut.sku]["tree_nuts"] == "contains"
    assert matrix_words("us")[coconut.sku]["tree_nuts"] == "free_from"
    assert set(canada[unknown.sku].values()) == {"unknown"}


def label(variant, jurisdiction="ca"):
    return selectors.allergen_label(
        variant_id=variant.pk, jurisdiction=jurisdiction, on=date(2026, 6, 1), at=AT
    )


def test_a_label_names_the_nut_and_says_what_is_not_known():
    flour = make_ingredient(contains=["wheat", "rye"], may_contain=["sesame"])
    known = make_size(line(flour), line(make_ingredient("Paste", contains=["almond", "walnut"])))
    printed = label(known)
    assert printed.contains == (
        "Wheat",
        "Other gluten (rye)",
        "Tree nuts (almond, walnut)",
    )
    assert printed.may_contain == ("Sesame",)
    assert printed.is_complete
    vague = make_size(line(make_ingredient("Praline", contains=["tree_nuts"])), name="Praline")
    assert label(vague).contains == ("Tree nuts",)
    open_question = label(make_product("Open").variants.get())
    assert not open_question.is_complete
    assert len(open_question.unknown) == 13
    with pytest.raises(NotFound):
        selectors.allergen_label(variant_id=999_999, jurisdiction="ca", on=date(2026, 6, 1), at=AT)


def test_the_shop_tells_each_size_apart_and_asks_where_nothing_is_sure(client):
    product = make_product("Ring", prices=("5.00", "6.00", "7.00"))
    first, second, third = product.variants.all()
    milk = make_ingredient("Milk powder", contains=["milk"])
    unsure = make_ingredient("Unsure", contains=["egg"], facts_complete=False)
    services.set_parts(variant_id=first.pk, parts=[line(milk)], at=AT)
    services.set_parts(variant_id=second.pk, parts=[line(unsure)], at=AT)
    section = client.get("/shop/ring/").content.decode().split('id="facts"')[1]
    known, unsure_of, unknown = section.split("<h3>")[1:]
    assert first.name in known
    assert "<strong>milk</strong>" in known
    assert "Ask us" not in known
    assert "<strong>egg</strong>" in unsure_of
    assert "Ask us about wheat" in unsure_of
    assert "none of the allergens" not in unsure_of
    assert third.name in unknown
    assert "Ask us about allergens" in unknown
    row = client.get("/api/v1/products/ring").json()
    assert row["allergens"] is None
    assert row["variants"][0]["food_facts"]["contains"] == ["milk"]
    assert "tree_nuts" in row["variants"][1]["food_facts"]["unknown"]
    assert row["variants"][2]["food_facts"] is None


def test_the_daily_check_finds_what_drifted():
    size = make_size(line(make_ingredient("Nuts", contains=["pecan"])))
    Product.objects.update(diet_tags=["nut_free"], free_from=["tree_nuts", "peanut"])
    Variant.objects.update(food_facts=None, unit_cost=None)
    settled = recheck_food()
    assert settled == 1
    assert tags_of(size.product) == []
    assert "tree_nuts" not in free_of(size.product)
    assert recheck_food() == 0
