"""Promotions over the API, for staff."""

from decimal import Decimal

import pytest

from apps.loyalty import services
from apps.loyalty.models import Coupon, Promotion
from apps.loyalty.rules.offers import Spend
from bakery.kernel import clock
from tests.accounts import people
from tests.loyalty.offers import ADA, make_coupon, make_product, make_promotion, quote

pytestmark = pytest.mark.django_db
ALL = "/api/v1/staff/promotions"
FIVE = {"name": "5 off from 50", "kind": "amount", "value": "5.00", "threshold": "50.00"}


@pytest.fixture
def manager(db):
    return people.api(people.log_in(people.staff("manager")).access)


@pytest.fixture
def cashier(db):
    return people.api(people.log_in(people.staff("cashier")).access)


def send(client, path, body=None, *, method="post", **headers):
    return getattr(client, method)(path, body or {}, format="json", headers=headers)


def use(reference="order:1", *, codes=()):
    at = clock.now()
    offers = quote(codes=codes, at=at)
    services.reserve(reference=reference, buyer=ADA, spend=Spend(offers.applied), at=at)


def test_a_promotion_is_made_read_changed_and_switched_off(manager):
    category = make_product()[0].category_id
    given = FIVE | {"category_ids": [category], "starts_at": "2026-06-01T09:00"}
    made = send(manager, ALL, given)
    assert made.status_code == 201
    row = made.json()
    assert (row["value"], row["state"], row["starts_at"]) == (
        "5.00",
        "active",
        "2026-06-01T13:00:00Z",
    )
    one = f"{ALL}/{row['id']}"
    changed = send(manager, one, {"threshold": None, "max_uses": 9}, method="patch")
    assert (changed.status_code, changed.json()["max_uses"]) == (200, 9)
    assert (changed.json()["threshold"], changed.json()["category_ids"]) == (None, [category])
    assert send(manager, f"{one}/deactivate", {"reason": "enough"}).json()["state"] == "off"
    assert send(manager, f"{one}/activate").json()["state"] == "active"
    assert manager.get(one).json() == manager.get(ALL).json()["results"][0]
    copy = send(manager, f"{one}/copy")
    assert (copy.status_code, copy.json()["is_active"]) == (201, False)
    assert [x["id"] for x in manager.get(ALL, {"state": "off"}).json()["results"]] == [
        copy.json()["id"]
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"value": "0"}, "value"),
        ({"value": "NaN"}, "value"),
        ({"value": "1e9"}, "value"),
        ({"kind": "percentage", "value": "100.01"}, "value"),
        ({"kind": "free_item", "value": "100"}, "gift_ids"),
        ({"kind": "lottery"}, "kind"),
        ({"name": " "}, "name"),
        ({"product_ids": [2**62]}, "product_ids"),
        ({"product_ids": [2**80]}, "product_ids"),
        ({"product_ids": ["1"]}, "product_ids"),
        ({"category_ids": [999999]}, "category_ids"),
        ({"buy_quantity": 0}, "buy_quantity"),
        ({"max_uses": 1.5}, "max_uses"),
        ({"priority": 99999}, "priority"),
        ({"starts_at": "2026-03-08T02:30"}, "starts_at"),
        ({"starts_at": "2026-11-01T01:30"}, "starts_at"),
        ({"ends_at": "9999-01-01T00:00"}, "ends_at"),
        ({"starts_at": "2026-06-02T00:00", "ends_at": "2026-06-01T00:00"}, "ends_at"),
        ({"threshold_basis": "sometimes"}, "threshold_basis"),
        ({"name": "x" * 121}, "name"),
    ],
)
def test_what_cannot_be_kept_names_its_field(manager, change, field):
    response = send(manager, ALL, FIVE | change)
    assert response.status_code == 400
    assert field in response.content.decode()
    assert not Promotion.objects.exists()


def test_a_used_promotion_keeps_what_it_gives(manager):
    row = make_promotion(at=clock.now())
    use()
    refused = send(manager, f"{ALL}/{row.pk}", {"value": "50"}, method="patch")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "promotion_used")
    assert send(manager, f"{ALL}/{row.pk}", {"name": "New"}, method="patch").status_code == 200
    use("order:2")
    refused = send(manager, f"{ALL}/{row.pk}", {"max_uses": 1}, method="patch")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "limit_below_used")


def test_codes(manager):
    row = make_promotion(needs_code=True, at=clock.now())
    codes = f"{ALL}/{row.pk}/coupons"
    made = send(manager, codes, {"code": "wel-come", "max_uses": 5, "email": "ada@example.com"})
    assert (made.status_code, made.json()["code"]) == (201, "WELCOME")
    assert made.json()["for_whom"] == "mailbox"
    assert send(manager, codes, {"code": "WELCOME"}).json()["error"]["code"] == "code_taken"
    for bad, code in (({"code": "a%"}, "bad_code"), ({"code": "GOOD", "user_id": 2**62},
                                                     "unknown_account")):  # fmt: skip
        refused = send(manager, codes, bad)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, code)
    first = send(manager, f"{codes}/batch", {"count": 3}, **{"Idempotency-Key": "k1"})
    again = send(manager, f"{codes}/batch", {"count": 3}, **{"Idempotency-Key": "k1"})
    assert (first.status_code, first.json()) == (201, again.json())
    assert Coupon.objects.count() == 4
    assert len(manager.get(codes).json()["results"]) == 4
    coupon = f"/api/v1/staff/coupons/{made.json()['id']}"
    assert send(manager, f"{coupon}/deactivate").json()["is_active"] is False
    assert send(manager, f"{coupon}/activate").json()["is_active"] is True
    automatic = make_promotion(at=clock.now())
    refused = send(manager, f"{ALL}/{automatic.pk}/coupons", {"code": "GOOD"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "no_code_needed")
    assert send(manager, f"{ALL}/{row.pk}/coupons/batch", {"count": 3}).status_code == 400


def test_a_sample_cart(manager):
    _, loaf = make_product("Loaf", "10.00")
    make_promotion(name="Ten off", at=clock.now())
    draft = make_promotion(
        name="Draft", kind="amount", value=Decimal(5), threshold=Decimal(50), is_active=False,
        at=clock.now(),
    )  # fmt: skip
    body = {"lines": [{"variant_id": loaf.pk, "quantity": 2}], "promotion_ids": [draft.pk]}
    shown = send(manager, f"{ALL}/preview", body).json()
    assert [(row["name"], row["amount"], row["why_not"]) for row in shown["promotions"]] == [
        ("Ten off", "2.00", ""),
        ("Draft", "0.00", "Add $30.00 more."),
    ]
    assert (shown["discount"], shown["lines"][0]["discount"]) == ("2.00", "2.00")
    for bad in ({}, {"lines": "x"}, {"lines": [{"variant_id": 2**80, "quantity": 1}]},
                {"lines": [{"variant_id": 1, "quantity": 0}]}):  # fmt: skip
        assert send(manager, f"{ALL}/preview", bad).status_code == 400
    empty = send(manager, f"{ALL}/preview", {"lines": [{"variant_id": 2**62, "quantity": 1}]})
    assert (empty.status_code, empty.json()["lines"]) == (200, [])


def test_redemptions_are_found_by_sale_and_code(manager):
    make_coupon("TENOFF", at=clock.now())
    use("order:a", codes=["TENOFF"])
    use("order:b", codes=["TENOFF"])
    found = manager.get("/api/v1/staff/redemptions", {"reference": "order:a"}).json()["results"]
    assert [(row["code"], row["amount"], row["state"]) for row in found] == [
        ("TENOFF", "2.00", "reserved")
    ]
    by_code = manager.get("/api/v1/staff/redemptions", {"code": "TENOFF"}).json()["results"]
    assert len(by_code) == 2
    for odd in ({"reference": "x" * 900}, {"code": "\u2603"}):
        assert manager.get("/api/v1/staff/redemptions", odd).json()["results"] == []
    assert manager.get("/api/v1/staff/redemptions", {"cursor": "x"}).status_code == 404


def test_lists_cost_the_same_for_many(manager, django_assert_num_queries):
    make_promotion(at=clock.now())
    with django_assert_num_queries(20, exact=False) as few:
        manager.get(ALL)
    for number in range(10):
        make_promotion(name=f"More {number}", at=clock.now())
    with django_assert_num_queries(len(few)):
        assert len(manager.get(ALL).json()["results"]) == 11


def test_a_cashier_reads_promotions_and_no_codes(cashier):
    row = make_coupon("TENOFF", at=clock.now()).promotion
    assert cashier.get(f"{ALL}/{row.pk}").status_code == 200
    assert cashier.get("/api/v1/staff/redemptions").status_code == 200
    refused = [
        send(cashier, ALL, FIVE),
        send(cashier, f"{ALL}/{row.pk}", {"name": "x"}, method="patch"),
        send(cashier, f"{ALL}/{row.pk}/deactivate"),
        send(cashier, f"{ALL}/{row.pk}/copy"),
        cashier.get(f"{ALL}/{row.pk}/coupons"),
    ]
    assert {response.status_code for response in refused} == {403}


def test_what_does_not_exist_is_404(manager):
    for path in (f"{ALL}/999999", f"{ALL}/{'9' * 30}"):
        assert manager.get(path).status_code == 404
        assert send(manager, path, {"name": "x"}, method="patch").status_code == 404
        assert send(manager, f"{path}/copy").status_code == 404
    assert send(manager, "/api/v1/staff/coupons/999999/activate").status_code == 404
