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
