"""Each hot query of the shelf takes its index once the range is large enough to need one."""

import json

import pytest
from django.db import connection

from apps.catalog import selectors
from apps.catalog.models import Product
from apps.catalog.selectors import ShelfFilter
from benchmarks.big_range import fill_range


def walk(node):
    yield node
    for child in node.get("Plans", ()):
        yield from walk(child)


def plans_of(read):
    """Return what ``read`` returns, and the nodes of the plans of the statements it sends."""
    sent = []

    def remember(execute, sql, params, many, context):
        sent.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(remember):
        read()
    found = []
    for sql, params in sent:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
            (plan,) = cursor.fetchone()
        plan = json.loads(plan) if isinstance(plan, str) else plan
        found.append(list(walk(plan[0]["Plan"])))
    return found


def indexes(nodes):
    return {node["Index Name"] for node in nodes if "Index Name" in node}


def scanned(nodes):
    return {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}


def first_page(**fields):
    ordering = fields.pop("ordering", "")
    wanted = ShelfFilter(**fields)
    return plans_of(lambda: selectors.shelf_page(wanted, limit=24, ordering=ordering))[0]


@pytest.mark.django_db(transaction=True)
def test_hot_queries_take_their_indexes(owner_connection):
    """One test for all, since filling the tables is what costs."""
    fill_range(2000)
    owner_connection.execute("VACUUM ANALYZE")
    by_name = first_page()
    assert "product_shelf" in indexes(by_name)
    assert scanned(by_name) <= {"catalog_category"}
    page = selectors.shelf_page(ShelfFilter(), limit=24)
    (later, *_) = plans_of(lambda: selectors.shelf_page(ShelfFilter(), limit=24, after=page.next))
    assert "product_shelf" in indexes(later)
    assert "product_newest" in indexes(first_page(ordering="newest"))

    own = Product.objects.order_by("pk")[7].name.split()[-1]
    words = first_page(text=f"baked {own}")
    assert "product_search" in indexes(words)
    assert "catalog_product" not in scanned(words)
    prefix = first_page(text=own[:5])
    assert "product_search" in indexes(prefix)
    diets = first_page(diets=("vegan", "halal", "kosher"))
    assert "product_diets" in indexes(diets)
    free = first_page(free_from=("egg", "milk", "wheat", "soy"))
    assert "product_free_from" in indexes(free)
    sizes = {name for name in indexes(by_name) if name.startswith("catalog_variant")}
    assert sizes  # by product, not by reading all sizes
    assert "catalog_variant" not in scanned(by_name)

    missed, near, *_ = plans_of(lambda: selectors.understand(ShelfFilter(text=f"pistacio {own}x")))
    assert "product_search" in indexes(missed)
    assert "searchword_near" in indexes(near)
    assert "catalog_searchword" not in scanned(near)

    _, counts = plans_of(
        lambda: selectors.count_facets(ShelfFilter(free_from=("egg", "milk", "wheat", "soy")))
    )
    assert "product_free_from" in indexes(counts)
    assert "catalog_product" not in scanned(counts)
