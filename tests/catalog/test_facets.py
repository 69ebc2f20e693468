"""The numbers beside the filters: right under every combination, and never "free" by guess."""

import random
from decimal import Decimal

import pytest
from django.core.cache import cache

from apps.catalog import selectors, services
from apps.catalog.api.conditional import MAX_AGE
from apps.catalog.models import Product, Variant
from apps.catalog.rules.facet_steps import PRICE_STEPS, SERVINGS_STEPS
from apps.catalog.rules.food_facts import ALLERGENS, DIETS
from apps.catalog.selectors import ShelfFilter, facets
from apps.catalog.states import ProductKind
from tests.catalog.factories import AT, KNOWN, make_product
from tests.catalog.ranges import WORDS, random_range

pytestmark = pytest.mark.django_db
FACETS = "/api/v1/products/facets"


def fits(product, sizes, wanted):
    """Whether a published product is on the shelf: written anew, without any SQL."""
    words = {word.lower() for word in product.name.split()}
    return (
        (not wanted.category or product.category.slug == wanted.category)
        and (not wanted.kind or product.kind == wanted.kind)
        and set(wanted.diets) <= set(product.diet_tags)
        and set(wanted.free_from) <= set(product.free_from)
        and set(wanted.text.split()) <= words
        and (not wanted.has_size_filter or any(size_fits(size, wanted) for size in sizes))
    )


def size_fits(size, wanted):
    serves = next((n for n in (size.servings_min, size.servings_max) if n is not None), 0)
    return (
        (wanted.price_min is None or size.price >= wanted.price_min)
        and (wanted.price_max is None or size.price <= wanted.price_max)
        and (wanted.servings_min is None or serves >= wanted.servings_min)
    )


def with_choice(wanted, **changes):
    fields = {name: getattr(wanted, name) for name in wanted.__dataclass_fields__}
    return ShelfFilter(**{**fields, **changes})


def random_filter(dice):
    step = dice.choice((None, None, *PRICE_STEPS))
    return ShelfFilter(
        category=dice.choice(("", "", "shelf-0", "shelf-1", "no-such-shelf")),
        kind=dice.choice(("", "", "", "cake", "everyday")),
        diets=tuple(dice.sample(sorted(DIETS), dice.choice((0, 0, 1, 2)))),
        free_from=tuple(dice.sample(sorted(ALLERGENS), dice.choice((0, 0, 1, 2)))),
        text=" ".join(dice.sample(WORDS, dice.choice((0, 0, 1)))),
        price_min=step.lowest if step else None,
        price_max=step.highest if step else None,
        servings_min=dice.choice((None, None, 1, 8, 20, 50)),
    )


def options(facets):
    """Every option with the filter that choosing it would make."""
    yield from ((o, {"category": o.value}) for o in facets.categories)
    yield from ((o, {"kind": o.value}) for o in facets.kinds)
    yield from ((o, {"servings_min": int(o.value)}) for o in facets.servings)
    yield from (
        (o, {"price_min": o.step.lowest, "price_max": o.step.highest}) for o in facets.prices
    )


def test_counts_are_those_of_an_independent_recount():
    products = [p for p in random_range(160, seed=7) if p.status == "published"]
    sizes = {product.pk: [] for product in products}
    for size in Variant.objects.filter(product__in=products, archived_at=None):
        sizes[size.product_id].append(size)

    def count(wanted):
        return sum(fits(product, sizes[product.pk], wanted) for product in products)

    dice, compared = random.Random(11), 0
    for _ in range(40):
        wanted = random_filter(dice)
        facets = selectors.count_facets(wanted)
        assert facets.total == count(wanted), wanted
        for option, change in options(facets):
            assert option.count == count(with_choice(wanted, **change)), (wanted, option)
            compared += option.count > 0
        for field in ("diets", "free_from"):
            for option in getattr(facets, field):
                codes = {*getattr(wanted, field), option.value}
                after = with_choice(wanted, **{field: tuple(codes)})
                assert option.count == count(after), (wanted, option)
                assert option.is_chosen == (option.value in getattr(wanted, field))
                compared += option.count > 0
        listed = selectors.shelf_page(wanted, limit=1000).products
        assert {p.id for p in listed} == {p.pk for p in products if fits(p, sizes[p.pk], wanted)}, (
            wanted
        )
    assert compared > 400  # not all of it zeros


def test_each_step_of_prices_and_sizes_is_there():
    make_product("Slice", prices=("4.99",), size={"servings_min": 1, "servings_max": 1})
    make_product("Cake", prices=("5.00", "48.00"), size={"servings_min": 20, "servings_max": 24})
    facets = selectors.count_facets(ShelfFilter())
    assert [option.count for option in facets.prices] == [1, 1, 0, 1, 0, 0]
    assert [option.count for option in facets.servings] == [
        int(guests <= 20) for guests in SERVINGS_STEPS
    ]


def test_price_and_guests_are_asked_of_one_size(client):
    """A small cake that is cheap and a large one that is dear are not a cheap large one."""
    product = make_product("Cake", prices=("20.00", "90.00"))
    small, large = product.variants.all()
    for size, serves in ((small, 8), (large, 50)):
        services.update_variant(
            variant_id=size.pk,
            changes={"servings_min": serves, "servings_max": serves + 4},
            at=AT,
        )
    assert names(client, "?servings_min=50") == ["Cake"]
    assert names(client, "?servings_min=51") == []  # the lower end of its range decides
    assert names(client, "?servings_min=50&price_max=90") == ["Cake"]
    assert names(client, "?servings_min=50&price_max=89.99") == []
    body = client.get(f"{FACETS}?price_max=89.99").json()
    assert {row["value"]: row["count"] for row in body["servings_min"]}[50] == 0


def names(client, query):
    reply = client.get(f"/api/v1/products{query}")
    assert reply.status_code == 200, reply.content
    return [row["name"] for row in reply.json()["results"]]


def test_what_is_unknown_is_never_free(client):
    make_product("Unknown", diet_tags=["vegan"])
    make_product("Known", allergens=KNOWN)
    make_product("Pure", allergens={"contains": [], "may_contain": []})
    not_free = {*KNOWN["contains"], *KNOWN["may_contain"]}
    counts = {row["value"]: row["count"] for row in client.get(FACETS).json()["free_from"]}
    for code in ALLERGENS:
        expected = ["Pure"] if code in not_free else ["Known", "Pure"]
        assert names(client, f"?free_from={code}") == expected
        assert counts[code] == len(expected)
        html = client.get(f"/shop/?free_from={code}").content.decode()
        assert ("/shop/pure/" in html, "/shop/unknown/" in html) == (True, False)


def test_free_from_all_that_is_named(client):
    Product.objects.filter(pk=make_product("A").pk).update(free_from=["egg", "milk"])
    Product.objects.filter(pk=make_product("B").pk).update(free_from=["egg"])
    assert names(client, "?free_from=egg") == ["A", "B"]
    assert names(client, "?free_from=egg,milk") == ["A"]
    assert names(client, "?free_from=egg&free_from=milk") == ["A"]


def test_facets_over_http(client):
    make_product("Rye", diet_tags=["vegan"], prices=("7.00",))
    make_product("Brioche", prices=("12.00",), category="Pastry")
    make_product("Draft", publish=False, category="Empty")
    body = client.get(f"{FACETS}?category=bread&q=rye").json()
    assert (body["total"], body["did_you_mean"]) == (1, None)
    assert body["category"] == [
        {"value": "bread", "label": "Bread", "count": 1, "chosen": True},
        {"value": "pastry", "label": "Pastry", "count": 0, "chosen": False},
    ]
    assert [row["value"] for row in body["kind"]] == ProductKind.values
    assert [row["value"] for row in body["diet"] if row["count"]] == ["vegan"]
    assert [row for row in body["price"] if row["count"]] == [
        {"price_min": "5.00", "price_max": "9.99", "count": 1, "chosen": False}
    ]
    first = client.get(FACETS)
    assert client.get(FACETS, headers={"If-None-Match": first["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("free_from=gluten,unicorn", "free_from"),
        ("servings_min=0", "servings_min"),
        ("servings_min=-3", "servings_min"),
        ("servings_min=1e3", "servings_min"),
        ("servings_min=99999999999999999999", "servings_min"),
        ("price_min=Infinity", "price_min"),
        ("kind=free", "kind"),
    ],
)
def test_bad_choices_name_their_field(client, query, field):
    for address in (FACETS, "/api/v1/products"):
        reply = client.get(f"{address}?{query}")
        assert (reply.status_code, list(reply.json()["error"]["details"]["fields"])) == (
            400,
            [field],
        )
    assert client.get(f"/shop/?{query}").status_code == 400


def test_facets_cost_two_statements_whatever_there_is(django_assert_num_queries):
    wanted = ShelfFilter(diets=("vegan",), price_max=Decimal(30), text="rye")
    make_product("Rye")
    with django_assert_num_queries(2):
        selectors.count_facets(wanted)
    random_range(60, seed=3)
    with django_assert_num_queries(2):
        selectors.count_facets(wanted)


def test_counts_of_everything_are_kept_for_some_seconds(django_assert_num_queries):
    make_product("Rye")
    first = selectors.count_facets(ShelfFilter())
    make_product("Spelt")
    with django_assert_num_queries(0):
        assert selectors.count_facets(ShelfFilter()) == first
    with cache.client.get_client() as valkey:
        assert 0 < valkey.ttl(cache.client.make_key(facets._KEPT_AS)) <= MAX_AGE
    # Whatever is looked for is counted each time.
    assert selectors.count_facets(ShelfFilter(kind=ProductKind.EVERYDAY)).total == 2
    cache.clear()
    assert selectors.count_facets(ShelfFilter()).total == first.total + 1
