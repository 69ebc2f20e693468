"""The books in the console, their files, and the staff API."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.books import services
from apps.books.selectors import exports, statements
from bakery.edge.access import SECOND_FACTOR_AT
from bakery.kernel import clock
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.books.factories import capture, give_back, issue
from tests.orders.factories import AT, place_paid

pytestmark = pytest.mark.django_db
DAY = AT.date()
DAYS = f"period=custom&first={DAY}&last={DAY}"
BOOKS = "/console/books/journal/"
PAGES = (BOOKS, f"{BOOKS}trial-balance/", f"{BOOKS}journals/", f"{BOOKS}account/4000/")
API = "/api/v1/staff/books"
PERIOD = {"first_day": str(DAY), "last_day": str(DAY)}


@pytest.fixture
def sold():
    order = place_paid()
    payment = capture(order, "48.00")
    issue(order, "48.00", "2.00", delivery="3.00", discount="5.00")
    issue(order, "8.00", "0.50", credit=True)
    give_back(order, "8.00", payment=payment)
    services.post_missing(at=AT)
    return order


@pytest.fixture
def manager():
    return people.browser(people.staff("manager"), verified=True)


@pytest.fixture
def administrator():
    return people.browser(people.staff("administrator"), verified=True)


def rows_of(reply) -> list[list[str]]:
    text = b"".join(reply.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


def test_the_page_shows_what_a_day_came_to(sold, manager):
    page = manager.get(f"{BOOKS}?{DAYS}").content.decode()
    assert "The ledger says the same, to the cent." in page
    for figure in ("$51.00", "-$5.00", "-$7.50", "$38.50", "$1.50", "$40.00", "GST 5%", "$1.69"):
        assert figure in page, figure
    assert page.count("<rect") == 1


def test_what_is_not_booked_yet_is_said(sold, manager):
    issue(sold, "12.00")
    page = manager.get(f"{BOOKS}?{DAYS}").content.decode()
    assert "Goods sold: $47.50, in the ledger $35.50" in page


def test_accounts_and_journals_lead_to_each_other(sold, manager):
    trial = manager.get(f"{BOOKS}trial-balance/?{DAYS}").content.decode()
    assert "2000 Customer prepayments" in trial
    account = manager.get(f"{BOOKS}account/1020/?{DAYS}").content.decode()
    assert [text for text in ("$48.00", "$46.31", "$38.31") if text not in account] == []
    found = manager.get(f"{BOOKS}journals/?q={sold.number.lower()}").content.decode()
    assert found.count("books-head") == 5
    one = manager.get(f"{BOOKS}journals/?q=nothing:1").content.decode()
    assert "Nothing is booked under" in one
    assert manager.get(f"{BOOKS}account/9999/").status_code == 404


def test_the_page_of_an_order_leads_to_its_journals(sold, manager):
    page = manager.get(f"/console/orders/order/{sold.pk}/change/").content.decode()
    path = f"{BOOKS}of-order/{sold.pk}/"
    assert path in page
    assert manager.get(path)["Location"] == f"{BOOKS}journals/?q={sold.number}"
    for key in (999999, 10**30):
        assert manager.get(f"{BOOKS}of-order/{key}/").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "period=custom",
        "period=nonsense",
        "period=custom&first=2026-11-21&last=2026-11-20",
        "period=custom&first=1026-11-21&last=2026-11-20",
        "period=custom&first=2020-01-01&last=2026-11-20",
        "first=x&last=99999999-01-01",
    ],
)
def test_days_that_make_no_sense_are_said_to(query, manager):
    reply = manager.get(f"{BOOKS}?{query}")
    assert reply.status_code == 400
    assert "Shown instead: this month." in reply.content.decode()


@pytest.mark.parametrize("period", ["today", "week", "month", "last_month", "year"])
def test_times_have_names(period, manager):
    assert manager.get(f"{BOOKS}?period={period}").status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_pages_ask_as_much_for_many_sales_as_for_few(path, sold, manager):
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            assert manager.get(f"{path}?{DAYS}").status_code == 200
        counts.append(len(asked))
        for _ in range(10):
            issue(sold, "2.00", "0.10")
        services.post_missing(at=AT)
    assert counts[0] == counts[1] <= 25


def test_pages_are_for_who_may_see_the_books():
    cook = people.browser(people.staff("kitchen"), verified=True)
    assert {cook.get(path).status_code for path in (*PAGES, f"{BOOKS}export/")} == {403}


class TestFiles:
    """What the accountant takes along."""

    def test_each_ends_in_sums_that_the_ledger_confirms(self, sold, administrator):
        files = {}
        for kind in ("entries", "trial-balance", "sales-by-day", "tax-by-rate", "money"):
            reply = administrator.post(f"{BOOKS}export/?{DAYS}", {"kind": kind})
            assert reply["Content-Type"].startswith("text/csv")
            assert f"{kind}-{DAY}-{DAY}.csv" in reply["Content-Disposition"]
            files[kind] = rows_of(reply)
        entries, last = files["entries"][1:-1], files["entries"][-1]
        debits = sum(Decimal(row[7] or 0) for row in entries)
        assert last[0] == "Sum"
        assert Decimal(last[7]) == Decimal(last[8]) == debits > 0
        assert [row[3:] for row in files["trial-balance"][-1:]] == [
            ["0.00", last[7], last[8], "0.00"]
        ]
        assert files["sales-by-day"][-1] == ["Sum", "1", "1", "38.50", "1.50", "40.00"]
        assert files["tax-by-rate"][1:] == [
            ["GST", "5.000", "35.50", "1.50", "CAD"],
            ["Sum", "", "", "1.50", "CAD"],
        ]
        assert files["money"][-1] == ["Sum", "", "", "", "40.00", "1.69", "CAD", ""]
        assert AuditEntry.objects.filter(action="books.export").count() == 5

    def test_no_cell_runs_as_a_formula(self, administrator):
        order = place_paid(ref="=cmd|' /C calc'!A0")
        order.__class__.objects.filter(pk=order.pk).update(number="=1+1")
        services.post_missing(at=AT)
        for kind in ("entries", "money"):
            rows = rows_of(administrator.post(f"{BOOKS}export/?{DAYS}", {"kind": kind}))
            cells = [cell for row in rows for cell in row]
            assert not [cell for cell in cells if cell[:1] in ("=", "+", "@")]
        assert "'=1+1" in cells or kind == "money"

    def test_taking_one_needs_the_right_and_a_fresh_code(self, sold, manager, administrator):
        assert manager.post(f"{BOOKS}export/?{DAYS}", {"kind": "entries"}).status_code == 403
        session = administrator.session
        session[SECOND_FACTOR_AT] = (clock.now() - timedelta(hours=1)).timestamp()
        session.save()
        assert administrator.get(f"{BOOKS}export/?{DAYS}").status_code == 200
        reply = administrator.post(f"{BOOKS}export/?{DAYS}", {"kind": "entries"})
        assert reply.status_code == 302
        assert reply["Location"].startswith("/console/step-up/")
        assert not AuditEntry.objects.filter(action="books.export").exists()

    def test_an_unknown_file_is_not_there(self, administrator):
        assert administrator.post(f"{BOOKS}export/", {"kind": "secrets"}).status_code == 404

    def test_long_tables_are_read_in_parts(self, sold, administrator, monkeypatch):
        whole = rows_of(administrator.post(f"{BOOKS}export/?{DAYS}", {"kind": "entries"}))
        monkeypatch.setattr(statements, "_CHUNK", 2)
        monkeypatch.setattr(exports, "_CHUNK", 1)
        parts = rows_of(administrator.post(f"{BOOKS}export/?{DAYS}", {"kind": "entries"}))
        assert parts == whole


class TestApi:
    """The same over the staff API."""

    def _client(self, role="administrator"):
        return people.api(people.log_in(people.staff(role)).access)

    def test_figures_accounts_and_journals(self, sold):
        client = self._client()
        found = client.get(f"{API}/revenue", PERIOD).json()
        assert (found["net"], found["tax"], found["discounts"]) == ("38.50", "1.50", "5.00")
        assert found["taxes"] == [
            {"name": "GST", "rate": "0.05000", "base": "35.50", "amount": "1.50"}
        ]
        assert found["taken"] == {"online": "48.00"}
        accounts = client.get(f"{API}/trial-balance", PERIOD).json()
        assert sum(Decimal(row["closing"]) for row in accounts) == 0
        rows = client.get(f"{API}/journals", {"q": sold.number}).json()["results"]
        assert len(rows) == 5
        assert all(sum(Decimal(e["amount"]) for e in row["entries"]) == 0 for row in rows)
        assert len(client.get(f"{API}/journals", PERIOD).json()["results"]) == 5

    def test_files(self, sold):
        reply = self._client().post(f"{API}/exports/tax-by-rate", PERIOD, format="json")
        assert rows_of(reply)[-1] == ["Sum", "", "", "1.50", "CAD"]

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ({}, "invalid"),
            ({**PERIOD, "last_day": "1999-12-31"}, "bad_period"),
            ({**PERIOD, "last_day": "2030-12-31"}, "bad_period"),
        ],
    )
    def test_days_that_make_no_sense(self, given, code):
        client = self._client()
        replies = [
            client.get(f"{API}/revenue", given),
            client.get(f"{API}/trial-balance", given),
            client.post(f"{API}/exports/entries", given, format="json"),
        ]
        assert [reply.status_code for reply in replies] == [400] * 3
        if code == "bad_period":
            assert {reply.json()["error"]["code"] for reply in replies} == {code}

    def test_an_unknown_file_is_not_there(self):
        reply = self._client().post(f"{API}/exports/secrets", PERIOD, format="json")
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "export_not_found")
