"""The console's list in keyset pages, its filters by money, and the badge of cakes."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.orders.admin.orders import OrderAdmin
from apps.orders.models import Order
from bakery.kernel import clock
from tests.accounts import people
from tests.orders.factories import make_cake, make_slot, make_variant, pay, place

pytestmark = pytest.mark.django_db
LIST = "/console/orders/order/"
BY_PICKUP = "o=2"


@pytest.fixture
def manager():
    return people.browser(people.staff("manager"), verified=True)


@pytest.fixture
def orders(monkeypatch):
    """Seven orders on pages of three; two share a pickup time."""
    monkeypatch.setattr(OrderAdmin, "list_per_page", 3)
    thing, at = make_variant(stock=50), clock.now()
    slots = [make_slot(at + timedelta(days=day)) for day in (3, 1, 2, 2, 5, 4, 6)]
    return [place([(thing, 1, "")], slot=slot, at=at).number for slot in slots]


def numbers(page):
    return re.findall(r"/change/[^>]*>(B-\d{6}-\w{4})<", page)


def flat(pages):
    return [number for page in pages for number in page]


def link(page, kind):
    found = re.search(rf'href="(\?[^"]*)" rel="{kind}"', page)
    return unescape(found[1]) if found else None


def walk(client, start, kind):
    pages, query = [], start
    while query is not None:
        page = client.get(LIST + query).content.decode()
        pages.append(numbers(page))
        query = link(page, kind)
        last = page
    return pages, last


@pytest.mark.parametrize("query", ["?", "?o=1", f"?{BY_PICKUP}", "?o=-2"])
def test_pages_show_every_order_once_there_and_back(manager, orders, query):
    there, last = walk(manager, query, "next")
    assert [len(page) for page in there] == [3, 3, 1]
    assert sorted(flat(there)) == sorted(orders)
    back, _ = walk(manager, link(last, "prev"), "prev")
    assert back == [there[1], there[0]]


def test_the_newest_come_first_and_pickups_in_their_order(manager, orders):
    there, _ = walk(manager, "?", "next")
    assert flat(there) == orders[::-1]
    by_pickup, _ = walk(manager, f"?{BY_PICKUP}", "next")
    assert flat(by_pickup) == [orders[i] for i in (1, 2, 3, 0, 5, 4, 6)]


def test_orders_that_come_meanwhile_shift_nothing(manager, orders):
    first = manager.get(LIST).content.decode()
    place([(make_variant(), 1, "")])
    second = manager.get(LIST + link(first, "next")).content.decode()
    assert numbers(first) + numbers(second) == orders[:0:-1]


def test_filters_stay_from_page_to_page(manager, orders):
    Order.objects.filter(number=orders[0]).update(has_cake=True)
    page = manager.get(LIST + "?has_cake__exact=0").content.decode()
    assert "has_cake__exact=0" in link(page, "next")
    there, _ = walk(manager, "?has_cake__exact=0", "next")
    assert sorted(flat(there)) == sorted(orders[1:])


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "after=~",
        "after=1~2~3",
        f"before=2026~{10**30}",
        "o=2&after=x~1",
        "o=2&before=2026-13-45~1",
    ],
)
def test_marks_that_are_none_show_the_first_page(manager, orders, query):
    reply = manager.get(f"{LIST}?{query}", follow=True)
    assert reply.status_code == 200
    assert len(numbers(reply.content.decode())) == 3


def test_a_page_behind_the_last_says_so_and_leads_back(manager, orders):
    page = manager.get(f"{LIST}?after=0~0").content.decode()
    assert numbers(page) == []
    assert link(page, "prev") == "?"


def test_money_filters(manager):
    cake = make_cake(stock=9)
    unpaid, paid, due, mismatch = (place([(cake, 1, "")]) for _ in range(4))
    pay(paid, ref="pi_1")
    pay(due, ref="pi_2")
    pay(mismatch, ref="pi_3", amount=1)
    Order.objects.filter(pk=due.pk).update(paid_total=40)

    def found(choice):
        return numbers(manager.get(LIST, {"payment": choice}).content.decode())

    assert found("unpaid") == [unpaid.number]
    assert found("paid") == [paid.number]
    assert found("due") == [due.number]
    assert found("review") == [mismatch.number]
    assert found("refunded") == []
    assert len(found("nonsense")) == 4


def test_the_badge_counts_what_its_link_shows(manager):
    cake, bread = make_cake(stock=9), make_variant(stock=9)
    for number, goods in enumerate((cake, cake, bread)):
        pay(place([(goods, 1, "")]), ref=f"pi_{number}")
    place([(cake, 1, "")])
    page = manager.get(LIST).content.decode()
    [(query, badge)] = re.findall(r'href="(\?[^"]*)">Open cakes <span[^>]*>(\d+)<', page)
    shown = numbers(manager.get(LIST + unescape(query)).content.decode())
    assert len(shown) == int(badge) == 2


def test_search_and_day_and_balance_use_their_indexes():
    def plan(orders):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            sql, params = orders.values("pk").query.sql_with_params()
            cursor.execute(f"EXPLAIN {sql}", params)
            return "\n".join(row[0] for row in cursor.fetchall())

    from apps.orders import selectors

    search = Order.objects.filter(customer_name__icontains="byron").order_by()
    assert "order_search" in plan(search)
    due = Order.objects.filter(selectors.PAYMENTS["due"][1]).order_by("pickup_starts_at")
    assert "order_balance_due" in plan(due)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_statements(manager, count):
    for _ in range(count):
        place([(make_variant(), 1, "")])
    manager.get(LIST)
    with CaptureQueriesContext(connection) as queries:
        manager.get(LIST)
    own = [row for row in queries if 'FROM "orders_order"' in row["sql"]]
    assert len(own) == 3  # the page, the count up to a limit, the badge
