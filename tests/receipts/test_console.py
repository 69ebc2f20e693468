"""What staff see of receipts, in the console and over the API."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.orders.models import Order
from apps.receipts.models import Document
from apps.receipts.services import settle_documents
from tests.accounts.people import browser as make_browser
from tests.accounts.people import staff as make_staff
from tests.orders.factories import AT, CUSTOMER, make_cake, make_variant, place_paid

pytestmark = pytest.mark.django_db
LIST = "/console/receipts/document/"
API = "/api/v1/staff/receipts"


@pytest.fixture
def manager():
    return make_browser(make_staff("manager"), verified=True)


def issued(number=1, **options) -> Document:
    order = place_paid([(make_cake(), 1, "")], ref=f"pi_{number}", **options)
    receipt = settle_documents(order_id=order.pk, at=AT + timedelta(minutes=number))
    assert receipt is not None
    return receipt


def page_of(document) -> str:
    return f"{LIST}{document.pk}/change/"


def erase(document) -> None:
    Order.objects.filter(pk=document.order_id).update(customer_name="erased", erased_at=AT)


def test_the_list_names_what_was_issued(manager):
    first, second = issued(1), issued(2)
    html = manager.get(LIST).content.decode()
    assert html.index(second.number) < html.index(first.number)
    assert CUSTOMER.name in html
    assert "being made" in html
    found = manager.get(LIST, {"q": first.order.number}).content.decode()
    assert first.number in found
    assert second.number not in found


def test_a_page_shows_all_that_the_file_does(manager):
    receipt = issued()
    html = manager.get(page_of(receipt)).content.decode()
    for shown in (receipt.number, receipt.order.number, CUSTOMER.name, "$48.00", "Z = zero-rated"):
        assert shown in html
    assert "The law asks for more" not in html
    assert manager.post(page_of(receipt), {}).status_code == 403


def test_what_is_missing_is_shown_with_what_to_set(manager, settings):
    settings.SHOP_TAX_NUMBERS = {}
    stand = make_variant(price="120.00", product_name="Cake stand", stock=5)
    order = place_paid([(stand, 1, "")])
    receipt = settle_documents(order_id=order.pk, at=AT)
    whole = issued(2)
    assert (receipt.is_complete, whole.is_complete) == (False, True)
    html = manager.get(page_of(receipt)).content.decode()
    assert "The registration number for HST: set SHOP_TAX_NUMBERS." in html
    found = manager.get(LIST, {"is_complete__exact": "0"}).content.decode()
    assert receipt.number in found
    assert whole.number not in found
    [row] = manager.get(API, {"incomplete": "true"}).json()["results"]
    assert row["number"] == receipt.number


def test_what_a_shop_states_is_on_its_receipts(settings):
    settings.SHOP_LEGAL_NAME = "Sweet Rise Bakery Inc."
    settings.SHOP_ADDRESS = ["12 Baker Street", "Toronto"]
    settings.SHOP_TAX_NUMBERS = {"HST": "123456789RT0001"}
    seller = issued().content["seller"]
    assert (seller["name"], seller["address"]) == (
        "Sweet Rise Bakery Inc.",
        ["12 Baker Street", "Toronto"],
    )
    assert seller["registrations"] == [{"name": "HST", "number": "123456789RT0001"}]


def test_erased_buyers_are_hidden_but_kept(manager):
    receipt = issued()
    erase(receipt)
    administrator = make_browser(make_staff("administrator"), verified=True)
    for url in (LIST, page_of(receipt), API):
        assert CUSTOMER.name not in manager.get(url).content.decode()
    assert manager.get(f"/receipts/{receipt.number}.pdf").status_code == 403
    assert manager.get(f"{API}/{receipt.number}.pdf").status_code == 403
    assert CUSTOMER.name in administrator.get(page_of(receipt)).content.decode()
    # Not forbidden: only not made yet.
    assert administrator.get(f"/receipts/{receipt.number}.pdf").status_code == 503
    assert Document.objects.get().content["buyer"]["name"] == CUSTOMER.name


def test_only_who_may_see_documents_sees_them():
    receipt = issued()
    kitchen = make_browser(make_staff("kitchen"), verified=True)
    assert kitchen.get(LIST).status_code == 403
    assert kitchen.get(page_of(receipt)).status_code == 403
    assert kitchen.get(API).status_code == 403
    assert Client().get(API).status_code in {401, 403}


def test_the_api_lists_documents_by_what_is_asked(manager):
    first, second = issued(1), issued(2)
    results = manager.get(API).json()["results"]
    assert [row["number"] for row in results] == [second.number, first.number]
    assert results[1]["order"] == first.order.number
    assert results[1]["total"] == "48.00"
    assert results[1]["url"] is None
    for query, count in (
        ({"kind": "credit_note"}, 0),
        ({"order": second.order.number}, 1),
        ({"since": "2026-11-20", "until": "2026-11-20"}, 2),
        ({"since": "2026-11-21"}, 0),
    ):
        assert len(manager.get(API, query).json()["results"]) == count, query


@pytest.mark.parametrize(
    "query",
    [
        *({"kind": "x"}, {"since": "yesterday"}, {"order": "9" * 30}, {"order": "\0"}),
        *({"incomplete": "maybe"}, {"cursor": "x"}),
    ],
)
def test_nonsense_is_refused(manager, query):
    assert manager.get(API, query).status_code in {400, 404}


@pytest.mark.parametrize("url", [LIST, API])
def test_lists_cost_the_same_however_long(manager, url):
    issued(1)
    manager.get(url)
    counts = []
    for number in (2, 3):
        issued(number)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert manager.get(url).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 12
