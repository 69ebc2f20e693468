"""What sells best and least, from paid orders."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Product
from apps.orders import selectors, services
from bakery.kernel import clock
from tests.accounts import people
from tests.orders.factories import (
    AT,
    make_cake,
    make_slot,
    make_variant,
    on_open_day,
    pay,
    place,
    place_paid,
)

pytestmark = pytest.mark.django_db
API, PAGE = "/api/v1/staff/sellers", "/console/orders/order/sellers/"
UNTIL = AT + timedelta(minutes=30)
SINCE = UNTIL - timedelta(days=28)


def on_sale_for(variant, days):
    Product.objects.filter(pk=variant.product_id).update(published_at=UNTIL - timedelta(days=days))
    return variant


def found(which, **options):
    rows = selectors.sellers(since=SINCE, until=UNTIL, which=which, **options)
    return [(row.variant_id, row.units) for row in rows]


@pytest.fixture
def shelf():
    """A fast seller, a slow one, one that sold nothing, and one that is new."""
    fast, slow, never, new = (
        on_sale_for(make_variant(stock=50, price=price), days)
        for price, days in (("4.00", 100), ("9.00", 100), ("5.00", 100), ("6.00", 2))
    )
    place_paid([(fast, 8, ""), (slow, 1, "")], ref="pi_1")
    place_paid([(fast, 4, "")], ref="pi_2")
    return fast, slow, never, new


def test_best_sellers_count_what_was_paid(shelf):
    fast, slow, _, _ = shelf
    rows = selectors.sellers(since=SINCE, until=UNTIL)
    assert [(row.variant_id, row.units, row.revenue) for row in rows] == [
        (fast.pk, 12, Decimal("48.00")),
        (slow.pk, 1, Decimal("9.00")),
    ]
    assert (rows[0].days, rows[0].units_a_week) == (28, Decimal("3.00"))


def test_low_sellers_are_the_slowest_that_had_time_to_sell(shelf):
    fast, slow, never, new = shelf
    assert found("low", min_days=7) == [(never.pk, 0), (slow.pk, 1), (fast.pk, 12)]
    assert (new.pk, 0) in found("low")


def test_what_was_not_paid_cancelled_or_is_outside_the_window_does_not_count():
    cake = on_sale_for(make_cake(stock=20), 100)
    place([(cake, 1, "")])
    cancelled = place_paid([(cake, 2, "")], ref="pi_1")
    services.cancel_order(order_id=cancelled.pk, actor="user:1", reason="rain", at=AT)
    pay(place([(cake, 4, "")]), ref="pi_2", at=AT + timedelta(minutes=40))
    assert found("best") == []
    assert found("low") == [(cake.pk, 0)]


def test_what_is_off_sale_is_not_listed(shelf):
    fast, slow, _, _ = shelf
    Product.objects.filter(pk=fast.product_id).update(status="archived")
    slow.archived_at = AT
    slow.save()
    assert found("best") == []


def test_prices_with_tax_in_them_count_without_it(settings):
    settings.SHOP_PRICES_INCLUDE_TAX = True
    candles = make_variant(stock=5, price="11.30")
    place_paid([(candles, 1, "")])
    [row] = selectors.sellers(since=SINCE, until=UNTIL)
    assert row.revenue == Decimal("10.00")


@pytest.mark.parametrize("sizes", [1, 12])
def test_one_statement_whatever_the_range(sizes):
    for _ in range(sizes):
        make_variant()
    with CaptureQueriesContext(connection) as queries:
        selectors.sellers(since=SINCE, until=UNTIL, which="low")
    assert len(queries) == 1


def test_the_page_and_the_api_show_it_to_managers():
    now = clock.now()
    cake = make_cake(stock=9, product_name="=Carrot cake")
    Product.objects.filter(pk=cake.product_id).update(created_at=now - timedelta(days=3))
    pay(place([(cake, 2, "")], at=now, slot=make_slot(on_open_day(7))), at=now)
    manager = people.browser(people.staff("manager"), verified=True)
    page = manager.get(PAGE, {"days": "7"})
    assert page.status_code == 200
    assert "=Carrot cake, 8 inch" in page.content.decode()
    assert PAGE in manager.get("/console/orders/order/").content.decode()
    assert "Nothing has been on sale" in manager.get(PAGE, {"which": "low"}).content.decode()
    assert "'=Carrot cake" in manager.get(PAGE, {"format": "csv"}).content.decode()
    for odd in ({"days": "8"}, {"which": "middling"}, {"days": "x"}):
        assert manager.get(PAGE, odd).status_code == 400
    api = people.api(people.log_in(people.staff("manager", email="m@bakery.example")).access)
    [row] = api.get(API).json()
    assert (row["units"], row["revenue"], row["currency"]) == (2, "96.00", "CAD")
    for odd in ({"days": 0}, {"days": 10**9}, {"which": "x"}, {"min_days": -1}):
        assert api.get(API, odd).status_code == 400


def test_the_kitchen_sees_no_revenue():
    kitchen = people.browser(people.staff("kitchen"), verified=True)
    assert kitchen.get(PAGE).status_code == 403
    assert PAGE not in kitchen.get("/console/orders/order/").content.decode()


def test_publishing_notes_since_when():
    from apps.catalog import services as catalog

    variant = make_variant()
    catalog.unpublish_product(product_id=variant.product_id, at=AT)
    catalog.publish_product(product_id=variant.product_id, at=UNTIL)
    assert Product.objects.get(pk=variant.product_id).published_at == UNTIL
