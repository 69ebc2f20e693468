"""What can be chosen: one service behind console and API, and what the public sees of it."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Recipe
from apps.catalog.services import custom_product, publish_product
from apps.custom_cakes import selectors, services
from apps.custom_cakes.models import CakeOption
from apps.pricing.services import suggest_prices
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.catalog.factories import make_product
from tests.catalog.kitchens import line, make_ingredient, make_recipe
from tests.custom_cakes.options import ACTOR, AT, make_choices, make_option

pytestmark = pytest.mark.django_db
PUBLIC, STAFF = "/api/v1/custom-cakes/options", "/api/v1/staff/cake-options"


@pytest.fixture
def choices():
    return make_choices()


def staff_api(role):
    return people.api(people.log_in(people.staff(role)).access)


def change(option, **changes):
    return services.update_option(option_id=option.pk, changes=changes, actor=ACTOR, at=AT)


def test_costs_and_allergens_follow_from_the_recipe(choices):
    foods = {food.choice.name: food for kind in foods_now().values() for food in kind}
    assert foods["Vanilla"].cost == Decimal("0.0100")
    assert foods["Vanilla"].told == {"contains": ["wheat"], "may_contain": [], "unknown": []}
    assert foods["Chocolate"].told["may_contain"] == ["tree_nuts"]
    assert (foods["Fondant"].cost, foods["Fondant"].told["contains"]) == (None, [])
    assert "wheat" in foods["Fondant"].told["unknown"]
    assert (foods["Topper"].cost, foods["Topper"].told) == (Decimal("6.50"), None)


def foods_now():
    return selectors.options_with_food(at=AT)


@pytest.mark.parametrize("more", [0, 8])
def test_statements_do_not_grow_with_options(choices, more):
    recipe = Recipe.objects.get(name="Cream")
    for no in range(more):
        make_option("filling", f"Cream {no}", recipe, grams="4")
    with CaptureQueriesContext(connection) as asked:
        foods_now()
    assert len(asked) == 5


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"name": "  "}, "bad_name", "name"),
        ({"name": "a\x00b"}, "bad_text", "name"),
        ({"name": "x" * 81}, "bad_text", "name"),
        ({"grams": Decimal("NaN")}, "bad_number", "grams"),
        ({"grams": Decimal(-1)}, "bad_number", "grams"),
        ({"grams": Decimal("0.0001")}, "bad_number", "grams"),
        ({"grams": 1.5}, "bad_number", "grams"),
        ({"complexity": 6}, "bad_number", "complexity"),
        ({"complexity": True}, "bad_number", "complexity"),
        ({"is_edible": "no"}, "bad_choice", "is_edible"),
        ({"recipe_id": 2**70}, "bad_recipe", "recipe_id"),
        ({"recipe_id": 10**9}, "bad_recipe", "recipe_id"),
        ({"is_active": False}, "unknown_field", "is_active"),
        ({"kind": "filling"}, "unknown_field", "kind"),
        ({"grams": Decimal(0)}, "grams_missing", "grams"),
        ({"is_edible": False}, "not_eaten", "recipe_id"),
    ],
)
def test_what_is_wrong_is_refused_by_its_field(choices, values, code, field):
    with pytest.raises(Invalid) as refused:
        change(choices.vanilla, **values)
    assert (refused.value.code, refused.value.details["field"]) == (code, field)
    choices.vanilla.refresh_from_db()
    assert choices.vanilla.version == 1


def test_a_recipe_in_pieces_is_no_recipe_of_grams(choices):
    rolls = make_recipe("Rolls", line(make_ingredient("Dough", "1.00")), output="10", unit="piece")
    with pytest.raises(Invalid) as refused:
        change(choices.vanilla, recipe_id=rolls.pk)
    assert refused.value.code == "bad_recipe"


def test_each_change_is_counted_and_recorded_and_nothing_for_none(choices):
    changed = change(choices.vanilla, minutes=Decimal("0.5"), note="  of Madagascar ")
    assert (changed.version, changed.note) == (2, "of Madagascar")
    entry = AuditEntry.objects.order_by("-seq").first()
    assert (entry.action, entry.object_id) == ("cake_option.change", str(changed.pk))
    assert entry.changes == {"minutes": ["0", "0.5"], "note": ["", "of Madagascar"]}
    before = AuditEntry.objects.count()
    assert change(choices.vanilla, minutes=Decimal("0.500")).version == 2
    assert AuditEntry.objects.count() == before


def test_a_stale_editor_is_told(choices):
    change(choices.vanilla, complexity=2)
    with pytest.raises(Conflict) as refused:
        services.update_option(
            option_id=choices.vanilla.pk,
            changes={"complexity": 3},
            expected_version=1,
            actor=ACTOR,
            at=AT,
        )
    assert (refused.value.code, refused.value.details["version"]) == ("stale_option", 2)


def test_archived_names_are_free_until_they_come_back(choices):
    archive = {"option_id": choices.vanilla.pk, "actor": ACTOR, "at": AT}
    services.archive_option(**archive)
    assert services.archive_option(**archive).version == 2
    other = make_option("flavour", "Vanilla")
    with pytest.raises(Conflict) as refused:
        services.restore_option(**archive)
    assert refused.value.code == "taken"
    services.archive_option(option_id=other.pk, actor=ACTOR, at=AT)
    services.restore_option(**archive)
    assert [row.id for row in selectors.options()["flavour"]][-1] == choices.vanilla.pk


def test_unknown_options_are_not_found():
    with pytest.raises(NotFound):
        services.archive_option(option_id=10**15, actor=ACTOR, at=AT)


def test_the_public_sees_names_and_allergens_but_no_costs(choices, client):
    reply = client.get(PUBLIC, headers={"accept-language": "fr-CA"})
    assert reply.status_code == 200
    found = reply.json()
    assert [row["name"] for row in found["flavours"]] == ["Chocolat", "Vanille"]
    (cream,) = found["fillings"]
    assert set(cream) == {"id", "name", "note", "most", "lead_days", "allergens"}
    assert cream["allergens"]["contains"] == ["milk"]
    assert found["shapes_with_width"] == ["diamond", "oval", "paisley", "sheet"]
    assert "cost" not in reply.content.decode()
    assert "minutes" not in reply.content.decode()
    services.archive_option(option_id=choices.cream.pk, actor=ACTOR, at=AT)
    assert client.get(PUBLIC).json()["fillings"] == []


def test_staff_write_options_over_the_api(choices):
    manager = staff_api("manager")
    body = {"kind": "filling", "name": "Raspberry", "recipe_id": choices.cream.recipe_id}
    refused = manager.post(STAFF, body, format="json")
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "grams_missing"
    made = manager.post(STAFF, {**body, "grams": "4.200"}, format="json")
    assert made.status_code == 201
    row = made.json()
    assert (row["cost"], row["allergens"]["contains"], row["version"]) == ("0.0336", ["milk"], 1)
    address = f"{STAFF}/{row['id']}"
    changed = manager.patch(address, {"grams": "5", "expected_version": 1}, format="json")
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    stale = manager.patch(address, {"grams": "6", "expected_version": 1}, format="json")
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "stale_option")
    assert manager.delete(f"{address}/offer").json()["is_active"] is False
    assert manager.put(f"{address}/offer").json()["is_active"] is True
    for wrong in ({"recipe_id": True}, {"complexity": "2"}, {"grams": "NaN"}, {"name": None}, []):
        assert manager.patch(address, wrong, format="json").status_code == 400
    assert manager.get(f"{STAFF}/{2**64}").status_code == 404


def test_decorators_look_but_do_not_write(choices):
    decorator = staff_api("decorator")
    assert len(decorator.get(STAFF).json()) == 7
    assert decorator.post(STAFF, {"kind": "filling", "name": "X"}, format="json").status_code == 403
    offer = f"{STAFF}/{choices.cream.pk}/offer"
    assert decorator.delete(offer).status_code == 403
    assert CakeOption.objects.get(pk=choices.cream.pk).is_active


def test_the_console_writes_by_the_service_and_shows_what_it_refuses(choices):
    staff = people.browser(people.staff("manager"), verified=True)
    listed = staff.get("/console/custom_cakes/cakeoption/")
    assert listed.status_code == 200
    text = listed.content.decode()
    assert "0.01 CAD a cubic inch" in text
    assert "allergens not known" in text
    address = f"/console/custom_cakes/cakeoption/{choices.vanilla.pk}/change/"
    form = {
        "name": "Vanilla", "name_fr": "", "note": "", "note_fr": "", "position": "3",
        "recipe": choices.vanilla.recipe_id, "is_edible": "on", "grams": "0", "material_cost": "0",
        "minutes": "0", "complexity": "1", "most": "1", "lead_days": "0", "seen": "1",
    }  # fmt: skip
    refused = staff.post(address, form)
    assert refused.status_code == 200
    assert "Say how many grams" in refused.content.decode()
    assert staff.post(address, {**form, "grams": "6"}).status_code == 302
    choices.vanilla.refresh_from_db()
    assert (choices.vanilla.grams, choices.vanilla.version) == (Decimal(6), 2)
    stale = staff.post(address, {**form, "grams": "7"})
    assert "Somebody changed this meanwhile" in stale.content.decode()
    assert 'name="seen" value="2"' in stale.content.decode()
    assert 'value="7"' in stale.content.decode()
    gone = {"action": "offer_no_longer", "_selected_action": [choices.vanilla.pk]}
    assert staff.post("/console/custom_cakes/cakeoption/", gone).status_code == 302
    choices.vanilla.refresh_from_db()
    assert not choices.vanilla.is_active


def test_the_product_of_custom_cakes_is_nowhere_in_the_shop(client):
    product = custom_product(at=AT)
    make_product("Layer cake")
    with pytest.raises(Conflict) as refused:
        publish_product(product_id=product.pk, at=AT)
    assert refused.value.code == "private_size"
    staff = people.browser(people.staff("manager"), verified=True)
    staff.post(f"/console/catalog/product/{product.pk}/do/publish/")
    product.refresh_from_db()
    assert product.status == "draft"
    for address in ("/", "/shop/", "/shop/?q=custom", "/api/v1/products", "/api/v1/products/facets",
                    "/api/v1/categories"):  # fmt: skip
        reply = client.get(address)
        assert reply.status_code == 200
        text = reply.content.decode()
        # The shop's navigation leads to the form; no link, card or row leads to the product.
        for trace in (
            f"/shop/{product.slug}/",
            '"custom-cake"',
            '"custom-cakes"',
            "category=custom",
        ):
            assert trace not in text, (address, trace)
    assert client.get(f"/shop/{product.slug}/").status_code == 404
    assert client.get(f"/api/v1/products/{product.slug}").status_code == 404
    with pytest.raises(NotFound):
        suggest_prices(product_id=product.pk, at=AT)
