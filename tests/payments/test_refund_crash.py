"""The process dies at every commit of giving approved money back."""

import pytest

from apps.payments import services
from apps.payments.models import Refund, RefundRequest
from bakery.kernel import clock, outbox
from bakery.kernel.models import OutboxMessage
from tests.payments.crash_child import KILLED
from tests.payments.refund_steps import (
    approve,
    ask,
    money_state,
    paid_order,
    refunds_at_stripe,
)
from tests.payments.test_crash import Child

BOUNDARIES = 12
DONE = {
    "requests": [("10.00", "stripe", "succeeded")],
    "refunds": [("10.00", "stripe", False)],
    "credits": ["10.00"],
    "refunding": ["10.00"],
    "credited": "10.00",
    "refunded": "10.00",
    "balance": "0.00",
}


@pytest.fixture
def child(transactional_db):
    program = Child()
    yield program
    program.close()


def approved(sandbox):
    """Return a paid order with an approved refund that only waits to be given back."""
    order = paid_order(sandbox)
    request = approve(ask(order, "10.00")[0])
    OutboxMessage.objects.exclude(kind="payments.refund_approved").delete()
    return order, request


def come_back():
    """Leases run out, pauses are over, and workers carry on."""
    OutboxMessage.objects.filter(done_at=None).update(
        locked_until=None, claim=None, not_before=clock.now()
    )
    outbox.drain(outbox.CRITICAL)


@pytest.mark.fault
def test_a_crash_at_any_commit_gives_it_back_once(child, sandbox):
    killed = set()
    for boundary in range(1, BOUNDARIES + 1):
        for when in ("before", "after"):
            order, _ = approved(sandbox)
            code = child.run(b"", boundary, when)
            assert code in {0, KILLED}
            if code == KILLED:
                killed.add((boundary, when))
            come_back()
            assert refunds_at_stripe(order) == [(1000, "succeeded")], (boundary, when)
            assert money_state(order) == DONE, (boundary, when)
        if not any(reached == boundary for reached, _ in killed):
            break
    # Claiming, noting that Stripe is asked, recording, marking done.
    assert {reached for reached, _ in killed} >= {1, 2, 3, 4}
    assert boundary < BOUNDARIES


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_moving_the_request_before_its_money_is_recorded_loses_the_refund(
    sandbox, monkeypatch
):
    """The guard off: the request is done and committed first, then the crash."""
    order, request = approved(sandbox)

    class Crash(BaseException):
        pass

    def move_then_crash(view, *, at):
        RefundRequest.objects.filter(pk=request.pk).update(status="succeeded")
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(services.giving_back, "record_view", move_then_crash)
        with pytest.raises(Crash):
            outbox.drain(outbox.CRITICAL)
    come_back()
    assert refunds_at_stripe(order) == [(1000, "succeeded")]
    assert not Refund.objects.exists()
    assert services.settle_refunds(at=clock.now()) == 0
