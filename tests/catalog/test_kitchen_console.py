"""Ingredients, recipes, sizes and allergens in the console and at the counter."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import (
    Ingredient,
    IngredientPrice,
    Product,
    Recipe,
    VariantPart,
    WithdrawnClaim,
)
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.catalog.factories import make_product
from tests.catalog.kitchens import line, make_ingredient, make_recipe, make_size

pytestmark = pytest.mark.django_db
BASE = "/console/catalog"


def management(prefix, total, initial=0):
    return {f"{prefix}-TOTAL_FORMS": total, f"{prefix}-INITIAL_FORMS": initial}


def lines_of(prefix, *lines, initial=0):
    posted = management(prefix, len(lines), initial)
    for number, values in enumerate(lines):
        posted |= {f"{prefix}-{number}-{name}": value for name, value in values.items()}
    return posted


def page(console, path, expect=200):
    response = console.get(f"{BASE}{path}")
    assert response.status_code == expect, response.content[:500]
    return response.content.decode()


def test_an_ingredient_is_recorded_and_its_allergens_changed(console):
    given = {
        "name": "Butter",
        "kind": "food",
        "price": "10.00",
        "price_quantity": "1",
        "unit": "kg",
        "is_active": "on",
        "contains": ["milk"],
    }
    response = console.post(f"{BASE}/ingredient/add/", given)
    assert response.status_code == 302, response.context["errors"]
    butter = Ingredient.objects.get()
    assert (butter.contains, butter.facts_complete, butter.suits) == (["milk"], False, None)
    path = f"/ingredient/{butter.pk}/change/"
    shown = page(console, path)
    assert "Prices so far" in shown
    change = {
        "name": "Butter",
        "kind": "food",
        "is_active": "on",
        "facts_complete": "on",
        "contains": ["milk"],
        "suits_known": "on",
        "suits": ["vegetarian"],
        "read_at": butter.updated_at.isoformat(),
        "reason": "supplier's sheet",
        **management("prices", 0),
    }
    assert console.post(f"{BASE}{path}", change).status_code == 302
    butter.refresh_from_db()
    assert (butter.facts_complete, butter.suits) == (True, ["vegetarian"])
    assert AuditEntry.objects.get(action="update_ingredient").reason == "supplier's sheet"
    # The page was read before that change: nothing of it is undone, and nothing typed is lost.
    stale = console.post(f"{BASE}{path}", {**change, "supplier": "Dairy of the valley"})
    assert stale.status_code == 200
    assert "Somebody else changed this ingredient" in stale.content.decode()
    assert "Dairy of the valley" in stale.content.decode()
    wrong = console.post(
        f"{BASE}{path}",
        {**change, "suits": ["vegan"], "read_at": butter.updated_at.isoformat()},
    )
    assert "Vegan is contradicted by: milk." in wrong.content.decode()


def test_a_price_is_looked_at_before_it_is_changed(console):
    flour = make_ingredient(price="10.00")
    size = make_size(line(flour, "300"), name="Brioche")
    path = f"{BASE}/ingredient/{flour.pk}/price/"
    new = {"price": "15.00", "price_quantity": "1", "unit": "kg"}
    shown = console.post(path, new).content.decode()
    assert "1 size changes" in shown
    assert "1 falls below the floor" in shown
    assert "Brioche" in shown
    assert IngredientPrice.objects.count() == 1
    assert console.post(path, {**new, "confirmed": "yes"}).status_code == 302
    size.refresh_from_db()
    assert str(size.unit_cost) == "4.5000"
    for wrong in ({"price": "NaN"}, {"price": "-1"}, {"price_quantity": "0"}, {"unit": "l"}):
        refused = console.post(path, {**new, **wrong, "confirmed": "yes"})
        assert refused.status_code == 200, wrong
    assert IngredientPrice.objects.count() == 2
    assert console.get(f"{BASE}/ingredient/999999/price/").status_code == 404


def test_a_recipe_is_written_and_its_circle_refused_with_what_was_typed(console):
    flour = make_ingredient()
    given = {"name": "Dough", "yield_quantity": "900", "yield_unit": "g", "loss_percent": "10"}
    first = {"ingredient": flour.pk, "quantity": "600", "unit": "g"}
    response = console.post(f"{BASE}/recipe/add/", {**given, **lines_of("lines", first)})
    assert response.status_code == 302, response.context["errors"]
    dough = Recipe.objects.get()
    assert [row.quantity for row in dough.lines.all()] == [600]
    bun = make_recipe("Bun", line(dough))
    kept = {"id": dough.lines.get().pk, "recipe": dough.pk, **first, "quantity": "601"}
    circle = {"recipe": dough.pk, "part": bun.pk, "quantity": "5", "unit": "g"}
    path = f"{BASE}/recipe/{dough.pk}/change/"
    posted = {**given, "read_at": dough.updated_at.isoformat()}
    refused = console.post(path, {**posted, **lines_of("lines", kept, circle, initial=1)})
    assert refused.status_code == 200
    text = refused.content.decode()
    assert "A recipe cannot go into itself" in text
    assert 'value="601"' in text
    assert [row.quantity for row in dough.lines.all()] == [600]
    both = {**kept, "part": bun.pk}
    refused = console.post(path, {**posted, **lines_of("lines", both, initial=1)})
    assert "Choose either an ingredient or a recipe." in refused.content.decode()
    wrong_unit = {**posted, **lines_of("lines", {**kept, "unit": "ml"}, initial=1)}
    assert "cannot be turned into that" in console.post(path, wrong_unit).content.decode()
    removed = {**kept, "DELETE": "on"}
    added = {"recipe": dough.pk, "ingredient": flour.pk, "quantity": "2", "unit": "kg"}
    saved = console.post(path, {**posted, **lines_of("lines", removed, added, initial=1)})
    assert saved.status_code == 302, saved.context["errors"]
    assert [(row.quantity, row.unit) for row in dough.lines.all()] == [(2, "kg")]


def test_parts_of_a_size_give_it_a_cost_and_a_tree(console):
    flour = make_ingredient(price="20.00")
    dough = make_recipe("Dough", line(flour, "1000"))
    size = make_product("Brioche").variants.get()
    path = f"/costedsize/{size.pk}/change/"
    part = {"variant": size.pk, "part": dough.pk, "quantity": "300", "unit": "g"}
    assert console.post(f"{BASE}{path}", lines_of("parts", part)).status_code == 302
    shown = page(console, path)
    assert "Where the cost comes from" in shown
    assert "6.0000 CAD" in shown
    assert "below floor" in shown
    assert "below floor" in page(console, "/costedsize/?margin=low")
    assert "Brioche" not in page(console, "/costedsize/?margin=unknown")
    assert "Brioche" not in page(console, "/costedsize/?margin=bare")
    assert VariantPart.objects.count() == 1


def test_a_claim_that_came_off_is_seen_until_somebody_sees_to_it(console):
    paste = make_ingredient("Paste")
    product = make_size(line(paste), name="Praline ring").product
    Product.objects.filter(pk=product.pk).update(diet_tags=["nut_free"])
    change = {
        "name": "Paste",
        "kind": "food",
        "is_active": "on",
        "facts_complete": "on",
        "contains": ["hazelnut"],
        "read_at": paste.updated_at.isoformat(),
        **management("prices", 1, 1),
    }
    response = console.post(f"{BASE}/ingredient/{paste.pk}/change/", change, follow=True)
    assert "Praline ring: nut_free was taken off." in response.content.decode()
    assert "Praline ring" in page(console, "/withdrawnclaim/?seen_at__isempty=1")
    claim = WithdrawnClaim.objects.get()
    action = {"action": "mark_seen", "_selected_action": [claim.pk]}
    assert console.post(f"{BASE}/withdrawnclaim/", action).status_code == 302
    claim.refresh_from_db()
    assert claim.seen_by.startswith("user:")


def test_the_counter_looks_up_and_prints(client):
    cashier = people.browser(people.staff("cashier"), verified=True)
    size = make_size(line(make_ingredient("Pine nuts", contains=["pine_nut"])), name="Pesto roll")
    unsure = make_product("Mystery bun").variants.get()
    shown = cashier.get("/kitchen/allergens/").content.decode()
    assert "Pesto roll" in shown
    assert "Not known, ask" in shown
    printed = cashier.get(f"/kitchen/labels/{size.pk}/").content.decode()
    assert "Tree nuts (pine nut)" in printed
    elsewhere = cashier.get(f"/kitchen/labels/{size.pk}/?jurisdiction=eu").content.decode()
    assert "Tree nuts" not in elsewhere
    asked = cashier.get(f"/kitchen/labels/{unsure.pk}/").content.decode()
    assert "Ask us before you buy" in asked
    for path in ("/kitchen/allergens/?on=1900-01-01", "/kitchen/allergens/?on=x&jurisdiction=q"):
        assert cashier.get(path).status_code == 400, path
    assert cashier.get("/kitchen/labels/999999999999/").status_code == 404
    assert cashier.get(f"{BASE}/recipe/").status_code == 403
    assert client.get("/kitchen/allergens/").status_code in {302, 403}


def test_lists_and_forms_take_as_many_statements_for_many_as_for_few(console):
    flour = make_ingredient()
    lines = [line(flour)]
    paths = ["/recipe/", "/ingredient/", "/costedsize/", "/kitchen"]

    def count(path):
        with CaptureQueriesContext(connection) as queries:
            console.get(f"{BASE}{path}" if path != "/kitchen" else "/kitchen/allergens/")
        return len(queries)

    recipe = make_recipe("Recipe", *lines)
    make_size(*lines, name="Product")
    few = [count(path) for path in (*paths, *paths)][len(paths) :]
    count(f"/recipe/{recipe.pk}/change/")
    form_of_one = count(f"/recipe/{recipe.pk}/change/")
    for number in range(6):
        make_ingredient(f"Flour {number}")
        make_recipe(f"Recipe {number}", *lines)
        make_size(*lines, name=f"Product {number}")
    long = make_recipe("Long", *(lines * 8))
    assert [count(path) for path in paths] == few
    assert count(f"/recipe/{long.pk}/change/") == form_of_one
