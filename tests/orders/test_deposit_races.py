"""The rest after a deposit, paid at two counters at once."""

import threading
from decimal import Decimal

import pytest

from apps.orders import services
from apps.orders.models import Order
from apps.orders.services import paying
from apps.orders.states import TenderKind
from bakery.kernel.errors import Conflict
from tests.orders.factories import AT, ask_deposit, make_cake, pay, place

pytestmark = pytest.mark.django_db(transaction=True)


def take_twice(parallel):
    """Take 30 of the 50 that are due, twice at once; return the order and what came of it."""
    order = ask_deposit(place([(make_cake(price="100.00"), 1, "")]), "50.00")
    pay(order, amount=5000)

    def take(number):
        return services.take_tender(
            order_id=order.pk,
            kind=TenderKind.CASH,
            amount=Decimal("30.00"),
            ref=f"drawer {number}",
            actor="user:1",
            at=AT,
        )

    results = parallel(2, take)
    order = Order.objects.get(pk=order.pk)
    return order, results, sum(row.amount for row in order.tenders.all())


def test_no_more_than_the_rest_is_taken(parallel):
    order, results, taken = take_twice(parallel)
    refused = [result for result in results if isinstance(result, Conflict)]
    assert [error.code for error in refused] == ["too_much"]
    assert (order.status, order.paid_total, taken) == ("deposit_paid", 80, 80)


@pytest.mark.control
def test_control_without_the_lock_more_is_taken_than_is_due(parallel, monkeypatch):
    barrier = threading.Barrier(2)
    locked = paying.lock_one

    def read(queryset, *, what):
        if threading.current_thread() is threading.main_thread():
            return locked(queryset, what=what)
        row = queryset.get()
        barrier.wait(60)
        return row

    monkeypatch.setattr(paying, "lock_one", read)
    order, results, taken = take_twice(parallel)
    assert not [result for result in results if isinstance(result, Exception)]
    assert taken == 110
    assert order.paid_total != taken
