"""What happens is booked once; PostgreSQL keeps what does not balance out."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.books import selectors, services
from apps.books.models import Account, Entry, Journal
from apps.books.rules import chart
from apps.books.rules.posting import Posting
from apps.books.selectors import sources
from apps.books.services import posting as posting_service
from apps.loyalty import services as bank
from apps.orders import services as orders
from apps.orders.models import Order
from apps.orders.states import TenderKind
from apps.payments.models import RefundReversal
from bakery.kernel.rows import insert
from tests.books.factories import capture, dispute, give_back, issue, move, reject
from tests.loyalty.members import make_member
from tests.orders.factories import AT, make_cake, place, place_paid

pytestmark = pytest.mark.django_db


def balances(order) -> dict[str, str]:
    return {code: str(total) for code, total in selectors.order_balances(order.pk).items() if total}


def book() -> int:
    return services.post_missing(at=AT)


def test_money_is_owed_until_its_receipt_makes_it_a_sale():
    order = place_paid()
    payment = capture(order, "48.00")
    assert book() == 2
    assert balances(order) == {"1020": "46.31", "2000": "-48.00", "6000": "1.69"}
    assert selectors.prepayments_of(order.pk) == Decimal("48.00")
    issue(order, "48.00", "2.29", delivery="3.00")
    assert book() == 1
    assert balances(order) == {
        "1020": "46.31",
        "2100.GST": "-2.29",
        "4000": "-42.71",
        "4010": "-3.00",
        "6000": "1.69",
    }
    assert selectors.prepayments_of(order.pk) == 0
    issue(order, "48.00", "2.29", delivery="3.00", credit=True)
    refund = give_back(order, "48.00", payment=payment)
    book()
    assert balances(order) == {"1020": "-1.69", "6000": "1.69"}
    RefundReversal.objects.create(refund=refund, recorded_at=AT)
    book()
    assert selectors.prepayments_of(order.pk) == Decimal("48.00")
    assert book() == 0


def test_money_at_the_counter_lies_in_the_drawer_or_at_the_terminal():
    order = place([(make_cake(), 1, "")])
    for kind, amount in ((TenderKind.CASH, "20.00"), (TenderKind.TERMINAL, "28.00")):
        orders.take_tender(
            order_id=order.pk, kind=kind, amount=Decimal(amount), ref=kind, actor="user:1", at=AT
        )
    give_back(order, "5.00", way="by_hand", till="cash")
    give_back(order, "3.00", way="by_hand", till="terminal")
    book()
    assert balances(order) == {"1000": "15.00", "1010": "25.00", "2000": "-40.00"}


@pytest.mark.parametrize("outcome", ["mismatch", "unfulfillable", "second_payment"])
def test_what_no_order_took_is_kept_apart(outcome):
    order = place([(make_cake(), 1, "")])
    first, second = (capture(order, "10.00", fee=None, outcome=outcome) for _ in range(2))
    book()
    assert balances(order) == {"1020": "20.00", "2050": "-20.00"}
    give_back(order, "10.00", payment=first)
    reject(order, "10.00", reason="mismatch", payment=second)
    book()
    assert balances(order) == {"1020": "10.00", "4050": "-10.00"}


def test_a_rejected_refund_is_kept_money_only_where_nothing_is_sold_for_it():
    paid, lapsed = place_paid(), place([(make_cake(), 1, "")])
    reject(paid, "48.00", reason="order_cancelled", at=AT + timedelta(hours=1))
    reject(paid, "5.00", reason="goods")
    reject(lapsed, "12.00", reason="order_cancelled")
    reject(lapsed, "8.00", reason="order_expired")
    approved = reject(lapsed, "3.00", reason="order_cancelled")
    type(approved).objects.filter(pk=approved.pk).update(status="approved", lowered_by="4.00")
    book()
    assert balances(lapsed) == {"2000": "24.00", "4050": "-24.00"}
    assert "4050" not in balances(paid)


def test_a_dispute_takes_money_and_a_fee_and_costs_them_when_it_is_lost():
    order = place_paid()
    won, lost = (
        dispute(capture(order, "48.00", fee=None)),
        dispute(capture(order, "48.00", fee=None)),
    )
    for row in (won, lost):
        move(row, "-48.00", fee="15.00")
    book()
    assert selectors.order_balances(order.pk)["1030"] == Decimal("96.00")
    move(won, "48.00")
    type(lost).objects.filter(pk=lost.pk).update(status="lost", closed_at=AT)
    book()
    found = balances(order)
    assert (found["6010"], found["6020"]) == ("30.00", "48.00")
    assert "1030" not in found


@pytest.mark.parametrize("is_rejected_first", [True, False])
def test_lost_money_that_no_order_took_is_settled_once(is_rejected_first):
    order = place([(make_cake(), 1, "")])
    payment = capture(order, "10.00", fee=None, outcome="second_payment")
    row = dispute(payment)
    move(row, "-10.00")
    steps = [
        lambda: reject(order, "10.00", reason="second_payment", payment=payment),
        lambda: type(row).objects.filter(pk=row.pk).update(status="lost", closed_at=AT),
    ]
    for step in steps if is_rejected_first else reversed(steps):
        step()
        book()
    assert balances(order) == {"4050": "-10.00", "6020": "10.00"}


def test_gift_cards_are_debts_from_issue_to_use():
    user = make_member()
    for key, owner in (("card", None), ("credit", user.pk)):
        bank.issue_gift_card(amount=Decimal("25.00"), ref=key, actor="user:1", user_id=owner, at=AT)
    book()
    assert selectors.account_balance("1080") == Decimal("25.00")
    assert selectors.account_balance("6040") == Decimal("25.00")
    assert selectors.liability_totals() == {"2010": Decimal("25.00"), "2020": Decimal("25.00")}


def test_points_are_a_debt_at_what_they_are_worth(settings):
    user = make_member()
    bank.earn(user_id=user.pk, reference="sale-1", amount=Decimal(40), at=AT)
    book()
    assert selectors.liability_totals() == {"2030": Decimal("2.00")}
    settings.LOYALTY_POINT_VALUE = Decimal("0.10")
    later = AT + timedelta(days=1)
    services.post_missing(at=later)
    assert selectors.liability_totals() == {"2030": Decimal("4.00")}
    assert selectors.liability_totals(upto=AT.date()) == {"2030": Decimal("2.00")}
    bank.take_back(reference="sale-1", amount=Decimal(40), at=later)
    services.post_missing(at=later)
    assert selectors.liability_totals() == {"2030": Decimal("0.00")}


def test_the_newest_rows_are_found_however_many_make_no_posting(monkeypatch):
    monkeypatch.setattr(sources, "_CHUNK", 2)
    order = place_paid()
    for _ in range(5):
        issue(order, "0.00")
    issue(order, "48.00")
    assert book() == 2
    assert book() == 0


def test_the_sweep_asks_as_much_for_many_rows_as_for_few():
    order = place_paid()
    book()
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            book()
        counts.append(len(asked))
        for _ in range(20):
            issue(order, "1.00")
        services.post_missing(at=AT)
    assert counts[0] == counts[1] <= 30


def test_a_journal_has_a_name_that_counts_once():
    spec = (chart.CASH, Decimal(5)), (chart.PREPAYMENTS, Decimal(-5))
    posting = Posting("tender:1", AT, "Something", "CAD", None, spec)
    assert services.post_all(postings=[posting], at=AT) == 1
    assert services.post_all(postings=[posting], at=AT) == 0
    assert Entry.objects.count() == 2
    assert Journal.objects.get().booked_on.isoformat() == "2026-11-20"


class TestDatabase:
    """What the database refuses, whoever writes."""

    pytestmark = pytest.mark.django_db(transaction=True)

    def _journal(self):
        account, _ = Account.objects.get_or_create(
            code="1000", defaults={"name": "Cash", "kind": "asset"}
        )
        journal = Journal.objects.create(
            source="hand:1", booked_on=AT.date(), happened_at=AT, recorded_at=AT, text="by hand"
        )
        return journal, account

    @pytest.mark.parametrize(
        "entries",
        [
            [("5.00", "CAD")],
            [("5.00", "CAD"), ("-4.99", "CAD")],
            [("5.00", "CAD"), ("-5.00", "USD")],
            [],
        ],
    )
    def test_what_does_not_balance_cannot_be_committed(self, entries):
        with pytest.raises(IntegrityError), transaction.atomic():
            journal, account = self._journal()
            for amount, currency in entries:
                Entry.objects.create(
                    journal=journal, account=account, amount=Decimal(amount), currency=currency
                )
        assert not Journal.objects.exists()

    def test_what_balances_may_come_entry_by_entry(self):
        with transaction.atomic():
            journal, account = self._journal()
            for amount in ("5.00", "-3.00", "-2.00"):
                Entry.objects.create(
                    journal=journal, account=account, amount=Decimal(amount), currency="CAD"
                )
        assert Journal.objects.count() == 1

    @pytest.mark.parametrize("table", ["books_journal", "books_entry"])
    @pytest.mark.parametrize(
        "statement", ["UPDATE {} SET id = id", "DELETE FROM {}"], ids=["update", "delete"]
    )
    def test_what_is_booked_stays(self, owner_connection, table, statement):
        self.test_what_balances_may_come_entry_by_entry()
        with pytest.raises(Exception, match="append-only"):
            owner_connection.execute(statement.format(table))

    def _unbooked(self):
        order = place_paid()
        capture(order, "48.00")
        issue(order, "48.00")

    def test_workers_at_once_book_once(self, parallel):
        self._unbooked()
        booked = parallel(4, lambda _: services.post_missing(at=AT))
        assert sum(booked) == 3
        assert Entry.objects.count() == 6

    @pytest.mark.control
    def test_control_workers_that_look_and_then_insert_collide(self, parallel, monkeypatch):
        self._unbooked()
        looked = threading.Barrier(4)

        def look_then_insert(row):
            if isinstance(row, Journal) and Journal.objects.filter(source=row.source).exists():
                return False
            if isinstance(row, Journal):
                looked.wait(timeout=60)
            insert([row])
            return True

        services.post_missing(at=AT - timedelta(days=1))
        issue(Order.objects.get(), "1.00")
        monkeypatch.setattr(posting_service, "insert_unless_taken", look_then_insert)
        booked = parallel(4, lambda _: services.post_missing(at=AT))
        assert sum(isinstance(result, IntegrityError) for result in booked) == 3
