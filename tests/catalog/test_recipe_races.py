"""Two at once in the kitchen: no circle, no stale cost, and no claim that outlives its proof.

Each race has a control: the same with its guard off, which must go wrong.
"""

import threading
from contextlib import ExitStack
from decimal import Decimal
from unittest import mock

import pytest

from apps.catalog import services
from apps.catalog.models import Product, RecipeLine, Variant
from apps.catalog.rules import costing
from apps.catalog.selectors.food import appraise, load_kitchen
from apps.catalog.services import food, ingredients, products, recipes
from bakery.kernel.errors import Invalid
from tests.catalog.factories import AT, make_product
from tests.catalog.kitchens import line, make_ingredient, make_recipe, make_size, set_price
from tests.inventory.guards import Meeting, read_without_lock

pytestmark = pytest.mark.django_db(transaction=True)


def no_lock():
    """Stands in for `lock_kitchen`."""


def unlocked_products(ids):
    """Stands in for `food._lock_products`."""
    return list(Product.objects.filter(pk__in=ids))


def without_kitchen_lock(stack):
    for module in (ingredients, recipes):
        stack.enter_context(mock.patch.object(module, "lock_kitchen", no_lock))


def without_product_lock(stack):
    stack.enter_context(mock.patch.object(products, "lock_one", read_without_lock))
    stack.enter_context(mock.patch.object(food, "_lock_products", unlocked_products))


def meeting_after(stack, module, name, meeting):
    """Let both callers have done ``name`` before either goes on, unless a guard is in the way."""
    real = getattr(module, name)

    def wrapped(*args, **kwargs):
        found = real(*args, **kwargs)
        meeting.wait()
        return found

    stack.enter_context(mock.patch.object(module, name, wrapped))


def close_the_circle(parallel, *, guarded):
    """B needs C and D needs A already; at once, A gets B and C gets D."""
    flour = make_ingredient()
    a, c = make_recipe("A", line(flour)), make_recipe("C", line(flour))
    edits = [(a, make_recipe("B", line(c))), (c, make_recipe("D", line(a)))]
    with ExitStack() as stack:
        if not guarded:
            without_kitchen_lock(stack)
        meeting_after(stack, recipes, "_check_circle", Meeting())
        results = parallel(
            2,
            lambda n: services.update_recipe(
                recipe_id=edits[n][0].pk, changes={"lines": [line(edits[n][1])]}, at=AT
            ),
        )
    return results, costing.find_cycle(costing.recipe_edges(load_kitchen().batches))


def test_two_edits_that_make_a_circle_together_are_not_both_taken(parallel):
    results, circle = close_the_circle(parallel, guarded=True)
    refused = [result for result in results if isinstance(result, Invalid)]
    assert [error.code for error in refused] == ["recipe_in_itself"]
    assert circle is None
    assert RecipeLine.objects.count() == 4


@pytest.mark.control
def test_control_without_the_kitchens_lock_the_circle_closes(parallel):
    results, circle = close_the_circle(parallel, guarded=False)
    assert not [result for result in results if isinstance(result, Exception)]
    assert circle is not None


def two_prices_at_once(parallel, *, guarded):
    flour, butter = make_ingredient(price="1.00"), make_ingredient("Butter", "1.00")
    size = make_size(line(flour, "1000"), line(butter, "1000"))
    with ExitStack() as stack:
        if not guarded:
            without_kitchen_lock(stack)
            without_product_lock(stack)
        meeting_after(stack, food, "appraise", Meeting())
        results = parallel(2, lambda n: set_price((flour, butter)[n], "5.00"))
    assert not [result for result in results if isinstance(result, Exception)], results
    return Variant.objects.get(pk=size.pk).unit_cost


def test_two_prices_changed_at_once_both_count(parallel):
    assert two_prices_at_once(parallel, guarded=True) == Decimal("10.0000")


@pytest.mark.control
def test_control_without_locks_one_of_two_prices_is_lost(parallel):
    assert two_prices_at_once(parallel, guarded=False) == Decimal("6.0000")


def claim_against_change(parallel, *, guarded):
    """One says nut-free and was found right; before it is written, a nut gets into the recipe."""
    paste = make_ingredient("Paste")
    size = make_size(line(make_recipe("Filling", line(paste))))
    checked, changed = threading.Event(), threading.Event()
    real = products.check_product_claims

    def check_and_wait(product, *, at):
        real(product, at=at)
        checked.set()
        # With its guard on, the change waits for this transaction, so this wait is in vain.
        changed.wait(60 if not guarded else 0.4)

    def say_nut_free():
        services.update_product(
            product_id=size.product_id, changes={"diet_tags": ["nut_free"]}, at=AT
        )

    def put_nuts_in():
        assert checked.wait(60)
        services.update_ingredient(
            ingredient_id=paste.pk, changes={"contains": ["hazelnut"]}, at=AT
        )
        changed.set()

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(products, "check_product_claims", check_and_wait))
        if not guarded:
            without_product_lock(stack)
        results = parallel(2, lambda n: (say_nut_free, put_nuts_in)[n]())
    assert not [result for result in results if isinstance(result, Exception)], results
    product = Product.objects.get()
    assert "tree_nuts" in product.variants.get().food_facts["contains"]
    return product.diet_tags


def test_a_claim_and_the_change_that_falsifies_it_do_not_pass_each_other(parallel):
    assert claim_against_change(parallel, guarded=True) == []


@pytest.mark.control
def test_control_without_the_products_lock_a_wrong_nut_free_is_shown(parallel):
    assert claim_against_change(parallel, guarded=False) == ["nut_free"]


def test_many_changes_at_once_end_without_deadlock_and_agree(parallel):
    flour, butter = make_ingredient(), make_ingredient("Butter")
    dough = make_recipe("Dough", line(flour), line(butter))
    sizes = [make_size(line(dough), name=f"Product {n}") for n in range(4)]

    def change(n, step):
        size, price = sizes[n % 4], str(n + step + 1)
        if n < 2:
            set_price((flour, butter)[n], price)
        elif n == 2:
            facts = {"contains": ["egg"], "may_contain": ["milk"][:step]}
            services.update_product(product_id=size.product_id, changes={"allergens": facts}, at=AT)
        elif n == 3:
            services.update_variant(variant_id=size.pk, changes={"price": Decimal(price)}, at=AT)
        elif n == 4:
            services.set_parts(variant_id=size.pk, parts=[line(dough, price)], at=AT)
        else:
            make_product(f"New {step}")

    def work(n):
        for step in range(3):
            change(n, step)

    assert parallel(6, work) == [None] * 6
    rows = Variant.objects.select_related("product")
    found = appraise({row.pk: row.product.allergens for row in rows}, at=AT)
    for row in rows:
        assert row.food_facts == found[row.pk].facts
        if found[row.pk].has_parts:
            assert row.unit_cost == found[row.pk].cost
