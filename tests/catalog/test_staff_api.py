"""The range over the staff API."""

import pytest

from apps.catalog.models import Product, Variant
from tests.accounts import people
from tests.catalog.factories import KNOWN, make_category, make_product

pytestmark = pytest.mark.django_db
RANGE = "/api/v1/staff/products"


def test_product_from_nothing_to_the_shop_and_off_it(manager_api, client):
    created = manager_api.post(
        RANGE,
        {"name": "Rye", "category_id": make_category().pk, "diet_tags": ["vegan"],
         "allergens": KNOWN | {"contains": ["wheat"]}, "tax_class": "basic_grocery"},
    )  # fmt: skip
    assert (created.status_code, created.data["status"]) == (201, "draft")
    address = f"{RANGE}/{created.data['id']}"
    assert manager_api.post(f"{address}/publish").data["error"]["code"] == "nothing_to_sell"
    size = manager_api.post(f"{address}/variants", {"sku": "RYE", "name": "Whole", "price": "7.5"})
    assert (size.status_code, size.data["price"]) == (201, "7.50")
    assert manager_api.post(f"{address}/publish").data["status"] == "published"
    assert client.get("/api/v1/products/rye").json()["price_from"] == "7.50"
    changed = manager_api.patch(f"/api/v1/staff/variants/{size.data['id']}", {"price": "8.00"})
    assert changed.data["price"] == "8.00"
    assert manager_api.patch(address, {"name": "Dark rye"}).data["name"] == "Dark rye"
    assert manager_api.post(f"{address}/archive").data["status"] == "archived"
    assert manager_api.post(f"{address}/publish").status_code == 409
    assert client.get("/api/v1/products/rye").status_code == 404
    gone = manager_api.delete(f"/api/v1/staff/variants/{size.data['id']}")
    assert gone.data["archived_at"] is not None


def test_stale_edit_is_refused(manager_api):
    product = make_product()
    read = manager_api.get(f"{RANGE}/{product.pk}").json()["updated_at"]
    first = manager_api.patch(f"{RANGE}/{product.pk}", {"name": "A", "updated_at": read})
    assert first.status_code == 200
    second = manager_api.patch(f"{RANGE}/{product.pk}", {"name": "B", "updated_at": read})
    assert (second.status_code, second.json()["error"]["code"]) == (409, "edited_meanwhile")


def test_fields_that_staff_may_not_write_are_ignored(manager_api):
    product = make_product(publish=False)
    reply = manager_api.patch(
        f"{RANGE}/{product.pk}",
        {"name": "New", "status": "published", "id": 99, "image": "x", "created_at": "2020-01-01"},
    )
    assert reply.status_code == 200
    stored = Product.objects.get()
    assert (stored.pk, stored.name, stored.status) == (product.pk, "New", "draft")
    assert (stored.image.name, stored.created_at) == ("", product.created_at)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": None}, "name"),
        ({"kind": "free"}, "kind"),
        ({"diet_tags": ["unicorn"]}, "diet_tags"),
        ({"diet_tags": "vegan"}, "diet_tags"),
        ({"category_id": "1"}, "category_id"),
        ({"category_id": True}, "category_id"),
        ({"category_id": 2**63}, "category_id"),
    ],
)
def test_bad_fields_are_named(manager_api, body, field):
    product = make_product()
    reply = manager_api.patch(f"{RANGE}/{product.pk}", body)
    assert reply.status_code == 400
    assert list(reply.json()["error"]["details"]["fields"]) == [field]


@pytest.mark.parametrize("price", ["-1", "1.005", "NaN", "1e9", "", None, [], "cheap"])
def test_bad_prices_are_400(manager_api, price):
    variant = make_product().variants.get()
    reply = manager_api.patch(f"/api/v1/staff/variants/{variant.pk}", {"price": price})
    assert reply.status_code == 400
    assert list(reply.json()["error"]["details"]["fields"]) == ["price"]
    assert str(Variant.objects.get().price) == "6.50"


def test_taken_sku_is_409(manager_api):
    first, second = make_product("A").variants.get(), make_product("B").variants.get()
    reply = manager_api.patch(f"/api/v1/staff/variants/{second.pk}", {"sku": first.sku})
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "taken")


@pytest.mark.parametrize("product_id", [10**6, 2**80])
def test_unknown_products_are_404(manager_api, product_id):
    assert manager_api.get(f"{RANGE}/{product_id}").status_code == 404
    assert manager_api.post(f"{RANGE}/{product_id}/publish").status_code == 404


def test_list_shows_every_status_in_constant_queries(manager_api, django_assert_max_num_queries):
    for number in range(3):
        make_product(f"Loaf {number}", publish=bool(number))
    with django_assert_max_num_queries(10) as few:
        assert len(manager_api.get(RANGE).json()["results"]) == 3
    for number in range(20):
        make_product(f"Bun {number}")
    with django_assert_max_num_queries(len(few)):
        assert len(manager_api.get(RANGE).json()["results"]) == 23


def test_kitchen_reads_and_does_not_write():
    product = make_product()
    kitchen = people.api(people.log_in(people.staff("kitchen")).access)
    assert kitchen.get(f"{RANGE}/{product.pk}").status_code == 200
    for reply in (
        kitchen.post(RANGE, {"name": "x"}),
        kitchen.patch(f"{RANGE}/{product.pk}", {"name": "x"}),
        kitchen.post(f"{RANGE}/{product.pk}/archive"),
        kitchen.post(f"{RANGE}/{product.pk}/variants", {}),
        kitchen.delete(f"/api/v1/staff/variants/{product.variants.get().pk}"),
    ):
        assert reply.status_code == 403
    assert people.api().get(RANGE).status_code == 401
    assert Product.objects.get().status == "published"


FULL = {
    "unit_cost": "12.3456", "shape": "round", "length_in": "10.00", "width_in": None,
    "height_in": "4.00", "weight_g": 3100, "pieces": 2, "packaging": "prepackaged",
    "lead_days": 2, "cutoff_at": "15:00:00", "oven_minutes": 45, "decorator_minutes": 50,
    "tiers": [{"shape": "round", "length_in": "10.00", "height_in": "4.00"}],
}  # fmt: skip


def test_every_field_of_a_size_goes_in_and_comes_out(manager_api):
    product = make_product(publish=False, prices=())
    body = {"sku": "C-10", "name": "10 inch", "price": "92.00", **FULL}
    made = manager_api.post(f"{RANGE}/{product.pk}/variants", body)
    assert made.status_code == 201, made.data
    read = manager_api.get(f"{RANGE}/{product.pk}").json()["variants"][0]
    assert {name: read[name] for name in FULL} == FULL


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("unit_cost", "-1"), ("shape", "blob"), ("length_in", "0"), ("length_in", "1e3"),
        ("weight_g", -1), ("pieces", 0), ("packaging", "bag"), ("lead_days", 91),
        ("cutoff_at", "25:00"), ("oven_minutes", "5"), ("tiers", [{"length_in": "x"}]),
        ("tiers", [{}] * 11), ("tiers", "round"),
    ],
)  # fmt: skip
def test_bad_values_of_a_size_are_named(manager_api, field, value):
    size = make_product().variants.get()
    reply = manager_api.patch(f"/api/v1/staff/variants/{size.pk}", {field: value})
    assert reply.status_code == 400
    details = reply.json()["error"]["details"]
    assert field in details.get("fields", {details.get("field")})


def test_an_archived_size_comes_back(manager_api):
    size = make_product().variants.get()
    manager_api.delete(f"/api/v1/staff/variants/{size.pk}")
    reply = manager_api.post(f"/api/v1/staff/variants/{size.pk}/restore")
    assert (reply.status_code, reply.data["archived_at"]) == (200, None)
    other = make_product("Other", prices=("1.00", "2.00"))
    first, second = other.variants.all()
    manager_api.delete(f"/api/v1/staff/variants/{first.pk}")
    manager_api.patch(f"/api/v1/staff/variants/{second.pk}", {"name": first.name})
    taken = manager_api.post(f"/api/v1/staff/variants/{first.pk}/restore")
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "taken")


def test_bulk_prices_by_preview_then_once(manager_api):
    product = make_product(prices=("48.00", "0.00"))
    body = {"action": "price", "by": "percent", "value": "5", "step": "0.05"}
    chosen = {"products": [{"id": product.pk, "updated_at": product.updated_at.isoformat()}]}
    seen = manager_api.post(f"{RANGE}/bulk", body | chosen | {"preview": True}).json()
    assert [row["after"] for row in seen["prices"]] == ["50.40", "0.00"]
    done = manager_api.post(f"{RANGE}/bulk", body | chosen).json()
    assert [row["code"] for row in done["results"]] == [""]
    again = manager_api.post(f"{RANGE}/bulk", body | chosen).json()
    assert [row["code"] for row in again["results"]] == ["edited_meanwhile"]
    assert str(product.variants.first().price) == "50.40"
    undated = manager_api.post(f"{RANGE}/bulk", body | {"products": [{"id": product.pk}]})
    assert (undated.status_code, undated.json()["error"]["code"]) == (400, "moment_required")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "explode"}, "action"),
        ({"action": "price", "by": "percent"}, "value"),
        ({"action": "price", "by": "percent", "value": "NaN"}, "value"),
        ({"action": "category"}, "category_id"),
        ({"action": "lead_days", "days": -1}, "days"),
        ({"action": "publish", "products": []}, "products"),
        ({"action": "publish", "products": [{"id": "1"}]}, "products"),
        ({"action": "publish", "products": [{"id": n + 1} for n in range(501)]}, "products"),
    ],
)
def test_bad_bulk_changes_are_named(manager_api, body, field):
    reply = manager_api.post(f"{RANGE}/bulk", {"products": [{"id": 1}]} | body)
    assert reply.status_code == 400
    assert field in reply.json()["error"]["details"]["fields"]


def test_a_file_is_checked_shown_and_carried_out_once(manager_api):
    make_category()
    file = "product,name,category,sku,size,price\nrye,Rye,Bread,RYE-1,Loaf,7.50\n"
    checked = manager_api.post(f"{RANGE}/import", file, content_type="text/csv")
    assert (checked.status_code, checked.json()["report"]["new"]) == (201, 2)
    address = f"{RANGE}/import/{checked.json()['id']}"
    assert manager_api.get(address).json()["applied_at"] is None
    applied = manager_api.post(f"{address}/apply").json()
    assert applied["applied_at"] is not None
    assert manager_api.post(f"{address}/apply").json()["applied_at"] == applied["applied_at"]
    assert Product.objects.get().variants.get().sku == "RYE-1"
    exported = manager_api.get(f"{RANGE}/export?format=json")
    back = manager_api.post(f"{RANGE}/import", exported.content, content_type="application/json")
    assert (back.json()["report"]["changed"], back.json()["report"]["rows"]) == (0, 1)


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        ("", "text/csv", 400, "file_empty"),
        ("a,b\n1,2\n", "text/csv", 400, "unknown_columns"),
        ("x" * 2_000_001, "text/csv", 413, "body_too_large"),
        ("{", "application/json", 400, "bad_table"),
        ("x", "text/plain", 415, "unsupported_media_type"),
    ],
)
def test_files_that_cannot_be_read_say_why(manager_api, body, content_type, status, code):
    reply = manager_api.post(f"{RANGE}/import", body, content_type=content_type)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)


def test_the_whole_range_is_for_those_who_may():
    kitchen = people.api(people.log_in(people.staff("kitchen")).access)
    for reply in (
        kitchen.get(f"{RANGE}/export"),
        kitchen.post(f"{RANGE}/import", "product,sku\n", content_type="text/csv"),
        kitchen.post(f"{RANGE}/bulk", {"action": "publish", "products": [{"id": 1}]}),
    ):
        assert reply.status_code == 403
