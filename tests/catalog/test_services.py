"""The life of a product, and what may be claimed of it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog import selectors, services
from apps.catalog.models import Product, Variant
from apps.catalog.rules import food_facts
from apps.catalog.states import PRODUCT_LIFE, ProductKind, ProductStatus
from bakery.kernel.errors import Conflict, DomainError, Invalid, NotFound
from bakery.kernel.models import AuditEntry
from tests.catalog.factories import AT, KNOWN, make_category, make_product

LATER = AT + timedelta(hours=1)


@pytest.mark.django_db
def test_only_published_products_and_live_sizes_are_sellable():
    draft = make_product("Draft", publish=False).variants.get()
    shown = make_product(
        "Cake",
        kind=ProductKind.CAKE,
        prices=("50.00", "60.00"),
        allergens=KNOWN,
        size={"lead_time_hours": 24, "made_to_order": True},
    )
    kept, gone = shown.variants.all()
    services.archive_variant(variant_id=gone.pk, at=LATER)
    found = selectors.sellable_variants([draft.pk, kept.pk, gone.pk, 10**9])
    assert list(found) == [kept.pk]
    row = found[kept.pk]
    assert (row.sku, row.product_name, row.name) == (kept.sku, "Cake", "Size 1")
    assert (row.price, row.is_cake, row.made_to_order) == (Decimal("50.00"), True, True)
    assert (row.lead_time, row.allergens) == (timedelta(hours=24), KNOWN)


@pytest.mark.django_db
@pytest.mark.parametrize("variants", [1, 5])
def test_sellable_takes_one_query(variants, django_assert_num_queries):
    product = make_product(prices=tuple(f"{n + 1}.00" for n in range(variants)))
    ids = list(product.variants.values_list("pk", flat=True))
    with django_assert_num_queries(1):
        assert len(selectors.sellable_variants(ids)) == variants


@pytest.mark.django_db
@pytest.mark.parametrize("old", ProductStatus)
@pytest.mark.parametrize(
    ("step", "to"),
    [
        (services.publish_product, ProductStatus.PUBLISHED),
        (services.unpublish_product, ProductStatus.DRAFT),
        (services.archive_product, ProductStatus.ARCHIVED),
    ],
)
def test_every_pair_of_statuses(old, step, to):
    product = make_product(publish=False)
    Product.objects.filter(pk=product.pk).update(status=old)
    if PRODUCT_LIFE.allows(old, to):
        assert step(product_id=product.pk, actor="user:7", at=LATER).status == to
        entry = AuditEntry.objects.first()
        assert (entry.actor, entry.changes) == ("user:7", {"status": [old, to]})
    else:
        with pytest.raises(Conflict) as refused:
            step(product_id=product.pk, at=LATER)
        assert refused.value.code == "illegal_transition"
        assert Product.objects.get(pk=product.pk).status == old


@pytest.mark.django_db
def test_nothing_to_sell_is_not_published():
    product = make_product(prices=(), publish=False)
    with pytest.raises(Conflict) as refused:
        services.publish_product(product_id=product.pk, at=LATER)
    assert refused.value.code == "nothing_to_sell"


@pytest.mark.django_db
def test_two_editors_do_not_undo_each_other():
    product = make_product()
    read_at = product.updated_at
    services.update_product(
        product_id=product.pk, changes={"name": "Rye loaf"}, read_at=read_at, at=LATER
    )
    with pytest.raises(Conflict) as refused:
        services.update_product(
            product_id=product.pk, changes={"name": "Spelt"}, read_at=read_at, at=LATER
        )
    assert refused.value.code == "edited_meanwhile"
    assert Product.objects.get().name == "Rye loaf"


@pytest.mark.django_db
def test_changes_are_in_the_audit_trail():
    variant = make_product().variants.get()
    services.update_variant(
        variant_id=variant.pk, changes={"price": Decimal("7.25")}, actor="user:3", at=LATER
    )
    entry = AuditEntry.objects.first()
    assert (entry.actor, entry.object_type, entry.object_id) == (
        "user:3",
        "catalog.variant",
        str(variant.pk),
    )
    assert entry.changes == {"price": ["6.50", "7.25"]}


@pytest.mark.django_db
def test_same_name_gets_another_slug_and_a_given_one_is_refused():
    first, second = make_product(), make_product()
    assert first.slug == "loaf"
    assert second.slug.startswith("loaf-")
    with pytest.raises(Conflict) as refused:
        make_product(slug="loaf")
    assert refused.value.code == "taken"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"price": Decimal(-1)},
        {"price": Decimal("1.005")},
        {"price": Decimal("NaN")},
        {"price": Decimal("1E12")},
        {"servings_min": 9, "servings_max": 3},
        {"per_order_limit": 0},
        {"name": "x" * 61},
        {"archived_at": None},
    ],
)
def test_impossible_sizes_are_refused(changes):
    variant = make_product().variants.get()
    with pytest.raises(Invalid):
        services.update_variant(variant_id=variant.pk, changes=changes, at=LATER)
    assert Variant.objects.get().price == Decimal("6.50")


@pytest.mark.django_db
def test_unknown_things():
    with pytest.raises(Invalid) as refused:
        services.create_product(name="Loaf", category_id=10**6, at=AT)
    assert refused.value.code == "unknown_category"
    for call in (services.publish_product, services.archive_product):
        with pytest.raises(NotFound):
            call(product_id=10**6, at=AT)
    with pytest.raises(Conflict):
        services.create_category(name=make_category().name, at=AT)


@pytest.mark.parametrize(
    ("diets", "allergens", "code"),
    [
        (["gluten_free"], {"contains": ["wheat"], "may_contain": []}, "claim_contradicted"),
        (["gluten_free"], {"contains": [], "may_contain": ["gluten"]}, "claim_contradicted"),
        (["nut_free"], {"contains": [], "may_contain": ["tree_nuts"]}, "claim_contradicted"),
        (["vegan"], {"contains": ["egg"], "may_contain": []}, "claim_contradicted"),
        (["dairy_free"], None, "claim_without_facts"),
    ],
)
def test_claims_need_facts(diets, allergens, code):
    with pytest.raises(Invalid) as refused:
        food_facts.check_claims(diets, allergens)
    assert refused.value.code == code


def test_claims_that_hold():
    assert food_facts.check_claims(["vegan"], None) is None
    assert (
        food_facts.check_claims(["vegan"], {"contains": ["wheat"], "may_contain": ["milk"]}) is None
    )


@pytest.mark.parametrize(
    "facts",
    [{}, {"contains": []}, {"contains": ["egg"], "may_contain": "milk"}, [], "egg", 3,
     {"contains": ["eggs"], "may_contain": []}, {"contains": [1], "may_contain": []}],
)  # fmt: skip
def test_half_known_allergens_are_refused(facts):
    with pytest.raises(Invalid):
        food_facts.clean_allergens(facts)


_NAMES = st.lists(st.sampled_from(sorted(food_facts.ALLERGENS)))


@given(contains=_NAMES, may_contain=_NAMES)
def test_canonical_facts_are_disjoint_complete_and_stable(contains, may_contain):
    facts = food_facts.clean_allergens({"contains": contains, "may_contain": may_contain})
    assert set(facts["contains"]) == set(contains)
    assert set(facts["contains"]) | set(facts["may_contain"]) == {*contains, *may_contain}
    assert not set(facts["contains"]) & set(facts["may_contain"])
    assert food_facts.clean_allergens(facts) == facts


def test_every_refusal_is_one_that_clients_can_read():
    with pytest.raises(DomainError) as refused:
        food_facts.clean_diets(["unicorn"])
    assert refused.value.details["field"] == "diet_tags"
