"""Two decisions at once, news before answers, and both at the same moment: one refund."""

import threading

import pytest

from apps.payments import services
from apps.payments.adapters import stripe_refunds
from apps.payments.models import PaymentBalance, Refund, RefundRequest
from apps.payments.services import balance, deciding, ledger, recording, refund_news
from bakery.kernel import clock
from bakery.kernel.errors import Conflict
from tests.payments.factories import deliver, events_of
from tests.payments.refund_steps import (
    approve,
    ask,
    money_state,
    paid_order,
    refunds_at_stripe,
    send,
)

pytestmark = pytest.mark.django_db(transaction=True)
ADMINS = ("user:2", "user:3")


def test_two_admins_at_once_give_it_back_once(sandbox, parallel, drain_outbox):
    """P15: one approves, the other hears that it was decided."""
    order = paid_order(sandbox)
    (request,) = ask(order, "10.00")
    results = parallel(2, lambda i: approve(request, by=ADMINS[i]))
    refused = [result for result in results if isinstance(result, Conflict)]
    assert [(error.code, error.status) for error in refused] == [("illegal_transition", 409)]
    drain_outbox()
    assert refunds_at_stripe(order) == [(1000, "succeeded")]
    assert PaymentBalance.objects.get().refunding == 10
    assert Refund.objects.count() == 1


@pytest.mark.control
def test_control_without_lock_and_compare_both_admins_approve(sandbox, parallel, monkeypatch):
    """The guards off: both see it waiting, and both set its money aside."""
    order = paid_order(sandbox)
    (request,) = ask(order, "10.00")
    both_looked = threading.Barrier(2, timeout=60)

    def look(found):
        both_looked.wait()
        assert found.status == "awaiting_approval"

    def write(subject, *, to, **given):
        type(subject).objects.filter(pk=subject.pk).update(status=to)

    monkeypatch.setattr(ledger, "lock_payments", lambda order_id: None)
    monkeypatch.setattr(deciding, "lock_one", lambda rows, what: rows.get())
    monkeypatch.setattr(deciding, "_require_decidable", look)
    monkeypatch.setattr(deciding, "transition", write)
    results = parallel(2, lambda i: approve(request, by=ADMINS[i]))
    assert not [result for result in results if isinstance(result, Exception)]
    assert PaymentBalance.objects.get().refunding == 20


def test_requests_at_once_never_ask_for_more_than_was_paid(sandbox, parallel):
    order = paid_order(sandbox)
    results = parallel(4, lambda i: ask(order, "20.00", reference=f"form-{i}"))
    refused = [result for result in results if isinstance(result, Conflict)]
    assert [error.code for error in refused] == ["too_much"] * 2
    assert RefundRequest.objects.count() == 2


@pytest.mark.control
def test_control_without_the_lock_more_is_asked_for_but_never_given(sandbox, parallel, monkeypatch):
    """The guard of asking off: the balance of the payment still refuses the third approval."""
    order = paid_order(sandbox)
    all_looked = threading.Barrier(3, timeout=60)
    plan = services.asking._plan

    def plan_together(*given):
        planned = plan(*given)
        all_looked.wait()
        return planned

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "lock_payments", lambda order_id: None)
        patch.setattr(services.asking, "_plan", plan_together)
        results = parallel(3, lambda i: ask(order, "20.00", reference=f"form-{i}"))
    assert not [result for result in results if isinstance(result, Exception)]
    first, second, third = RefundRequest.objects.order_by("pk")
    approve(first)
    approve(second)
    with pytest.raises(Conflict) as refused:
        approve(third)
    assert refused.value.code == "too_much"
    third.refresh_from_db()
    assert third.status == "awaiting_approval"


def test_the_constraint_holds_whoever_writes(sandbox):
    from django.db import IntegrityError

    order = paid_order(sandbox)
    approve(ask(order, "10.00")[0])
    with pytest.raises(IntegrityError, match="payment_balance_refunding"):
        PaymentBalance.objects.update(refunding=order.total + 1)


def _news_first(monkeypatch, sandbox, client, drain):
    """Let the webhook be delivered and applied before Stripe's own answer is read."""
    create = stripe_refunds.create_refund

    def create_and_hear(**given):
        view = create(**given)
        deliver(client, *events_of(sandbox, "refund.created", "charge.refunded"))
        drain()
        return view

    monkeypatch.setattr(stripe_refunds, "create_refund", create_and_hear)


def test_news_before_the_answer_are_one_refund(sandbox, client, drain_outbox, monkeypatch):
    order = paid_order(sandbox)
    (request,) = ask(order, "10.00")
    approve(request)
    _news_first(monkeypatch, sandbox, client, drain_outbox)
    send(request)
    drain_outbox()
    assert refunds_at_stripe(order) == [(1000, "succeeded")]
    assert money_state(order) == {
        "requests": [("10.00", "stripe", "succeeded")],
        "refunds": [("10.00", "stripe", False)],
        "credits": ["10.00"],
        "refunding": ["10.00"],
        "credited": "10.00",
        "refunded": "10.00",
        "balance": "0.00",
    }


def test_news_and_answer_at_once_are_one_refund(sandbox, parallel):
    order = paid_order(sandbox)
    (request,) = ask(order, "10.00")
    approve(request)
    send(request)
    view = stripe_refunds.fetch_refund(Refund.objects.get().stripe_id)
    results = parallel(4, lambda _: refund_news.record_view(view, at=clock.now()))
    assert results == [True] * 4
    assert money_state(order)["refunds"] == [("10.00", "stripe", False)]


@pytest.mark.control
def test_control_without_the_lock_news_and_answer_collide(sandbox, parallel, monkeypatch):
    """The guard off: both look for the row, find none, and both write it."""
    order = paid_order(sandbox)
    (request,) = ask(order, "10.00")
    approve(request)
    stripe_refund = _make_at_stripe(request)
    both_looked = threading.Barrier(2, timeout=60)
    record = recording.record_refund

    def record_together(refund, **given):
        both_looked.wait()
        return record(refund, **given)

    monkeypatch.setattr(ledger, "lock_payments", lambda order_id: None)
    monkeypatch.setattr(recording, "record_refund", record_together)
    monkeypatch.setattr(
        refund_news, "_request_of", lambda view, payment: RefundRequest.objects.get()
    )
    results = parallel(2, lambda _: refund_news.record_view(stripe_refund, at=clock.now()))
    failures = [result for result in results if isinstance(result, Exception)]
    assert len(failures) == 1
    assert "stripe_id" in str(failures[0])


def _make_at_stripe(request):
    return stripe_refunds.create_refund(
        idempotency_key=request.idempotency_key,
        intent_id=request.payment.payment_intent,
        amount_minor=1000,
        metadata={"refund_request": str(request.public_id), "try": "0"},
    )


def test_two_workers_send_one_approval_once(sandbox, parallel):
    order = paid_order(sandbox)
    (request,) = ask(order, "10.00")
    approve(request)
    parallel(3, lambda _: services.send_refund(request_id=request.pk, at=clock.now()))
    send(request)
    assert refunds_at_stripe(order) == [(1000, "succeeded")]
    assert Refund.objects.count() == 1
    assert balance.PaymentBalance.objects.get().refunding == 10
