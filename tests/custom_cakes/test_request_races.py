"""Many at once on the customer's side: one request for a key, one order for an offer."""

from uuid import uuid4

import pytest

from apps.custom_cakes import services
from apps.custom_cakes.models import CakeRequest
from apps.custom_cakes.services import drafting, submitting
from apps.orders.models import Order
from tests.custom_cakes.factories import CONTACT, make_wishes, slot_time, submit
from tests.custom_cakes.offers import counter
from tests.orders.factories import AT, make_slot

pytestmark = pytest.mark.django_db(transaction=True)


def send_together(parallel, key, wishes) -> list:
    """Let three clients send the same at the same moment."""
    make_slot(slot_time(wishes))
    return parallel(
        3,
        lambda _: services.submit_request(wishes=wishes, contact=CONTACT, key=key, at=AT).pk,
    )


def test_sent_by_three_at_once_it_is_one_request(parallel):
    found = send_together(parallel, uuid4(), make_wishes())
    assert len(set(found)) == 1
    assert CakeRequest.objects.get().revisions.count() == 1


@pytest.mark.control
def test_control_without_the_key_each_makes_one(parallel, monkeypatch):
    def keyless(*, key, **values):
        return drafting.new_row(key=uuid4(), **values)

    monkeypatch.setattr(submitting, "new_row", keyless)
    send_together(parallel, uuid4(), make_wishes())
    assert CakeRequest.objects.count() == 3


def test_accepted_and_withdrawn_at_once_one_of_the_two_holds(parallel):
    request = submit()
    counter(request)
    request.refresh_from_db()
    acts = (services.accept_counter, services.withdraw_request)
    seen = request.version
    results = parallel(
        2, lambda n: acts[n](request_id=request.pk, expected_version=seen, at=AT).status
    )
    assert sum(isinstance(result, Exception) for result in results) == 1
    request.refresh_from_db()
    live = Order.objects.filter(superseded_at=None).count()
    assert (request.status, live) in {("approved_awaiting_payment", 1), ("withdrawn", 0)}
