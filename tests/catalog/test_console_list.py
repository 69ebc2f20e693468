"""The product list of the console: what it says, how it is narrowed, what it costs."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from apps.catalog import selectors
from apps.catalog.models import Product, Variant
from apps.catalog.selectors import promises
from apps.catalog.selectors.promises import Promise
from apps.inventory import services as inventory
from apps.inventory.states import StockReason
from tests.catalog.factories import AT, KNOWN, make_product

pytestmark = pytest.mark.django_db
LIST = "/console/catalog/product/"


def stock(product, pieces):
    inventory.adjust_stock(
        variant_id=product.variants.get().pk,
        delta=pieces,
        reason=StockReason.BAKED,
        note="",
        actor="system",
        at=AT,
    )


def names(console, query):
    html = console.get(f"{LIST}?{query}").content.decode()
    return re.findall(r'field-name"><a [^>]*>([^<]+)<', html)


def row_of(console, name):
    html = console.get(LIST).content.decode()
    row = next(part for part in html.split("<tr>") if f">{name}</a>" in part)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row))


def test_a_row_says_price_margin_stock_and_promise(console, monkeypatch):
    product = make_product("Loaf", prices=("6.50", "9.00"), size={"unit_cost": "3.60"})
    to_order = make_product("Cake", size={"made_to_order": True})
    promise = Promise(AT + timedelta(days=1), "lead_time", "It needs a day.")
    monkeypatch.setattr(promises, "_sources", [lambda ids, _: dict.fromkeys(ids, promise)])
    row = row_of(console, "Loaf")
    for said in ("$6.50 to $9.00", "45 %", "sold out", "lead time", "Published"):
        assert said in row, said
    assert "to order" in row_of(console, "Cake")
    assert "cost unknown" in row_of(console, "Cake")
    Variant.objects.filter(product=product).last().delete()
    stock(product, 12)
    assert " 12 " in row_of(console, "Loaf")
    assert to_order.variants.exists()


def test_the_earliest_promise_of_all_sizes_counts(monkeypatch):
    product = make_product(prices=("1.00", "2.00", "3.00"))
    ids = list(product.variants.values_list("pk", flat=True))
    answers = {
        ids[0]: Promise(None, "nothing_open", "No day is open."),
        ids[1]: Promise(AT + timedelta(days=3), "lead_days", "Three days."),
        ids[2]: Promise(AT + timedelta(days=2), "lead_days", "Two days."),
    }
    monkeypatch.setattr(promises, "_sources", [lambda *_: answers])
    assert selectors.overviews([product.pk], at=AT)[product.pk].promise == answers[ids[2]]
    answers.clear()
    answers[ids[0]] = Promise(None, "nothing_open", "No day is open.")
    assert selectors.overviews([product.pk], at=AT)[product.pk].promise.earliest is None


def test_filters_show_what_needs_somebody(console):
    dear = make_product("Dear", size={"unit_cost": "6.00"}, allergens=KNOWN)
    cheap = make_product("Cheap", size={"unit_cost": "1.00"}, allergens=KNOWN)
    unknown = make_product("Unknown", size={"made_to_order": True})
    empty = make_product("Empty", publish=False, prices=(), allergens=KNOWN)
    stock(cheap, 3)
    Product.objects.filter(pk=cheap.pk).update(image="products/x.webp")
    assert names(console, "needs=margin") == ["Dear"]
    assert names(console, "needs=cost") == ["Unknown"]
    assert names(console, "needs=sold_out") == ["Dear"]
    assert names(console, "needs=picture") == ["Dear", "Empty", "Unknown"]
    assert names(console, "needs=allergens") == ["Unknown"]
    assert names(console, "needs=sizes") == ["Empty"]
    assert len(names(console, "needs=nonsense")) == 4
    assert names(console, "needs=sold_out&status__exact=draft") == []
    assert {dear.status, unknown.status, empty.status} == {"published", "draft"}


def test_words_and_skus_are_searched_and_appear_once(console):
    two = make_product("Country loaf", prices=("5.00", "6.00"))
    make_product("Rye loaf")
    sku = two.variants.first().sku
    assert names(console, "q=loaf") == ["Country loaf", "Rye loaf"]
    assert names(console, "q=loaf+COUNTRY") == ["Country loaf"]
    assert names(console, f"q={sku[:8].upper()}") == ["Country loaf"]
    assert names(console, "q=%25") == []


def test_price_orders_the_list(console):
    for name, price in (("A", "9.00"), ("B", "1.00"), ("C", "5.00")):
        make_product(name, prices=(price,))
    html = console.get(LIST).content.decode()
    column = re.search(r"column-prices.*?\?o=(\d+)\.", html, re.DOTALL)
    assert names(console, f"o={column[1]}") == ["B", "C", "A"]


def test_a_page_of_fifty_costs_what_a_page_of_one_does(console, django_assert_max_num_queries):
    first = make_product("Loaf 0", size={"unit_cost": "6.00"})
    queries = ("", "q=loaf", "needs=margin", "needs=sold_out", "o=5")
    costs = {}
    for query in queries:
        console.get(f"{LIST}?{query}")
        with django_assert_max_num_queries(30) as costs[query]:
            assert names(console, query) == ["Loaf 0"]
    copies = [Product(name=f"Loaf {n}", slug=f"loaf-{n}") for n in range(1, 50)]
    for copy in copies:
        copy.category, copy.status = first.category, first.status
        copy.created_at = copy.updated_at = AT
    sizes = Product.objects.bulk_create(copies)
    Variant.objects.bulk_create(
        Variant(product=row, sku=row.slug, name="Each", price=6, unit_cost=6) for row in sizes
    )
    for query in queries:
        with django_assert_max_num_queries(len(costs[query])) as many:
            assert len(names(console, query)) == 50
        counted = [row["sql"] for row in many.captured_queries if "COUNT(" in row["sql"]]
        assert all("GROUP BY" not in sql and "MIN(" not in sql for sql in counted)


def test_margins():
    assert selectors.margin_of(Decimal(10), Decimal(4)) == Decimal("0.6")
    assert selectors.margin_of(Decimal(10), None) is None
    assert selectors.margin_of(Decimal(0), Decimal(4)) is None
