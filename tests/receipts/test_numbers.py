"""Numbers without gaps, and one document for what many hear of at once."""

import threading
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.receipts.models import Document, Series
from apps.receipts.selectors import sales
from apps.receipts.services import issuing, settle_documents
from apps.receipts.states import DocumentKind
from tests.orders.factories import AT, make_variant, place_paid

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 20


class GaveUpError(Exception):
    """Whatever else went wrong in the transaction."""


@pytest.fixture
def order():
    return place_paid([(make_variant(price="10.00", product_name="Muffin", name=""), 1, "")])


def write(order, place: int, number: str) -> None:
    """Write a document of this number; its place among the order's is of no interest here."""
    Document.objects.create(
        kind=DocumentKind.RECEIPT,
        number=number,
        order=order,
        position=place,
        issued_at=AT,
        issued_on=AT.date(),
        currency="CAD",
        subtotal=Decimal(0),
        tax_total=Decimal(0),
        total=Decimal(0),
        content={},
    )


def take(order, place: int, next_number) -> None:
    """Issue a document; each third transaction fails after it took its number."""
    with transaction.atomic():
        write(order, place, next_number(DocumentKind.RECEIPT, 2026))
        if place % 3 == 0:
            raise GaveUpError


def places() -> list[int]:
    numbers = Document.objects.order_by("number").values_list("number", flat=True)
    return [int(number.rpartition("-")[2]) for number in numbers]


def test_twenty_at_once_and_failures_leave_no_gap(order, parallel):
    results = parallel(THREADS, lambda n: take(order, n, issuing._next_number))
    failed = [result for result in results if result is not None]
    assert {type(error) for error in failed} == {GaveUpError}
    assert len(failed) == 7
    assert places() == list(range(1, 14))
    assert Series.objects.get().last == 13


@pytest.mark.control
def test_control_a_sequence_leaves_gaps(order, owner_connection):
    owner_connection.execute("CREATE SEQUENCE receipt_numbers")
    owner_connection.execute("GRANT USAGE ON SEQUENCE receipt_numbers TO PUBLIC")
    try:

        def from_sequence(kind, year):
            with transaction.get_connection().cursor() as cursor:
                cursor.execute("SELECT nextval('receipt_numbers')")
                return f"R-{year}-{cursor.fetchone()[0]:06d}"

        for place in range(1, 7):
            if place % 3 == 0:
                with pytest.raises(GaveUpError):
                    take(order, place, from_sequence)
            else:
                take(order, place, from_sequence)
    finally:
        owner_connection.execute("DROP SEQUENCE receipt_numbers")
    assert places() == [1, 2, 4, 5]


@pytest.mark.control
def test_control_counting_without_a_lock_collides(order, parallel):
    both_counted = threading.Barrier(2, timeout=60)

    def counted(kind, year):
        place = Document.objects.count() + 1
        both_counted.wait()
        return f"R-{year}-{place:06d}"

    results = parallel(2, lambda n: take(order, n + 1, counted))
    assert [type(result) for result in results if result is not None] == [IntegrityError]


def test_many_handlers_issue_one_receipt(order, parallel):
    results = parallel(6, lambda _: settle_documents(order_id=order.pk, at=AT))
    [receipt] = [result for result in results if result is not None]
    assert Document.objects.get() == receipt
    assert Series.objects.get().last == 1


@pytest.mark.control
def test_control_without_the_orders_lock_two_are_written(order, parallel, monkeypatch):
    both_looked = threading.Barrier(2, timeout=60)
    told_of = issuing.told_of

    def look(order_id):
        told = told_of(order_id)
        both_looked.wait()
        return told

    monkeypatch.setattr(sales, "lock_one", lambda rows, what: rows.get())
    monkeypatch.setattr(issuing, "told_of", look)
    results = parallel(2, lambda _: settle_documents(order_id=order.pk, at=AT))
    assert sum(isinstance(result, IntegrityError) for result in results) == 1
