"""P12: the process dies at every commit of taking in and applying a payment."""

import json
import subprocess
import sys

import pytest

from apps.inventory.selectors import ledger_differences
from apps.payments.models import Payment, StripeEvent
from apps.payments.services import settlement
from apps.payments.states import EventState
from bakery.kernel import clock, outbox
from bakery.kernel.models import OutboxMessage
from tests.payments.crash_child import KILLED
from tests.payments.factories import (
    deliver,
    encode,
    events_of,
    paid_state,
    pay_at_stripe,
    place_now,
    sign,
    state_of,
)

COMPLETED = "checkout.session.completed"
BOUNDARIES = 12


class Child:
    """The program that dies."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.payments.crash_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._read("ready")

    def _read(self, wanted=None) -> str:
        while line := self.process.stdout.readline():
            text = line.strip()
            if text == wanted or (wanted is None and text.lstrip("-").isdigit()):
                return text
        pytest.fail("the child program ended")

    def run(self, body: bytes, boundary: int, when: str) -> int:
        job = {"body": body.decode(), "signature": sign(body), "boundary": boundary, "when": when}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return int(self._read())

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


@pytest.fixture
def child(transactional_db):
    program = Child()
    yield program
    program.close()


def restart(client, event):
    """What happens after a crash: Stripe sends again, leases run out, workers come back."""
    deliver(client, event)
    OutboxMessage.objects.filter(done_at=None).update(locked_until=None, claim=None)
    outbox.drain(outbox.CRITICAL)


@pytest.mark.fault
def test_a_crash_at_any_commit_changes_nothing_in_the_end(child, sandbox, client):
    killed = set()
    for boundary in range(1, BOUNDARIES + 1):
        for when in ("before", "after"):
            order = place_now()
            pay_at_stripe(sandbox, order)
            event = events_of(sandbox, COMPLETED)[0]
            code = child.run(encode(event), boundary, when)
            assert code in {0, KILLED}
            if code == KILLED:
                killed.add((boundary, when))
            restart(client, event)
            assert state_of(order) == paid_state(order), (boundary, when)
        if not any(reached == boundary for reached, _ in killed):
            break
    # Taking in, claiming, applying, marking done.
    assert {reached for reached, _ in killed} >= {1, 2, 3, 4}
    assert boundary < BOUNDARIES  # the last one was past the end, so every boundary was tried
    assert ledger_differences() == []
    assert not StripeEvent.objects.exclude(state="applied").exists()


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_closing_the_event_in_a_transaction_of_its_own_loses_the_payment(
    sandbox, client, monkeypatch
):
    """The guard off: the event is closed and committed first, then the crash."""
    order = place_now()
    pay_at_stripe(sandbox, order)
    event = events_of(sandbox, COMPLETED)[0]
    fetch = settlement._fetch

    class Crash(BaseException):
        pass

    def close_then_fetch(subject):
        row = StripeEvent.objects.get(pk=event["id"])
        settlement._close(row, EventState.APPLIED, "", at=clock.now())
        return fetch(subject)

    def crash(*args, **kwargs):
        raise Crash

    deliver(client, event)
    with monkeypatch.context() as patch:
        patch.setattr(settlement, "_fetch", close_then_fetch)
        patch.setattr(settlement, "_settle", crash)
        with pytest.raises(Crash):
            outbox.drain(outbox.CRITICAL)
    restart(client, event)
    assert state_of(order)["status"] == "pending_payment"
    assert not Payment.objects.exists()
