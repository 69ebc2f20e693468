"""What anybody reads of the range."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from apps.catalog import selectors, services
from apps.catalog.models import Product, Variant
from apps.catalog.selectors import promises
from apps.catalog.states import ProductKind
from apps.inventory.models import Stock
from apps.inventory.services import adjust_stock
from apps.inventory.states import StockReason
from tests.catalog.factories import AT, KNOWN, make_product

pytestmark = pytest.mark.django_db
LIST = "/api/v1/products"


def names(client, query=""):
    reply = client.get(f"{LIST}{query}")
    assert reply.status_code == 200, reply.content
    return [row["name"] for row in reply.json()["results"]]


def refused_field(client, query):
    reply = client.get(f"{LIST}{query}")
    assert reply.status_code == 400, reply.content
    assert reply.json()["error"]["code"] == "invalid"
    return list(reply.json()["error"]["details"]["fields"])


def stock(product, pieces):
    adjust_stock(
        variant_id=product.variants.get().pk,
        delta=pieces,
        reason=StockReason.BAKED,
        note="",
        actor="user:1",
        at=AT,
    )


def test_product_has_what_a_shop_needs(client):
    product = make_product(
        "Layer cake",
        kind=ProductKind.CAKE,
        prices=("48.00", "64.00"),
        category="Cakes",
        diet_tags=["vegetarian"],
        allergens=KNOWN,
        short_description="Dark sponge.",
        description="Three layers.",
        size={"made_to_order": True, "lead_time_hours": 24, "message_max_length": 40},
    )
    row = client.get(f"{LIST}/layer-cake").json()
    sizes = row.pop("variants")
    assert row == {
        "id": product.pk,
        "slug": "layer-cake",
        "name": "Layer cake",
        "kind": "cake",
        "category": {"slug": "cakes", "name": "Cakes"},
        "short_description": "Dark sponge.",
        "description": "Three layers.",
        "seo_description": "",
        "image": None,
        "images": {},
        "diet_tags": ["vegetarian"],
        "allergens": KNOWN,
        "currency": "CAD",
        "price_from": "48.00",
    }
    assert [(size["name"], size["price"]) for size in sizes] == [
        ("Size 1", "48.00"),
        ("Size 2", "64.00"),
    ]
    assert sizes[0]["availability"] == "made_to_order"
    assert (sizes[0]["lead_time_hours"], sizes[0]["message_max_length"]) == (24, 40)


@pytest.mark.parametrize(
    ("pieces", "availability", "remaining"),
    [(0, "out_of_stock", None), (1, "few_left", 1), (5, "few_left", 5), (6, "in_stock", None)],
)
def test_availability_follows_stock(client, pieces, availability, remaining):
    product = make_product()
    if pieces:
        stock(product, pieces)
    (size,) = client.get(LIST).json()["results"][0]["variants"]
    assert (size["availability"], size["remaining"]) == (availability, remaining)


def test_drafts_archived_products_and_archived_sizes_are_not_shown(client):
    make_product("Draft", publish=False)
    shown = make_product("Shown", prices=("5.00", "9.00"))
    services.archive_product(product_id=make_product("Gone").pk, at=AT)
    services.archive_variant(variant_id=shown.variants.first().pk, at=AT)
    assert names(client) == ["Shown"]
    assert [row["price"] for row in client.get(f"{LIST}/shown").json()["variants"]] == ["9.00"]
    for slug in ("draft", "gone", "never-was"):
        reply = client.get(f"{LIST}/{slug}")
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "product_not_found")


def test_filters_narrow(client):
    make_product("Rye", prices=("7.00",), diet_tags=["vegan", "vegetarian"])
    make_product("Brioche", prices=("9.00", "12.00"), diet_tags=["vegetarian"])
    make_product("Cake", kind=ProductKind.CAKE, category="Cakes", prices=("50.00",))
    assert names(client, "?category=bread") == ["Brioche", "Rye"]
    assert names(client, "?kind=cake") == ["Cake"]
    assert names(client, "?diet=vegetarian") == ["Brioche", "Rye"]
    assert names(client, "?diet=vegan,vegetarian") == ["Rye"]
    assert names(client, "?diet=vegan&diet=vegetarian") == ["Rye"]
    assert names(client, "?q=RY") == ["Rye"]
    assert names(client, "?q=100%25_") == []
    assert names(client, "?price_min=8&price_max=13") == ["Brioche"]
    assert names(client, "?price_max=7.00") == ["Rye"]
    assert names(client, "?category=nothing-here") == []


def test_orderings(client):
    make_product("A", prices=("9.00", "3.00"), at=AT)
    make_product("B", prices=("5.00",), at=AT + timedelta(hours=2))
    make_product("C", prices=("4.00",), at=AT + timedelta(hours=1))
    assert names(client, "?ordering=name") == ["A", "B", "C"]
    assert names(client, "?ordering=-name") == ["C", "B", "A"]
    assert names(client, "?ordering=newest") == ["B", "C", "A"]
    assert names(client, "?ordering=price") == ["A", "C", "B"]
    assert names(client, "?ordering=-price") == ["B", "C", "A"]


@pytest.mark.parametrize("ordering", ["name", "-name", "newest", "price", "-price"])
def test_pages_follow_each_other_without_gap_or_repeat(client, ordering):
    for number in range(7):
        make_product(f"Loaf {number}", prices=("5.00",))
    seen, address = [], f"{LIST}?page_size=3&ordering={ordering}"
    while address:
        page = client.get(address).json()
        seen += [row["name"] for row in page["results"]]
        address = page["next"]
    assert sorted(seen) == [f"Loaf {number}" for number in range(7)]
    assert len(seen) == 7


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?ordering=user__password", "ordering"),
        ("?ordering=-category__products__name", "ordering"),
        ("?kind=free", "kind"),
        ("?diet=vegan,unicorn", "diet"),
        ("?price_min=cheap", "price_min"),
        ("?price_min=-1", "price_min"),
        ("?price_max=NaN", "price_max"),
        ("?price_max=1e400", "price_max"),
        ("?q=" + "x" * 101, "q"),
        ("?category=" + "x" * 101, "category"),
    ],
)
def test_bad_parameters_name_their_field(client, query, field):
    assert refused_field(client, query) == [field]


@pytest.mark.parametrize("size", ["1000000000", "1e9", "-5", "0", "9223372036854775808", "x"])
def test_page_size_is_clamped(client, size):
    for number in range(3):
        make_product(f"Loaf {number}")
    assert len(names(client, f"?page_size={size}")) == 3


@pytest.mark.parametrize(
    "cursor", ["x", "cD0lMDA=", "bz05MjIzMzcyMDM2ODU0Nzc1ODA4", "cD1hJm89LTE=", "%F0%9F%8D%9E"]
)
def test_forged_cursors_are_never_an_error_of_ours(client, cursor):
    make_product()
    assert client.get(f"{LIST}?cursor={cursor}").status_code in {200, 400, 404}


def test_etag_saves_the_second_sending_until_something_changes(client):
    product = make_product()
    first = client.get(LIST)
    assert first["Cache-Control"] == "public, max-age=10"
    assert "Cookie" not in first.get("Vary", "")
    again = client.get(LIST, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    stock(product, 30)
    changed = client.get(LIST, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]
    one = client.get(f"{LIST}/loaf")
    assert client.get(f"{LIST}/loaf", headers={"If-None-Match": one["ETag"]}).status_code == 304


def test_every_change_is_seen_at_the_next_revalidation(client):
    product = make_product(allergens=KNOWN)
    size = product.variants.get()
    stock(product, 30)
    unknown = {"contains": [], "may_contain": [], "free_from": [], "unknown": ["egg"]}
    changes = {
        "price": lambda: services.update_variant(
            variant_id=size.pk, changes={"price": "7.25"}, at=AT
        ),
        "stock": lambda: stock(product, -27),
        "sold out": lambda: Stock.objects.filter(variant=size).update(sold_out_at=AT),
        "picture": lambda: Product.objects.filter(pk=product.pk).update(
            image="products/a.webp", image_set={"webp": {"320": "products/b.webp"}}
        ),
        "facts": lambda: Variant.objects.filter(pk=size.pk).update(food_facts=unknown),
        "name": lambda: services.update_product(
            product_id=product.pk, changes={"name": "Miche"}, at=AT
        ),
    }
    kept = {address: client.get(address)["ETag"] for address in (LIST, f"{LIST}/loaf")}
    for what, change in changes.items():
        change()
        for address, etag in kept.items():
            reply = client.get(address, headers={"If-None-Match": etag})
            assert reply.status_code == 200, (what, address)
            kept[address] = reply["ETag"]
            again = client.get(address, headers={"If-None-Match": kept[address]})
            assert again.status_code == 304, (what, address)


def test_a_product_tells_what_is_known_of_each_size(client):
    product = make_product("Cake", prices=("20.00", "30.00"), allergens=KNOWN)
    first = product.variants.first()
    own = {"contains": ["egg"], "may_contain": [], "free_from": ["milk"], "unknown": ["soy"]}
    Variant.objects.filter(pk=first.pk).update(food_facts={**own, "source": "recipe", "atoms": {}})
    row = client.get(f"{LIST}/cake").json()
    assert row["allergens"] is None  # of one size something is unknown
    assert row["variants"][0]["food_facts"] == own
    assert row["variants"][1]["food_facts"]["contains"] == KNOWN["contains"]
    both = {**own, "unknown": []}
    Variant.objects.filter(pk=first.pk).update(food_facts=both)
    assert client.get(f"{LIST}/cake").json()["allergens"] == {
        "contains": ["wheat", "egg", "milk"],
        "may_contain": ["tree_nuts"],
    }
    make_product("Unknown")
    assert client.get(f"{LIST}/unknown").json()["variants"][0]["food_facts"] is None


def test_a_product_tells_its_earliest_pickup(client, monkeypatch):
    product = make_product("Cake")
    earliest = datetime(2026, 6, 3, 13, 0, tzinfo=UTC)
    promise = selectors.Promise(earliest, "lead_time", "We need a day for it.")
    source = {product.variants.get().pk: promise}
    monkeypatch.setattr(promises, "_sources", [lambda ids, at: source])
    (size,) = client.get(f"{LIST}/cake").json()["variants"]
    assert size["promise"] == {
        "earliest": "2026-06-03T13:00:00+00:00",
        "binding": "lead_time",
        "reason": "We need a day for it.",
    }
    assert "promise" not in client.get(LIST).json()["results"][0]["variants"][0]
    source.clear()
    assert client.get(f"{LIST}/cake").json()["variants"][0]["promise"] is None


def test_pictures_come_by_width(client):
    widths = {"1280": "products/c.webp", "320": "products/a.webp", "640": "products/b.webp"}
    Product.objects.filter(pk=make_product().pk).update(
        image="products/c.webp", image_set={"webp": widths, "width": 1280, "height": 960}
    )
    (row,) = client.get(LIST).json()["results"]
    assert row["images"] == {
        "320": "/media/products/a.webp",
        "640": "/media/products/b.webp",
        "1280": "/media/products/c.webp",
    }


@pytest.mark.parametrize(
    "keys", [["name", 0], ["name", 0, "a"], ["name", 2, "a", "1"], ["price", 0, "a", "1"],
             ["price", 0, "1.00", "x"], ["name", 0, "a", "9" * 30], {"a": 1}, ["name", 0, 1, 2],
             ["name", 0, "\ud800", "1"], ["name", 0, "a\0", "1"]]
)  # fmt: skip
def test_a_cursor_of_another_list_is_named(client, keys):
    make_product()
    ordering = "price" if "x" in keys else "name"
    assert refused_field(client, f"?ordering={ordering}&cursor={written(keys)}") == ["cursor"]


@pytest.mark.django_db(transaction=True)
def test_a_cursor_of_other_types_is_named(client):
    """Only the database sees this one, so its own transaction has to end."""
    cursor = written(["price", 0, "cheap", "1"])
    assert refused_field(client, f"?ordering=price&cursor={cursor}") == ["cursor"]


def written(keys):
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode()


@pytest.mark.parametrize("products", [1, 8])
def test_list_takes_two_queries(client, products, django_assert_num_queries):
    for number in range(products):
        make_product(f"Loaf {number}", prices=("5.00", "6.00"))
    with django_assert_num_queries(2):
        assert len(names(client)) == products


def test_detail_costs_the_same_whatever_its_sizes(client, django_assert_max_num_queries):
    make_product("One")
    make_product("Three", prices=("5.00", "6.00", "7.00"))
    with django_assert_max_num_queries(8) as one:
        assert client.get(f"{LIST}/one").status_code == 200
    with django_assert_max_num_queries(len(one)) as three:
        assert client.get(f"{LIST}/three").status_code == 200
    assert len(three) == len(one)


def test_categories_count_what_is_published(client):
    make_product("Rye")
    make_product("Brioche")
    make_product("Draft", publish=False, category="Empty")
    assert client.get("/api/v1/categories").json() == [
        {"slug": "bread", "name": "Bread", "products": 2}
    ]


def test_writing_to_the_public_list_is_not_a_thing(client):
    assert client.post(LIST, {}, content_type="application/json").status_code == 405
    assert client.delete(LIST).status_code == 405
