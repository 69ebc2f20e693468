"""Refunds from being asked for to the customer's card, at the local Stripe."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.notifications.models import Alert, Message
from apps.orders import services as orders
from apps.orders.models import Order, SaleCredit
from apps.orders.services import EditWish, LineWish
from apps.payments import services
from apps.payments.adapters import stripe_refunds
from apps.payments.adapters.stripe_client import make_client
from apps.payments.models import Dispute, PaymentBalance, Refund, RefundRequest
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, Invalid, Refused, Unavailable
from bakery.kernel.models import AuditEntry
from tests.payments.factories import deliver, events_of
from tests.payments.refund_steps import (
    ASKER,
    BOSS,
    approve,
    ask,
    money_state,
    paid_order,
    refund,
    refunds_at_stripe,
    send,
    sums,
)

pytestmark = pytest.mark.django_db


def cancel(order):
    orders.cancel_order(order_id=order.pk, actor=ASKER, reason="x", at=clock.now())
    order.refresh_from_db()


def test_pieces_go_back_to_the_card_once_somebody_else_agreed(sandbox, drain_outbox):
    order = paid_order(sandbox, quantity=3, stock=9)
    preview = services.preview_refund(order_id=order.pk, lines=[services.RefundLine(1, 2)])
    assert (preview.amount, preview.tax) == (Decimal("96.00"), 0)
    assert preview.left.amount_left == Decimal("144.00")
    (request,) = ask(order, lines=[(1, 2)], reason="goods", goods_back=False)
    assert ask(order, lines=[(1, 2)], reason="goods", reference=request.reference) == [request]
    drain_outbox()
    assert refunds_at_stripe(order) == []
    approve(request)
    drain_outbox()
    assert refunds_at_stripe(order) == [(9600, "succeeded")]
    assert money_state(order) == {
        "requests": [("96.00", "stripe", "succeeded")],
        "refunds": [("96.00", "stripe", False)],
        "credits": ["96.00"],
        "refunding": ["96.00"],
        "credited": "96.00",
        "refunded": "96.00",
        "balance": "0.00",
    }
    row = Refund.objects.get()
    assert row.stripe_id.startswith("re_")
    assert row.balance_transaction.startswith("txn_")
    assert SaleCredit.objects.get().lines == request.lines
    assert services.preview_refund(order_id=order.pk).amount == Decimal("48.00")
    mail = Message.objects.get(template="payments/mail/refund_given")
    assert mail.recipient == order.customer_email
    moves = request.transitions.values_list("old", "new", "actor")
    assert list(moves) == [
        ("awaiting_approval", "approved", BOSS),
        ("approved", "succeeded", "stripe"),
    ]


def test_nothing_beyond_what_is_left_can_be_asked_for(sandbox):
    order = paid_order(sandbox, quantity=2, stock=9)
    ask(order, "30.00")
    with pytest.raises(Conflict) as refused:
        ask(order, "66.01")
    assert (refused.value.code, refused.value.details["left"]) == ("too_much", "66.00")
    with pytest.raises(Conflict, match=r"66\.00"):
        ask(order, lines=[(1, 2)])
    ask(order, lines=[(1, 1)])
    with pytest.raises(Invalid) as unknown:
        ask(order, lines=[(1, 2)])
    assert unknown.value.code == "bad_line"
    ask(order)  # all the rest
    with pytest.raises(Conflict) as nothing:
        ask(order, "0.01")
    assert nothing.value.code == "nothing_left"
    amounts = RefundRequest.objects.values_list("amount", flat=True)
    assert sum(amounts) == order.total


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity", "1.001", "1e400", "99999999999"])
def test_amounts_that_are_none_are_refused(sandbox, amount):
    order = paid_order(sandbox)
    with pytest.raises((Invalid, Conflict)) as refused:
        ask(order, amount)
    assert refused.value.code in {"bad_amount", "too_much"}
    with pytest.raises(Invalid):
        approve(ask(order, "5.00")[0], lower_to=Decimal(amount))


def test_bad_words_are_refused(sandbox):
    order = paid_order(sandbox)
    for given in (
        {"explanation": " "},
        {"explanation": "a\0b"},
        {"explanation": "x" * 1001},
        {"reason": "order_cancelled"},
        {"reason": "nonsense"},
        {"reference": ""},
        {"reference": "x" * 61},
        {"goods_back": True},
    ):
        with pytest.raises(Invalid):
            ask(order, "5.00", **given)
    with pytest.raises(Invalid):
        ask(order, "5.00", lines=[(1, 1)])
    for line in ((1, 0), (1, -1), (99, 1), (1, 10**9)):
        with pytest.raises(Invalid):
            ask(order, lines=[line])
    assert not RefundRequest.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nobody_approves_what_they_asked_for(sandbox):
    """P16: refused, and the try is in the audit trail."""
    order = paid_order(sandbox)
    (request,) = ask(order, "5.00")
    with pytest.raises(Refused) as refused:
        approve(request, by=ASKER)
    assert (refused.value.code, refused.value.status) == ("own_request", 403)
    entry = AuditEntry.objects.get(action="refund.approve_own_refused")
    assert (entry.actor, entry.object_id) == (ASKER, str(request.pk))
    request.refresh_from_db()
    assert request.status == "awaiting_approval"
    assert not PaymentBalance.objects.exists()


def test_a_part_is_approved_and_its_lines_shrink_with_it(sandbox):
    order = paid_order(sandbox, quantity=2, stock=9)
    (request,) = ask(order, lines=[(1, 2)])
    send(approve(request, lower_to=Decimal("50.00")))
    assert refunds_at_stripe(order) == [(5000, "succeeded")]
    credit = SaleCredit.objects.get()
    assert (credit.amount, credit.lines[0]["amount"]) == (Decimal("50.00"), "50.00")
    assert services.preview_refund(order_id=order.pk).amount == Decimal("46.00")


def test_lines_of_an_order_that_changed_since_are_asked_for_again(sandbox):
    order = paid_order(sandbox, quantity=3, stock=9)
    (request,) = ask(order, lines=[(1, 1)])
    wish = EditWish(revision=order.revision, lines=(LineWish(position=1, quantity=2),))
    orders.edit_order(order_id=order.pk, wish=wish, actor=ASKER, at=clock.now())
    with pytest.raises(Conflict) as refused:
        approve(request)
    assert refused.value.code == "order_changed"


def test_what_people_ask_for_keeps_nothing_back_that_a_change_owes(sandbox, drain_outbox):
    order = paid_order(sandbox, quantity=3, stock=9)
    ask(order, "20.00")
    wish = EditWish(revision=0, lines=(LineWish(position=1, quantity=2),))
    orders.edit_order(order_id=order.pk, wish=wish, actor=ASKER, at=clock.now())
    drain_outbox()
    assert RefundRequest.objects.get(reason="order_edited").amount == Decimal("48.00")


def test_an_order_with_money_gone_back_is_not_changed(sandbox):
    order = paid_order(sandbox, quantity=2, stock=9)
    refund(order, "5.00")
    wish = EditWish(revision=0, lines=(LineWish(position=1, quantity=1),))
    with pytest.raises(Conflict) as refused:
        orders.edit_order(order_id=order.pk, wish=wish, actor=ASKER, at=clock.now())
    assert refused.value.code == "not_editable"


def test_nothing_goes_back_of_a_disputed_payment(sandbox):
    order = paid_order(sandbox)
    (request,) = ask(order, "5.00")
    Dispute.objects.create(
        stripe_id="du_1", payment=order.payments.get(), order=order, amount=5, currency="CAD",
        reason="fraudulent", status="needs_response", opened_at=clock.now(),
    )  # fmt: skip
    with pytest.raises(Conflict) as refused:
        approve(request)
    assert refused.value.code == "payment_disputed"
    Dispute.objects.update(status="won")
    assert approve(request).status == "approved"


def test_a_rejected_request_frees_its_money_and_tells_why(sandbox, drain_outbox):
    order = paid_order(sandbox)
    (request,) = ask(order)
    services.reject_refund(
        public_id=request.public_id, by=BOSS, note="It was eaten.", at=clock.now()
    )
    drain_outbox()
    assert services.preview_refund(order_id=order.pk).amount == order.total
    mail = Message.objects.get(template="payments/mail/refund_rejected")
    assert "It was eaten." in str(mail.context)
    with pytest.raises(Conflict):
        approve(request)
    assert sums(order) == {"credited": "0.00", "refunded": "0.00", "balance": "0.00"}


def test_only_who_asked_withdraws(sandbox):
    order = paid_order(sandbox)
    (request,) = ask(order)
    with pytest.raises(Refused):
        services.withdraw_refund(public_id=request.public_id, by=BOSS, at=clock.now())
    services.withdraw_refund(public_id=request.public_id, by=ASKER, at=clock.now())
    with pytest.raises(Conflict):
        approve(request)
    assert len(ask(order)) == 1


def test_all_of_a_cancelled_order_goes_back(sandbox, drain_outbox):
    order = paid_order(sandbox)
    cancel(order)
    drain_outbox()
    approve(RefundRequest.objects.get())
    drain_outbox()
    assert refunds_at_stripe(order) == [(4800, "succeeded")]
    state = money_state(order)
    assert (state["credited"], state["refunded"]) == ("48.00", "48.00")
    assert services.request_refunds(order_id=order.pk, by="system", at=clock.now()) == 0


def test_what_was_given_before_an_order_is_cancelled_is_not_given_again(sandbox, drain_outbox):
    order = paid_order(sandbox)
    refund(order, "8.00")
    (waiting,) = ask(order, "10.00")
    cancel(order)
    drain_outbox()
    rest = RefundRequest.objects.get(reason="order_cancelled")
    assert rest.amount == Decimal("30.00")
    services.reject_refund(public_id=waiting.public_id, by=BOSS, note="No.", at=clock.now())
    # The order owes it now, whatever it was asked for before.
    for request in RefundRequest.objects.filter(status="awaiting_approval"):
        send(approve(request))
    state = money_state(order)
    assert sum(amount for amount, _ in refunds_at_stripe(order)) == 4800
    assert (state["credited"], state["refunded"]) == ("48.00", "48.00")


def test_the_shop_keeps_what_was_not_approved_of_a_cancelled_order(sandbox, drain_outbox):
    order = paid_order(sandbox)
    cancel(order)
    drain_outbox()
    request = RefundRequest.objects.get()
    services.reject_refund(public_id=request.public_id, by=BOSS, note="Too late.", at=clock.now())
    assert sums(order)["refunded"] == "0.00"
    assert services.request_refunds(order_id=order.pk, by="system", at=clock.now()) == 0
    assert AuditEntry.objects.filter(action="order.keep_money").count() == 1


def test_a_part_of_a_cancelled_order_is_kept(sandbox, drain_outbox):
    order = paid_order(sandbox)
    cancel(order)
    drain_outbox()
    send(approve(RefundRequest.objects.get(), lower_to=Decimal("40.00")))
    assert sums(order) == {"credited": "40.00", "refunded": "40.00", "balance": "0.00"}
    assert services.request_refunds(order_id=order.pk, by="system", at=clock.now()) == 0


def test_a_refund_that_bounces_is_owed_still_and_tried_again(sandbox, client, drain_outbox):
    order = paid_order(sandbox, card="refund_fails")
    (request,) = refund(order, "10.00")
    assert request.status == "succeeded"
    sandbox.stripe.settle_refund(Refund.objects.get().stripe_id, succeeds=False)
    for _ in range(2):
        deliver(client, *events_of(sandbox, "refund.failed"))
        drain_outbox()
    request.refresh_from_db()
    assert (request.status, request.failure) == ("failed", "expired_or_canceled_card")
    state = money_state(order)
    assert (state["refunds"], state["refunding"]) == ([("10.00", "stripe", True)], ["0.00"])
    assert (state["credited"], state["balance"]) == ("10.00", "0.00")
    assert Alert.objects.filter(key__startswith="payments:refund-failed:").count() == 1
    with pytest.raises(Conflict) as refused:
        services.reject_refund(public_id=request.public_id, by=BOSS, note="No.", at=clock.now())
    assert refused.value.code == "credited_before"
    services.try_refund_again(public_id=request.public_id, by=BOSS, at=clock.now())
    send(request)
    assert (request.status, len(refunds_at_stripe(order))) == ("succeeded", 2)
    # Old news of the first try move nothing.
    services.apply_event(event_id=events_of(sandbox, "refund.failed")[0]["id"], at=clock.now())
    services.refund_news.learn_refund(
        refund_id=Refund.objects.earliest("pk").stripe_id, at=clock.now()
    )
    state = money_state(order)
    assert state["requests"] == [("10.00", "stripe", "succeeded")]
    assert (state["credits"], state["refunding"]) == (["10.00"], ["10.00"])


def test_what_failed_is_given_at_the_counter_instead(sandbox):
    order = paid_order(sandbox)
    (request,) = ask(order, "10.00")
    approve(request)
    sandbox.stripe.open_dispute(payment_intent=order.payments.get().payment_intent)
    send(request)
    assert (request.status, request.failure) == ("failed", "Stripe refused it: charge_disputed")
    assert PaymentBalance.objects.get().refunding == 0
    services.give_back_by_hand(
        public_id=request.public_id, by=BOSS, till="cash", how_ref="till 7", at=clock.now()
    )
    state = money_state(order)
    assert state["requests"] == [("10.00", "by_hand", "succeeded")]
    assert (state["refunding"], state["balance"]) == (["10.00"], "0.00")
    with pytest.raises(Conflict):
        services.give_back_by_hand(
            public_id=request.public_id, by=BOSS, till="cash", how_ref="till 8", at=clock.now()
        )
    assert Refund.objects.count() == 1


def test_a_slow_refund_is_on_its_way_until_it_arrives(sandbox, client, drain_outbox):
    order = paid_order(sandbox, card="refund_pending")
    (request,) = refund(order, "10.00")
    assert request.status == "sent"
    sandbox.stripe.settle_refund(Refund.objects.get().stripe_id, succeeds=True)
    assert services.settle_refunds(at=clock.now() + timedelta(hours=2)) == 1
    request.refresh_from_db()
    assert request.status == "succeeded"
    deliver(client, *events_of(sandbox, "refund.updated"))
    drain_outbox()
    assert money_state(order)["refunds"] == [("10.00", "stripe", False)]


def test_a_refund_in_stripes_dashboard_is_found_and_counted(sandbox, client, drain_outbox):
    order = paid_order(sandbox)
    (waiting,) = ask(order)
    intent = order.payments.get().payment_intent
    make_client().v1.refunds.create(params={"payment_intent": intent, "amount": 1800})
    for kind in ("charge.refunded", "refund.created"):
        deliver(client, *events_of(sandbox, kind))
        drain_outbox()
    row = Refund.objects.get()
    assert (row.request, row.amount, row.given_by) == (None, Decimal("18.00"), "stripe")
    assert sums(order) == {"credited": "18.00", "refunded": "18.00", "balance": "0.00"}
    assert Alert.objects.filter(key__startswith="payments:dashboard-refund:").count() == 1
    with pytest.raises(Conflict) as refused:
        approve(waiting)
    assert refused.value.code == "too_much"
    send(approve(waiting, lower_to=Decimal("30.00")))
    assert sums(order) == {"credited": "48.00", "refunded": "48.00", "balance": "0.00"}


def test_a_dropped_answer_is_no_second_refund(sandbox, drain_outbox):
    """Stripe made it and closed the connection: the same name finds it."""
    order = paid_order(sandbox)
    sandbox.stripe.add_fault("drop_after", method="POST", path="*/refunds")
    approve(ask(order, "10.00")[0])
    drain_outbox()
    assert refunds_at_stripe(order) == [(1000, "succeeded")]
    assert money_state(order)["refunds"] == [("10.00", "stripe", False)]


@pytest.mark.control
def test_control_another_name_for_each_call_refunds_twice(sandbox, monkeypatch):
    """The guard off: each call has a name of its own, and the answer to the first is lost."""
    order = paid_order(sandbox)
    request = approve(ask(order, "10.00")[0])
    names = iter(("one", "two"))
    monkeypatch.setattr(RefundRequest, "idempotency_key", property(lambda _: next(names)))
    lose_answers(monkeypatch, made={request.pk})
    with pytest.raises(Unavailable):
        services.send_refund(request_id=request.pk, at=clock.now())
    monkeypatch.undo()
    monkeypatch.setattr(RefundRequest, "idempotency_key", property(lambda _: next(names)))
    send(request)
    assert refunds_at_stripe(order) == [(1000, "succeeded")] * 2


def lose_answers(monkeypatch, *, made=()):
    """Let calls end without an answer; those of ``made`` requests are carried out before."""
    create = stripe_refunds.create_refund
    keys = {str(key) for key in RefundRequest.objects.filter(pk__in=made).values_list(
        "public_id", flat=True)}  # fmt: skip

    def lose(**given):
        if given["metadata"]["refund_request"] in keys:
            create(**given)
        raise Unavailable("stripe_unavailable", "No answer.")

    monkeypatch.setattr(stripe_refunds, "create_refund", lose)


def test_stripe_that_does_not_answer_for_a_day_is_asked_what_it_made(sandbox, monkeypatch):
    order = paid_order(sandbox)
    first, second = ask(order, "10.00")[0], ask(order, "12.00")[0]
    lose_answers(monkeypatch, made={first.pk})
    for request in (approve(first), approve(second)):
        with pytest.raises(Unavailable):
            services.send_refund(request_id=request.pk, at=clock.now())
    monkeypatch.undo()
    assert services.settle_refunds(at=clock.now() + timedelta(days=2)) == 2
    states = RefundRequest.objects.order_by("pk").values_list("status", flat=True)
    assert list(states) == ["succeeded", "failed"]
    assert refunds_at_stripe(order) == [(1000, "succeeded")]
    assert PaymentBalance.objects.get().refunding == Decimal("10.00")


def test_a_stray_payment_goes_back_without_lowering_the_sale(sandbox, drain_outbox):
    order = paid_order(sandbox)
    Order.objects.filter(pk=order.pk).update(paid_total=0)
    payment = order.payments.get()
    services.ledger.request_refund(payment, reason="second_payment", by="stripe", at=clock.now())
    send(approve(RefundRequest.objects.get()))
    assert money_state(order)["credits"] == []
    assert refunds_at_stripe(order) == [(4800, "succeeded")]
