"""Lots, recalls and conflicts over the API, with the customers of real orders."""

import pytest

from apps.inventory import services
from apps.inventory.models import Lot, Stock
from bakery.kernel import clock
from tests.accounts import people
from tests.inventory.factories import make_variant
from tests.inventory.test_lots import ingredient
from tests.orders import factories as orders

pytestmark = pytest.mark.django_db
STAFF = "/api/v1/staff"


def bake(api, variant, key: str, **more):
    body = {"variant_id": variant.pk, "pieces": 6, "used": ["F-1"]} | more
    return api.post(f"{STAFF}/bakes", body, HTTP_IDEMPOTENCY_KEY=key)


def test_from_a_delivery_to_a_customer_and_back(manager_api):
    flour = ingredient()
    delivery = {"code": "F-1", "ingredient_id": flour.pk, "supplier": "Mill", "quantity": "25"}
    first = manager_api.post(f"{STAFF}/lots", delivery)
    assert (first.status_code, first.json()["what"]) == (201, "Flour")
    assert manager_api.post(f"{STAFF}/lots", delivery).status_code == 409
    bread = orders.make_variant(stock=0)
    baked, again = (bake(manager_api, bread, "k1", code="B-1") for _ in range(2))
    assert (baked.status_code, baked.json()) == (201, again.json())
    assert Stock.objects.get(pk=bread.pk).on_hand == 6
    order = orders.place_paid([(bread, 2, "")])
    trace = manager_api.get(f"{STAFF}/lots/{first.json()['id']}/trace").json()
    assert trace["left"] == 4
    (holding,) = trace["orders"]
    assert (holding["order"], holding["lot"], holding["quantity"]) == (order.number, "B-1", 2)
    assert (holding["name"], holding["email"]) == (order.customer_name, order.customer_email)
    origins = manager_api.get(f"{STAFF}/lots/of-order?order={order.public_id}").json()
    assert [(row["lot"]["code"], row["into"]) for row in origins] == [
        ("B-1", []), ("F-1", ["B-1"]),
    ]  # fmt: skip
    recalled = manager_api.post(
        f"{STAFF}/lots/{first.json()['id']}/recall", {"reason": "glass in the flour"}
    )
    assert recalled.json() == {"off_sale": [bread.pk]}
    assert bake(manager_api, bread, "k2").json()["error"]["code"] == "lot_recalled"


def test_impossible_lots_are_4xx(manager_api):
    flour, variant = ingredient(), make_variant()
    good = {"code": "F-9", "ingredient_id": flour.pk}
    for wrong in (
        {"code": ""}, {"code": "x" * 61}, {"quantity": "-1"}, {"quantity": "NaN"},
        {"ingredient_id": "1"}, {"best_before": "soon"}, {"received_at": "2999-01-01T00:00Z"},
    ):  # fmt: skip
        assert manager_api.post(f"{STAFF}/lots", good | wrong).status_code == 400, wrong
    for number in (999_999, 2**61):
        reply = manager_api.post(f"{STAFF}/lots", good | {"ingredient_id": number})
        assert reply.status_code == 404
    for number, wrong in enumerate((
        {"pieces": 0}, {"pieces": 10**9}, {"used": "F-1"}, {"used": ["no"]}, {"order": "x"},
        {"order": "00000000-0000-0000-0000-000000000000"}, {"day": "x"},
    )):  # fmt: skip
        assert bake(manager_api, variant, f"w{number}", **wrong).status_code == 400, wrong
    assert bake(manager_api, variant, "w9", variant_id=2**61, used=[]).status_code == 404
    for address in (f"{STAFF}/lots/999999/trace", f"{STAFF}/lots/{2**70}/trace"):
        assert manager_api.get(address).status_code == 404
    assert manager_api.get(f"{STAFF}/lots/of-order?order=x").status_code == 400
    assert manager_api.post(f"{STAFF}/lots/999999/recall", {"reason": "x"}).status_code == 404
    assert not Lot.objects.exists()


def test_conflicts_are_listed_and_settled(manager_api):
    variant = make_variant(stock=2)
    at = clock.now()
    sale = {"seq": 1, "kind": "sale", "sku": variant.sku, "quantity": 5}
    services.receive_reports(till="till-1", reports=[sale | {"occurred_at": at.isoformat()}], at=at)
    (row,) = manager_api.get(f"{STAFF}/till/conflicts").json()
    assert (row["till"], row["code"], row["quantity"]) == ("till-1", "below_promised", 5)
    address = f"{STAFF}/till/conflicts/{row['id']}/resolve"
    for wrong in ({}, {"how": "forget"}, {"how": "ignore"}, {"how": "recount", "counted": "1"}):
        assert manager_api.post(address, wrong).status_code == 400
    settled = manager_api.post(address, {"how": "apply"}).json()
    assert (settled["state"], settled["applied"]) == ("applied", -2)
    assert manager_api.post(address, {"how": "apply"}).status_code == 409
    assert manager_api.post(f"{STAFF}/till/conflicts/999999/resolve", {}).status_code == 400


def test_the_kitchen_bakes_but_does_not_read_customers():
    kitchen = people.api(people.log_in(people.staff("kitchen")).access)
    variant = make_variant()
    assert bake(kitchen, variant, "k1", used=[]).status_code == 201
    lot = Lot.objects.get()
    assert kitchen.get(f"{STAFF}/lots/{lot.pk}/trace").status_code == 403
    assert kitchen.post(f"{STAFF}/lots/{lot.pk}/recall", {"reason": "x"}).status_code == 403
