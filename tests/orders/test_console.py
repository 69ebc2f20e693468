"""Orders in the console."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.orders.models import Order
from apps.orders.states import OrderStatus
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.orders.factories import make_cake, make_slot, make_variant, pay, place, place_paid

pytestmark = pytest.mark.django_db
LIST = "/console/orders/order/"


def browser(role="manager"):
    return people.browser(people.staff(role), verified=True)


def shown(client, query=""):
    reply = client.get(f"{LIST}?{query}")
    assert reply.status_code == 200, reply
    return reply.content.decode()


def test_the_list_is_filtered_and_searched():
    cake = place_paid()
    bread = place([(make_variant(), 3, "")], slot=make_slot(cake.pickup_starts_at + timedelta(1)))
    client = browser()
    for query, found, lost in [
        ("status__exact=paid", cake, bread),
        ("pickup=2026-11-28", bread, cake),
        ("has_cake__exact=1", cake, bread),
        ("work=unseen", cake, bread),
        (f"q={bread.number}", bread, cake),
    ]:
        page = shown(client, query)
        assert found.number in page, query
        assert lost.number not in page, query
    page = shown(client, "q=ada%40example.com")
    assert cake.number in page
    assert bread.number in page
    for query in ("pickup=9999-12-31", "pickup=soon"):
        assert cake.number not in shown(client, query)


def test_the_list_costs_the_same_queries_at_one_and_at_four_orders():
    client = browser()
    counts = []
    for more in (1, 3):
        for _ in range(more):
            place([(make_variant(), 1, ""), (make_cake(), 1, "")])
        with CaptureQueriesContext(connection) as queries:
            shown(client)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_one_page_shows_everything_and_its_buttons_work():
    order = place_paid([(make_cake(message=40), 1, "Zoë <i>🎂</i>")])
    client = browser()
    url = f"{LIST}{order.pk}/change/"
    page = client.get(url).content.decode()
    assert "Zoë &lt;i&gt;🎂&lt;/i&gt;" in page
    assert "placed" in page
    assert f"{LIST}{order.pk}/do/start/" in page
    assert f"{LIST}{order.pk}/do/ready/" not in page
    for action, status in [
        ("start", "in_production"),
        ("ready", "ready"),
    ]:
        reply = client.post(f"{LIST}{order.pk}/do/{action}/")
        assert (reply.status_code, reply["Location"]) == (302, url)
        assert Order.objects.get(pk=order.pk).status == status
    page = client.get(url).content.decode()
    assert f"/console/orders/handover/{order.pk}/hand-over/" in page
    assert AuditEntry.objects.filter(action="order.ready").count() == 1


def test_cancelling_needs_a_reason_and_the_permission():
    order = place_paid()
    url = f"{LIST}{order.pk}/do/cancel/"
    cashier = browser("cashier")
    assert cashier.post(url, {"reason": "no"}).status_code == 403
    assert "do/cancel" not in cashier.get(f"{LIST}{order.pk}/change/").content.decode()
    manager = browser()
    manager.post(url, {"reason": "  "})
    assert Order.objects.get().status == OrderStatus.PAID
    manager.post(url, {"reason": "the oven broke"})
    assert Order.objects.get().status == OrderStatus.CANCELLED
    assert AuditEntry.objects.get(action="order.cancel").reason == "the oven broke"


def test_a_button_that_came_too_late_says_so():
    order = place_paid()
    client = browser()
    client.post(f"{LIST}{order.pk}/do/start/")
    reply = client.post(f"{LIST}{order.pk}/do/start/", follow=True)
    assert "cannot go from in_production to in_production" in reply.content.decode()


def test_what_is_not_there_is_404_and_nothing_is_edited():
    order = place([(make_cake(), 1, "")])
    pay(order)
    client = browser("administrator")
    assert client.get(f"{LIST}424242/change/").status_code == 404
    assert client.get(f"{LIST}abc/change/").status_code == 404
    assert client.post(f"{LIST}{order.pk}/do/explode/").status_code == 404
    assert client.post(f"{LIST}424242/do/start/").status_code == 404
    assert client.get(f"{LIST}{order.pk}/do/start/").status_code == 405
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.get(f"{LIST}{order.pk}/delete/").status_code == 403


def test_staff_without_the_second_factor_see_nothing():
    order = place_paid()
    user = people.staff("manager")
    client = people.browser(user)
    assert client.get(LIST).status_code == 302
    client.post(f"{LIST}{order.pk}/do/start/")
    assert Order.objects.get().status == OrderStatus.PAID
