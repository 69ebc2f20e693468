"""P17: disputes from the bank's first word to the last, as Stripe tells them over HTTP."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from apps.notifications.models import Alert
from apps.orders import services as orders
from apps.orders.selectors import timeline
from apps.payments import services
from apps.payments.models import Dispute, DisputeMove, FraudWarning, RefundRequest
from apps.payments.selectors.disputes import is_disputed
from apps.payments.services import dispute_news, ledger
from bakery.kernel import clock, outbox
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.models import AuditEntry, OutboxMessage
from tests.harness import patience
from tests.payments.factories import deliver, event_states, events_of, pay_at_stripe, place_now

pytestmark = pytest.mark.usefixtures("storage")
COMPLETED = "checkout.session.completed"
CREATED = "charge.dispute.created"
WITHDRAWN = "charge.dispute.funds_withdrawn"
CLOSED = "charge.dispute.closed"
REINSTATED = "charge.dispute.funds_reinstated"
WARNING = "radar.early_fraud_warning.created"


@pytest.fixture
def paid(sandbox, client):
    """A paid order; returns it with its session."""
    order = place_now()
    session_id = pay_at_stripe(sandbox, order)
    deliver(client, *events_of(sandbox, COMPLETED))
    outbox.drain(outbox.CRITICAL)
    order.refresh_from_db()
    return order, session_id


def hear(client, sandbox, *kinds):
    """Deliver events and apply them; what they lead to later is left in the outbox."""
    deliver(client, *events_of(sandbox, *kinds))
    outbox.drain(outbox.CRITICAL)


def disputed(paid, client, sandbox, **given) -> Dispute:
    """Open a dispute on a paid order, and hear of it."""
    sandbox.stripe.open_dispute(session=paid[1], **given)
    hear(client, sandbox, CREATED)
    return Dispute.objects.get()


def money_of(dispute: Dispute) -> list[tuple[str, Decimal, Decimal]]:
    return [(row.kind, row.amount, row.fee) for row in dispute.moves.order_by("pk")]


@pytest.mark.django_db
def test_a_dispute_is_written_down_once_and_told(paid, client, sandbox):
    order, _ = paid
    dispute = disputed(paid, client, sandbox)
    assert (dispute.status, dispute.amount, dispute.reason) == (
        "needs_response",
        order.total,
        "fraudulent",
    )
    assert dispute.due_by > clock.now() + timedelta(days=6)
    assert money_of(dispute) == [("withdrawn", -order.total, Decimal("15.00"))]
    alert = Alert.objects.get(key__startswith="payments:dispute:")
    assert f"takes back {order.total} CAD: not made by the card's owner" in alert.text
    assert is_disputed(dispute.payment_id)
    # Once more, and another event about the same.
    hear(client, sandbox, CREATED, WITHDRAWN)
    assert services.apply_event(event_id=list(event_states())[-1], at=clock.now()) == "applied"
    assert Dispute.objects.count() == DisputeMove.objects.count() == 1
    assert Alert.objects.filter(key__startswith="payments:dispute:").count() == 1
    titles = [entry.title for entry in timeline(order)]
    assert "Payment disputed: not made by the card's owner" in titles


@pytest.mark.django_db
def test_a_won_dispute_gives_the_money_back(paid, client, sandbox):
    order, _ = paid
    dispute = disputed(paid, client, sandbox)
    sandbox.stripe.decide_dispute(dispute.stripe_id, "won")
    hear(client, sandbox, REINSTATED)
    dispute.refresh_from_db()
    assert dispute.status == "won"
    assert dispute.closed_at is not None
    assert [row[:2] for row in money_of(dispute)] == [
        ("withdrawn", -order.total),
        ("reinstated", order.total),
    ]
    assert not is_disputed(dispute.payment_id)
    assert OutboxMessage.objects.filter(kind="payments.dispute_closed").exists()


@pytest.mark.django_db
def test_a_lost_dispute_is_written_off(paid, client, sandbox):
    order, _ = paid
    dispute = disputed(paid, client, sandbox)
    sandbox.stripe.decide_dispute(dispute.stripe_id, "lost")
    hear(client, sandbox, CLOSED)
    dispute.refresh_from_db()
    assert dispute.status == "lost"
    assert [row[0] for row in money_of(dispute)] == ["withdrawn"]
    assert is_disputed(dispute.payment_id)  # what is gone cannot go back
    assert "PAYMENT LOST: Dispute lost" in [entry.title for entry in timeline(order)]


@pytest.mark.django_db
@pytest.mark.parametrize("kinds", list(permutations((COMPLETED, CREATED, CLOSED))))
def test_the_order_of_news_does_not_matter(kinds, sandbox, client):
    """Won, whichever event comes first: even those of the payment itself."""
    order = place_now()
    session_id = pay_at_stripe(sandbox, order)
    stripe_id = sandbox.stripe.open_dispute(session=session_id)["id"]
    sandbox.stripe.decide_dispute(stripe_id, "won")
    for event in events_of(sandbox, *kinds):
        deliver(client, event)
        outbox.drain(outbox.CRITICAL)
    dispute = Dispute.objects.get()
    assert dispute.status == "won"
    assert [row[:2] for row in money_of(dispute)] == [
        ("withdrawn", -order.total),
        ("reinstated", order.total),
    ]
    assert set(event_states().values()) == {"applied"}
    closed = OutboxMessage.objects.filter(kind="payments.dispute_closed")
    assert closed.values("handler").distinct().count() == closed.count()


@pytest.mark.django_db
def test_an_inquiry_takes_no_money_and_may_become_a_dispute(paid, client, sandbox):
    dispute = disputed(paid, client, sandbox, inquiry=True)
    assert dispute.status == "warning_needs_response"
    assert money_of(dispute) == []
    assert not is_disputed(dispute.payment_id)
    assert "asks about" in Alert.objects.get(key__startswith="payments:dispute:").text
    sandbox.stripe.decide_dispute(dispute.stripe_id, "won")
    hear(client, sandbox, CLOSED)
    dispute.refresh_from_db()
    assert dispute.status == "warning_closed"


@pytest.mark.django_db
def test_part_of_a_payment_can_be_disputed(paid, client, sandbox):
    dispute = disputed(paid, client, sandbox, amount=1000)
    assert dispute.amount == Decimal("10.00")
    assert money_of(dispute) == [("withdrawn", Decimal("-10.00"), Decimal("15.00"))]


@pytest.mark.django_db
def test_a_dispute_of_somebody_elses_payment_is_parked(paid, client, sandbox):
    sandbox.stripe.send_new_event(CREATED, {"id": "du_other", "object": "dispute"})
    event = sandbox.stripe.events(CREATED)[-1]
    deliver(client, event)
    outbox.drain(outbox.CRITICAL)
    assert event_states()[event["id"]] == "parked"
    assert not Dispute.objects.exists()


@pytest.mark.django_db
def test_stripe_being_down_only_delays_a_dispute(paid, client, sandbox):
    sandbox.stripe.open_dispute(session=paid[1])
    deliver(client, *events_of(sandbox, CREATED))
    sandbox.stripe.add_fault("status", times=10)
    outbox.drain(outbox.CRITICAL)
    assert not Dispute.objects.exists()
    sandbox.stripe.clear_faults()
    OutboxMessage.objects.filter(done_at=None).update(not_before=clock.now())
    outbox.drain(outbox.CRITICAL)
    assert Dispute.objects.get().status == "needs_response"


def _learn_at_once(parallel, dispute_id):
    return parallel(6, lambda _: dispute_news.learn_dispute(dispute_id=dispute_id, at=clock.now()))


@pytest.mark.django_db(transaction=True)
def test_six_workers_write_one_dispute(paid, sandbox, parallel):
    stripe_id = sandbox.stripe.open_dispute(session=paid[1])["id"]
    assert _learn_at_once(parallel, stripe_id) == [True] * 6
    assert Dispute.objects.count() == DisputeMove.objects.count() == 1


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_two_workers_collide(paid, sandbox, parallel, monkeypatch):
    """The guard off: both find no dispute, and both write one."""
    import threading

    stripe_id = sandbox.stripe.open_dispute(session=paid[1])["id"]
    both_looked = threading.Barrier(2, timeout=60)
    opened = dispute_news._open

    def open_after_both_looked(*args, **given):
        both_looked.wait()
        return opened(*args, **given)

    monkeypatch.setattr(ledger, "lock_payments", lambda order_id: None)
    monkeypatch.setattr(dispute_news, "_open", open_after_both_looked)
    results = parallel(
        2, lambda _: dispute_news.learn_dispute(dispute_id=stripe_id, at=clock.now())
    )
    failures = [result for result in results if isinstance(result, Exception)]
    assert len(failures) == 1
    assert "stripe_id" in str(failures[0])


# ---- refunds meanwhile and afterwards


def ask_for_five(order) -> RefundRequest:
    return ledger.request_refund(
        order.payments.get(),
        reason="goodwill",
        by="user:1",
        amount=Decimal("5.00"),
        at=clock.now(),
    )


def approve(request: RefundRequest) -> RefundRequest:
    services.approve_refund(public_id=request.public_id, by="user:2", at=clock.now())
    outbox.drain_all()
    request.refresh_from_db()
    return request


@pytest.mark.django_db
@pytest.mark.parametrize("inquiry", [False, True])
def test_a_dispute_keeps_money_from_going_back_and_an_inquiry_does_not(
    paid, client, sandbox, inquiry
):
    order, _ = paid
    request = ask_for_five(order)
    disputed(paid, client, sandbox, inquiry=inquiry)
    if inquiry:
        assert approve(request).status == "succeeded"
        return
    with pytest.raises(Conflict) as refused:
        approve(request)
    assert refused.value.code == "payment_disputed"


@pytest.mark.django_db
@pytest.mark.parametrize("verdict", ["won", "lost"])
def test_after_a_dispute_only_what_was_won_can_go_back(paid, client, sandbox, verdict):
    order, _ = paid
    request = ask_for_five(order)
    dispute = disputed(paid, client, sandbox)
    sandbox.stripe.decide_dispute(dispute.stripe_id, verdict)
    hear(client, sandbox, CLOSED)
    if verdict == "won":
        assert approve(request).status == "succeeded"
        return
    with pytest.raises(Conflict) as refused:
        approve(request)
    assert refused.value.code == "payment_disputed"


@pytest.mark.django_db
def test_a_dispute_may_follow_a_refund_and_a_cancellation(paid, client, sandbox):
    order, _ = paid
    assert approve(ask_for_five(order)).status == "succeeded"
    orders.cancel_order(order_id=order.pk, actor="user:1", reason="They asked.", at=clock.now())
    outbox.drain_all()
    dispute = disputed(paid, client, sandbox, amount=4300)
    assert (dispute.amount, dispute.status) == (Decimal("43.00"), "needs_response")
    order.refresh_from_db()
    assert order.status == "cancelled"
    waiting = RefundRequest.objects.get(reason="order_cancelled")
    assert waiting.amount == Decimal("43.00")
    with pytest.raises(Conflict) as refused:
        approve(waiting)
    assert refused.value.code == "payment_disputed"


# ---- early fraud warnings


@pytest.mark.django_db
def test_a_fraud_warning_proposes_a_refund_once(paid, client, sandbox):
    order, session_id = paid
    sandbox.stripe.warn_of_fraud(session=session_id)
    hear(client, sandbox, WARNING)
    sandbox.stripe.warn_of_fraud(session=session_id)
    hear(client, sandbox, WARNING)
    request = RefundRequest.objects.get()
    assert (request.reason, request.amount, request.requested_by) == (
        "fraud_warning",
        order.total,
        "stripe",
    )
    assert request.status == "awaiting_approval"
    assert FraudWarning.objects.count() == 2
    assert Alert.objects.filter(key__startswith="payments:refund:").count() == 1
    assert "The bank warns of fraud" in [entry.title for entry in timeline(order)]


@pytest.mark.django_db
def test_a_warning_about_a_disputed_payment_proposes_nothing(paid, client, sandbox):
    disputed(paid, client, sandbox)
    sandbox.stripe.warn_of_fraud(session=paid[1])
    hear(client, sandbox, WARNING)
    assert FraudWarning.objects.count() == 1
    assert not RefundRequest.objects.exists()
    assert "disputed already" in Alert.objects.get(key__startswith="payments:fraud:").text


@pytest.mark.django_db
def test_a_warning_about_money_on_its_way_back_proposes_nothing(paid, client, sandbox):
    order, session_id = paid
    payment = order.payments.get()
    ledger.request_refund(payment, reason="goodwill", by="user:1", at=clock.now())
    sandbox.stripe.warn_of_fraud(session=session_id)
    hear(client, sandbox, WARNING)
    assert RefundRequest.objects.get().reason == "goodwill"


# ---- answering


@pytest.mark.django_db
def test_an_answer_goes_out_once(paid, client, sandbox):
    dispute = disputed(paid, client, sandbox)
    words = {"customer_name": "Ada Lovelace", "uncategorized_text": "She showed her code."}
    after = services.submit_answer(dispute_id=dispute.pk, answer=words, by="user:7", at=clock.now())
    assert (after.status, after.submitted_by, after.answer) == ("under_review", "user:7", words)
    assert AuditEntry.objects.filter(action="payments.dispute.answer").count() == 1
    with pytest.raises(Conflict) as refused:
        services.submit_answer(dispute_id=dispute.pk, answer=words, by="user:8", at=clock.now())
    assert refused.value.code == "already_answered"
    hear(client, sandbox, "charge.dispute.updated")
    dispute.refresh_from_db()
    assert dispute.submitted_by == "user:7"


@pytest.mark.django_db
def test_a_lost_reply_is_asked_again_under_the_same_key(paid, client, sandbox):
    dispute = disputed(paid, client, sandbox)
    sandbox.stripe.add_fault("drop_after", method="POST", path="/v1/disputes/*", times=1)
    after = services.submit_answer(
        dispute_id=dispute.pk,
        answer={"uncategorized_text": "Collected."},
        by="user:7",
        at=clock.now(),
    )
    assert after.status == "under_review"
    assert len(sandbox.stripe.events("charge.dispute.updated")) == 1


@pytest.mark.django_db
def test_what_stripe_refuses_can_be_put_right(paid, client, sandbox):
    dispute = disputed(paid, client, sandbox)
    sandbox.stripe.add_fault("status", status=400, method="POST", path="/v1/disputes/*", times=1)
    with pytest.raises(Conflict) as refused:
        services.submit_answer(
            dispute_id=dispute.pk, answer={"customer_name": "A"}, by="user:7", at=clock.now()
        )
    assert refused.value.message.startswith("Stripe did not take it: An error occurred")
    after = services.submit_answer(
        dispute_id=dispute.pk, answer={"customer_name": "Ada"}, by="user:8", at=clock.now()
    )
    assert (after.submitted_by, after.answer) == ("user:8", {"customer_name": "Ada"})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({}, "empty_answer"),
        ({"customer_name": "  "}, "empty_answer"),
        ({"receipt": "file_1"}, "bad_answer"),
        ({"customer_name": 7}, "bad_answer"),
        ({"customer_name": "a\x00b"}, "bad_answer"),
        ({"uncategorized_text": "x" * 20_001}, "bad_answer"),
    ],
)
def test_bad_answers_are_refused_before_stripe_is_asked(answer, code):
    with pytest.raises(Invalid) as refused:
        services.submit_answer(dispute_id=1, answer=answer, by="user:7", at=clock.now())
    assert refused.value.code == code


@pytest.mark.django_db
def test_a_loss_can_be_accepted(paid, client, sandbox):
    dispute = disputed(paid, client, sandbox)
    after = services.accept_loss(dispute_id=dispute.pk, by="user:7", at=clock.now())
    assert after.status == "lost"
    with pytest.raises(Conflict):
        services.accept_loss(dispute_id=dispute.pk, by="user:7", at=clock.now())


def _answer_at_once(parallel, dispute):
    return parallel(
        2,
        lambda i: services.submit_answer(
            dispute_id=dispute.pk,
            answer={"customer_name": f"Answer {i}"},
            by=f"user:{i}",
            at=clock.now(),
        ),
    )


@pytest.fixture
def sent(monkeypatch):
    """What was sent to Stripe as an answer; each waits a moment for another one to start."""
    import threading

    from apps.payments.adapters import stripe_disputes

    found, both = [], threading.Barrier(2)
    submit = stripe_disputes.submit_answer

    def send(dispute_id, answer, *, idempotency_key):
        found.append(idempotency_key)
        with suppress(threading.BrokenBarrierError):
            both.wait(patience())
        return submit(dispute_id, answer, idempotency_key=idempotency_key)

    monkeypatch.setattr(stripe_disputes, "submit_answer", send)
    return found


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_goes_out(paid, client, sandbox, parallel, sent):
    dispute = disputed(paid, client, sandbox)
    results = _answer_at_once(parallel, dispute)
    refused = [result for result in results if isinstance(result, Conflict)]
    assert [error.code for error in refused] == ["answer_in_progress"]
    assert len(sent) == 1


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_the_claim_both_answers_go_out(
    paid, client, sandbox, parallel, sent, monkeypatch
):
    from apps.payments.services import disputes

    dispute = disputed(paid, client, sandbox)

    def take(dispute_id, texts, *, by, at):
        row = disputes._get(dispute_id)
        row.answer_key = disputes._key_of(row, texts)
        return row

    monkeypatch.setattr(disputes, "_claim", take)
    _answer_at_once(parallel, dispute)
    assert len(set(sent)) == 2


# ---- reminders


@pytest.mark.django_db
def test_reminders_go_out_once_at_each_step(paid, client, sandbox):
    dispute = disputed(paid, client, sandbox)
    told = []
    for before in (
        timedelta(days=6),
        timedelta(days=3),
        timedelta(days=3),
        timedelta(hours=20),
        timedelta(hours=11),
        timedelta(minutes=-1),
        timedelta(days=-2),
    ):
        at = clock.now()
        Dispute.objects.filter(pk=dispute.pk).update(due_by=at + before)
        told.append(services.remind_of_disputes(at=at))
        outbox.drain(outbox.CRITICAL)
    assert told == [0, 1, 0, 1, 1, 1, 0]
    texts = (
        Alert.objects.filter(key__contains=":due:").order_by("pk").values_list("text", flat=True)
    )
    assert [text.partition("answer yet, ")[2].partition(".")[0] for text in texts] == [
        "3 days left",
        "20 hours left",
        "11 hours left",
        "past due",
    ]


@pytest.mark.django_db
def test_an_answered_dispute_is_not_reminded_of(paid, client, sandbox):
    dispute = disputed(paid, client, sandbox)
    services.submit_answer(
        dispute_id=dispute.pk, answer={"customer_name": "A"}, by="user:7", at=clock.now()
    )
    assert services.remind_of_disputes(at=dispute.due_by - timedelta(hours=1)) == 0
