"""Ingredients, recipes, costs and allergens over the staff API."""

import pytest

from apps.catalog.models import Ingredient, Product, Variant
from tests.accounts import people
from tests.catalog.factories import make_product
from tests.catalog.kitchens import line, make_ingredient, make_recipe, make_size

pytestmark = pytest.mark.django_db
BASE = "/api/v1/staff"


def send(api, method, path, data=None, expect=200):
    response = getattr(api, method)(f"{BASE}{path}", data, format="json")
    assert response.status_code == expect, response.content
    return response.json()


@pytest.fixture
def cashier_api(db):
    return people.api(people.log_in(people.staff("cashier")).access)


def test_from_an_ingredient_to_a_cost_and_a_label(manager_api):
    butter = send(
        manager_api,
        "post",
        "/ingredients",
        {
            "name": "Butter",
            "price": "10.00",
            "unit": "kg",
            "contains": ["milk"],
            "facts_complete": True,
        },
        expect=201,
    )
    assert (butter["price_quantity"], butter["suits"]) == ("1", None)
    cream = {
        "name": "Buttercream",
        "yield_quantity": "1000",
        "yield_unit": "g",
        "loss_percent": "20",
        "lines": [{"ingredient_id": butter["id"], "quantity": "800", "unit": "g"}],
    }
    recipe = send(manager_api, "post", "/recipes", cream, expect=201)
    variant = make_product(prices=("10.00",)).variants.get()
    parts = {"parts": [{"recipe_id": recipe["id"], "quantity": "0.1", "unit": "kg"}]}
    path = f"/variants/{variant.pk}"
    changed = send(manager_api, "put", f"{path}/parts", parts)
    assert changed["settled"] == {"sizes_changed": 1, "claims_withdrawn": []}
    assert send(manager_api, "get", f"{path}/parts")["parts"] == changed["parts"]
    cost = send(manager_api, "get", f"{path}/cost")
    assert (cost["cost"], cost["margin"], cost["below_floor"]) == ("1.0000", "0.9000", False)
    assert cost["parts"][0]["parts"][0]["name"] == "Butter"
    label = send(manager_api, "get", f"{path}/label")
    assert (label["contains"], label["complete"]) == (["Milk"], True)
    matrix = send(manager_api, "get", "/allergens?jurisdiction=eu")
    assert matrix["sizes"][0]["says"]["milk"] == "contains"
    assert len(matrix["items"]) == 14
    assert send(manager_api, "get", f"/recipes/{recipe['id']}")["lines"][0]["quantity"] == "800.000"
    assert send(manager_api, "get", "/recipes")["results"][0]["name"] == "Buttercream"
    assert send(manager_api, "get", "/ingredients")["results"][0]["name"] == "Butter"


def test_a_price_is_previewed_then_changed(manager_api, settings):
    flour = make_ingredient(price="10.00")
    size = make_size(line(flour, "300"))
    path = f"/ingredients/{flour.pk}"
    seen = send(manager_api, "post", f"{path}/price-preview", {"price": "15.00"})
    assert (seen["sizes_changed"], seen["falling_below_floor"]) == (1, 1)
    assert send(manager_api, "get", "/margins?below_floor=true")["results"] == []
    changed = send(manager_api, "patch", path, {"price": "15.00"})
    assert changed["settled"]["sizes_changed"] == 1
    (low,) = send(manager_api, "get", "/margins?below_floor=true")["results"]
    assert (low["sku"], low["cost"]) == (size.sku, "4.5000")


def test_a_change_says_which_claims_came_off_and_somebody_sees_to_it(manager_api):
    paste = make_ingredient("Paste")
    product = make_size(line(paste)).product
    send(manager_api, "patch", f"/products/{product.pk}", {"diet_tags": ["nut_free"]})
    changed = send(manager_api, "patch", f"/ingredients/{paste.pk}", {"contains": ["almond"]})
    (said,) = changed["settled"]["claims_withdrawn"]
    assert said.startswith("nut_free: Nut-free is contradicted by: tree nuts.")
    (claim,) = send(manager_api, "get", "/withdrawn-claims")["results"]
    assert claim["product"] == product.name
    send(manager_api, "post", f"/withdrawn-claims/{claim['id']}/seen")
    assert send(manager_api, "get", "/withdrawn-claims")["results"] == []
    assert Product.objects.get().diet_tags == []
    refused = send(
        manager_api, "patch", f"/products/{product.pk}", {"diet_tags": ["nut_free"]}, expect=400
    )
    assert refused["error"]["code"] == "claim_contradicted"


def test_a_circle_names_its_path(manager_api):
    dough = make_recipe("Dough", line(make_ingredient()))
    bun = make_recipe("Bun", line(dough))
    lines = [{"recipe_id": bun.pk, "quantity": "1", "unit": "g"}]
    refused = send(manager_api, "patch", f"/recipes/{dough.pk}", {"lines": lines}, expect=400)
    assert refused["error"]["code"] == "recipe_in_itself"
    assert set(refused["error"]["details"]["path"]) == {"Dough", "Bun"}


BAD_NUMBERS = [0, -1, "NaN", "Infinity", "1e400", "x", None, [], {}, True, "99999999999", "0.00001"]


def test_bad_quantities_are_400(manager_api):
    flour = make_ingredient()
    size = make_size(line(flour))
    dough = make_recipe("Dough", line(flour))
    for value in BAD_NUMBERS:
        wrong = [{"ingredient_id": flour.pk, "quantity": value, "unit": "g"}]
        send(manager_api, "put", f"/variants/{size.pk}/parts", {"parts": wrong}, expect=400)
        send(manager_api, "patch", f"/recipes/{dough.pk}", {"lines": wrong}, expect=400)
        change = {"price_quantity": value}
        send(manager_api, "patch", f"/ingredients/{flour.pk}", change, expect=400)
    assert Variant.objects.get().unit_cost is not None


BAD_INGREDIENTS = [
    {"contains": ["unobtainium"]},
    {"contains": "milk"},
    {"contains": [1, None]},
    {"may_contain": [["milk"]]},
    {"suits": ["vegan"], "contains": ["milk"]},
    {"suits": ["gluten_free"]},
    {"price": "-1"},
    {"price": "NaN"},
    {"unit": "cup"},
    {"name": ""},
    {"name": "x" * 200},
    {"facts_complete": "perhaps"},
    {"kind": "poison"},
    {"updated_at": "yesterday"},
]


def test_bad_ingredients_are_400_and_nothing_changes(manager_api):
    flour = make_ingredient()
    for body in BAD_INGREDIENTS:
        send(manager_api, "patch", f"/ingredients/{flour.pk}", body, expect=400)
    after = Ingredient.objects.get()
    assert (after.name, after.contains, after.price) == ("Flour", [], flour.price)


ODD_QUESTIONS = [
    ("/allergens?jurisdiction=mars", 400),
    ("/allergens?on=tomorrow", 400),
    ("/allergens?on=0001-01-01", 400),
    ("/allergens?jurisdiction=ca%00", 400),
    ("/margins?below_floor=perhaps", 400),
    ("/margins?cursor=nonsense", 404),
    ("/variants/999999999999999999999/cost", 404),
    ("/variants/7/label", 404),
    ("/ingredients/7", 404),
    ("/recipes/7", 404),
    ("/variants/7/parts", 404),
]


def test_odd_questions_get_answers(manager_api):
    for path, expect in ODD_QUESTIONS:
        send(manager_api, "get", path, expect=expect)


def test_what_is_not_there_cannot_be_changed(manager_api):
    send(manager_api, "patch", "/ingredients/7", {"name": "x"}, expect=404)
    send(manager_api, "patch", "/recipes/7", {"name": "x"}, expect=404)
    send(manager_api, "put", "/variants/7/parts", {"parts": []}, expect=404)
    send(manager_api, "post", "/withdrawn-claims/7/seen", expect=404)
    send(manager_api, "post", "/ingredients/7/price-preview", {"price": "1.00"}, expect=404)


def test_the_counter_sees_allergens_and_no_costs(cashier_api):
    size = make_size(line(make_ingredient()))
    send(cashier_api, "get", "/allergens")
    send(cashier_api, "get", f"/variants/{size.pk}/label")
    for path in ("/ingredients", "/recipes", "/margins", f"/variants/{size.pk}/cost"):
        send(cashier_api, "get", path, expect=403)
    send(cashier_api, "post", "/margins", expect=403)


def test_lists_take_as_many_statements_for_many_as_for_few(
    manager_api, django_assert_max_num_queries
):
    flour = make_ingredient()
    for number in range(12):
        make_recipe(f"Recipe {number}", line(flour))
        make_size(line(flour), name=f"Product {number}")
    for path in ("/recipes", "/ingredients", "/margins", "/allergens"):
        with django_assert_max_num_queries(8):
            send(manager_api, "get", path)
