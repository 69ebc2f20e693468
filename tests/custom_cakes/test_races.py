"""Two decide at once, over HTTP and against money; each with a control with its guard off."""

import threading
from itertools import count

import pytest

from apps.custom_cakes import services
from apps.custom_cakes.models import CakeRequest, Quote
from apps.custom_cakes.services import deciding, offering, placing
from apps.custom_cakes.states import QuoteState, RequestStatus
from apps.inventory.models import Slot
from apps.orders.models import Order
from apps.orders.states import OrderStatus
from bakery.kernel import clock
from bakery.kernel.errors import Conflict
from tests.accounts import people
from tests.custom_cakes.factories import design_data, make_wishes, submit
from tests.custom_cakes.offers import slot_of, terms

pytestmark = pytest.mark.django_db(transaction=True)


def fresh() -> CakeRequest:
    at = clock.now()
    return submit(wishes=make_wishes(at=at), at=at)


def approve_twice_over_http(parallel) -> tuple[CakeRequest, list]:
    """Let two staff approve what both have on their screens; return the request and replies."""
    request = fresh()
    clients = [
        people.api(people.log_in(people.staff("decorator", email=f"{name}@bakery.example")).access)
        for name in ("one", "two")
    ]
    given = terms(request, at=clock.now())
    body = {
        "version": 1,
        "price": str(given["price"]),
        **{name: given[name] for name in ("servings_least", "servings_most", "slot_id")},
    }
    address = f"/api/v1/staff/custom-cakes/{request.pk}/approve"
    # What is read once in a process is read before both run.
    clients[0].get(f"/api/v1/staff/custom-cakes/{request.pk}")
    replies = parallel(2, lambda number: clients[number].post(address, body, format="json"))
    return request, replies


def test_of_two_who_approve_at_once_one_is_told_so(parallel):
    request, replies = approve_twice_over_http(parallel)
    assert sorted(reply.status_code for reply in replies) == [200, 409]
    lost = next(reply for reply in replies if reply.status_code == 409)
    assert lost.json()["error"]["code"] == "stale_request"
    assert Order.objects.count() == Quote.objects.count() == 1
    assert Slot.objects.get(pk=slot_of(request).pk).booked == 1


@pytest.mark.control
def test_control_without_its_guards_two_orders_come_of_it(parallel, monkeypatch, owner_connection):
    barrier = threading.Barrier(2)

    def read(request_id, *, expected_version):
        row = CakeRequest.objects.get(pk=request_id)
        barrier.wait(60)
        return row

    # The lock of the row with the version that was seen, and the version counted up.
    monkeypatch.setattr(deciding, "lock_request", read)
    monkeypatch.setattr(deciding, "count_change", lambda request: None)
    # What stands behind them: the compare-and-set of the state, and what is unique.
    monkeypatch.setattr(deciding, "end_offer", lambda request, **given: None)
    monkeypatch.setattr(placing, "transition", lambda *given, **more: None)
    numbers = count(1)
    monkeypatch.setattr(offering, "next_quote_no", lambda request: next(numbers))
    monkeypatch.setattr(placing, "order_number", lambda request: f"B-CONTROL-{next(numbers)}")
    owner_connection.execute("DROP INDEX cake_quote_one_in_force")
    try:
        _, replies = approve_twice_over_http(parallel)
        assert [reply.status_code for reply in replies] == [200, 200]
        assert Order.objects.count() == 2
    finally:
        owner_connection.execute("DELETE FROM custom_cakes_quote")
        owner_connection.execute(
            "CREATE UNIQUE INDEX cake_quote_one_in_force ON custom_cakes_quote (request_id)"
            " WHERE state IN ('open', 'accepted')"
        )


def test_approved_by_one_and_changed_by_the_customer_one_of_both_counts(parallel):
    """Whichever comes first: what is approved is what the customer asks for."""
    request = fresh()
    given = terms(request, at=clock.now())
    other = make_wishes(design=design_data(tiers=2, length=10), at=clock.now())

    def act(number):
        if number:
            return services.approve_request(**given)
        return services.revise_request(request_id=request.pk, wishes=other, at=clock.now())

    approved = parallel(2, act)[1]
    request.refresh_from_db()
    live = Order.objects.filter(superseded_at=None, status=OrderStatus.PENDING_PAYMENT)
    # The revision either made the screen stale, or took the approval back by its own right.
    assert request.status == RequestStatus.PENDING_REVIEW
    assert (request.revision, request.order) == (2, None)
    assert not live.exists()
    if isinstance(approved, Conflict):
        assert approved.code == "stale_request"
    else:
        approved.refresh_from_db()
        assert approved.state == QuoteState.SUPERSEDED
    assert Slot.objects.get(pk=given["slot_id"]).booked == 0


@pytest.mark.control
def test_control_an_approval_that_looks_at_no_version_sells_what_is_asked_no_more(monkeypatch):
    request = fresh()
    given = terms(request, at=clock.now())
    other = make_wishes(design=design_data(tiers=2, length=10), at=clock.now())

    def unlocked(request_id, *, expected_version):
        services.revise_request(request_id=request_id, wishes=other, at=clock.now())
        return CakeRequest.objects.get(pk=request_id)

    monkeypatch.setattr(deciding, "lock_request", unlocked)
    quote = services.approve_request(**given)
    revisions = {row.no: row for row in request.revisions.all()}
    # A cake of one tier is sold, though one of two is wanted by then.
    assert quote.order.superseded_at is None
    assert len(quote.revision.design["tiers"]) == 1
    assert len(revisions[2].design["tiers"]) == 2
