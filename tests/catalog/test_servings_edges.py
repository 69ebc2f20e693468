"""Servings over HTTP: the public answer, the page, and the decision of staff."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from apps.catalog.models import ServingsDecision, Variant
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.catalog.factories import make_product

pytestmark = pytest.mark.django_db
API = "/api/v1/servings"
ROUND_8 = {"shape": "round", "length_in": Decimal(8), "height_in": Decimal(4)}


def make_cake(**size):
    return make_product("Layer cake", size={**ROUND_8, **size}).variants.get()


def staff_address(variant) -> str:
    return f"/api/v1/staff/variants/{variant.pk}/servings"


def page_of(variant) -> str:
    return f"/console/catalog/servingsdecision/size/{variant.pk}/"


def test_a_stack_is_answered_with_chart_range_and_tiers(client):
    reply = client.get(API, {"tier": ["round:8", "round:6"], "style": "wedding"})
    found = reply.json()["estimate"]
    assert reply.status_code == 200
    assert (found["chart"], found["servings"]) == ("Wilton", 36)
    assert found["range"][0] <= 36 <= found["range"][1]
    assert [tier["servings"] for tier in found["tiers"]] == [24, 12]
    kept = client.get(API, {"tier": ["round:8", "round:6"], "style": "wedding", "keep_top": "1"})
    assert kept.json()["estimate"]["servings"] == 24


def test_centimetres_are_converted(client):
    inches = client.get(API, {"tier": "sheet:13x9:4"}).json()["estimate"]
    cm = client.get(API, {"tier": "sheet:33.02x22.86:10.16", "unit": "cm"}).json()["estimate"]
    assert inches["servings"] == cm["servings"] == 36


def test_guests_get_sizes_and_what_we_sell(client):
    make_product("Small cake", size={"servings_min": 10, "servings_max": 12})
    large = make_product("Large cake", size={"servings_min": 30, "servings_max": 38})
    make_product("Secret cake", publish=False, size={"servings_min": 40, "servings_max": 50})
    found = client.get(API, {"guests": "25"}).json()
    assert found["estimate"] is None
    assert all(row["servings"] >= 25 for row in found["suggestions"])
    assert [row["slug"] for row in found["on_sale"]] == [large.slug]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"tier": "round"},
        {"tier": "round:8:4:2"},
        {"tier": "round:NaN"},
        {"tier": "round:1e9"},
        {"tier": "round:-8"},
        {"tier": "star:8"},
        {"tier": "sheet:13"},
        {"tier": "round:8x9"},
        {"tier": ["round:8"] * 11},
        {"tier": "round:8", "unit": "ell"},
        {"tier": "round:8", "style": "buffet"},
        {"tier": "round:8", "keep_top": "maybe"},
        {"tier": "round:8", "guests": "4"},
        {"guests": "0"},
        {"guests": "99999999999999999999"},
        {"guests": "1.5"},
        {"guests": "10", "attendance": "20"},
    ],
)
def test_odd_questions_are_400(client, query):
    reply = client.get(API, query)
    assert reply.status_code == 400
    assert reply.json()["error"]["code"]


def test_the_page_answers_both_questions_and_explains_mistakes(client):
    make_product("Large cake", size={"servings_min": 30, "servings_max": 38})
    assert client.get("/servings/").status_code == 200
    guests = client.get("/servings/", {"guests": "25"}).content.decode()
    assert "Large cake" in guests
    assert "10 inch square" in guests
    cake = client.get("/servings/", {"shape": "round", "length": "8"}).content.decode()
    assert "Serves 20" in cake
    for query in ({"guests": "0"}, {"shape": "sheet", "length": "13"}, {"shape": "x"}):
        assert client.get("/servings/", query).status_code == 400


def test_staff_take_the_charts_figure_and_it_is_kept(manager_api):
    cake = make_cake()
    shown = manager_api.get(staff_address(cake)).json()
    assert shown["suggestion"]["range"] == [20, 24]
    reply = manager_api.post(staff_address(cake), {"least": 20, "most": 24}, format="json")
    assert reply.status_code == 200, reply.content
    cake.refresh_from_db()
    assert (cake.servings_min, cake.servings_max) == (20, 24)
    kept = ServingsDecision.objects.get()
    assert (kept.chart, kept.suggested_least, kept.is_override) == ("Wilton", 20, False)
    assert kept.tiers == [{"shape": "round", "length_in": "8.00", "height_in": "4.00"}]


def test_another_figure_needs_a_reason_and_is_audited(manager_api):
    cake = make_cake()
    refused = manager_api.post(staff_address(cake), {"least": 14, "most": 16}, format="json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "reason_missing")
    assert not ServingsDecision.objects.exists()
    given = {"least": 14, "most": 16, "reason": "We cut generous slices."}
    assert manager_api.post(staff_address(cake), given, format="json").status_code == 200
    assert ServingsDecision.objects.get().is_override
    entry = AuditEntry.objects.filter(action="update_variant").latest("pk")
    assert entry.changes["servings_min"] == [None, 14]


def test_stacks_and_sizes_without_measures(manager_api):
    stack = make_product(
        "Tiers",
        size={
            "tiers": [{"shape": "round", "length_in": "8"}, {"shape": "round", "length_in": "6"}]
        },
    ).variants.get()
    assert manager_api.get(staff_address(stack)).json()["suggestion"]["servings"] == 32
    plain = make_product("Bun").variants.get()
    assert manager_api.get(staff_address(plain)).json()["suggestion"] is None
    taken = manager_api.post(staff_address(plain), {"least": 1, "most": 1}, format="json")
    assert taken.status_code == 200
    assert ServingsDecision.objects.get().suggested_least is None


@pytest.mark.parametrize(
    "given",
    [
        {"least": 5, "most": 4},
        {"least": 0, "most": 4},
        {"least": "5", "most": 6},
        {"least": 5, "most": 10**9},
        {"least": 5},
        {"least": 20, "most": 24, "style": "buffet"},
    ],
)
def test_odd_decisions_are_400(manager_api, given):
    assert manager_api.post(staff_address(make_cake()), given, format="json").status_code == 400
    assert not ServingsDecision.objects.exists()


def test_the_console_page_suggests_and_takes_a_decision(console):
    cake = make_cake()
    page = console.get(page_of(cake)).content.decode()
    assert "Wilton" in page
    assert 'value="20"' in page
    wrong = console.post(page_of(cake), {"least": 30, "most": 40, "style": "party", "reason": ""})
    assert "Say why not" in wrong.content.decode()
    right = {"least": 18, "most": 24, "style": "party", "reason": "Narrow slices sell badly."}
    assert console.post(page_of(cake), right).status_code == 302
    assert Variant.objects.get(pk=cake.pk).servings_min == 18
    assert "Narrow slices" in console.get("/console/catalog/servingsdecision/").content.decode()
    assert console.get("/console/catalog/servingsdecision/size/999999/").status_code == 404


def test_a_cashier_decides_nothing():
    cake = make_cake()
    cashier = people.browser(people.staff("cashier"), verified=True)
    assert cashier.get(page_of(cake)).status_code == 403
    assert cashier.post(page_of(cake), {"least": 1, "most": 2}).status_code == 403


def test_decisions_cannot_be_rewritten(manager_api):
    cake = make_cake()
    manager_api.post(staff_address(cake), {"least": 20, "most": 24}, format="json")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        ServingsDecision.objects.update(least=1)
