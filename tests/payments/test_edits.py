"""What a change of an order means for its payments, at the local Stripe."""

from decimal import Decimal

import pytest

from apps.orders import services as orders
from apps.orders.models import Order
from apps.orders.services import EditWish, LineWish
from apps.orders.states import OrderStatus, TenderKind
from apps.payments import services
from apps.payments.models import CheckoutAttempt, Payment, RefundRequest
from apps.payments.services import settlement
from apps.payments.states import AttemptState
from bakery.kernel import clock
from bakery.kernel.errors import Conflict
from bakery.kernel.models import OutboxMessage
from tests.payments.factories import open_session, pay_at_stripe, place_now

pytestmark = pytest.mark.django_db
STAFF = "user:1"


def edit(order, quantity):
    order.refresh_from_db()
    wish = EditWish(revision=order.revision, lines=(LineWish(position=1, quantity=quantity),))
    orders.edit_order(order_id=order.pk, wish=wish, actor=STAFF, at=clock.now())
    order.refresh_from_db()


def settle(order):
    """Let the shop ask Stripe about the newest attempt."""
    attempt = CheckoutAttempt.objects.filter(order=order).latest("number")
    services.check_attempt(attempt_id=attempt.pk, at=clock.now())
    order.refresh_from_db()


def paid(sandbox, **options):
    order = place_now(**options)
    pay_at_stripe(sandbox, order)
    settle(order)
    assert order.status == OrderStatus.PAID
    return order


def requests(order):
    rows = RefundRequest.objects.filter(order=order).order_by("pk")
    return [(row.reason, str(row.amount), row.status) for row in rows]


def test_the_rest_of_a_changed_order_is_paid_on_a_page_of_its_own(sandbox):
    order = paid(sandbox, stock=9)
    with pytest.raises(Conflict):
        open_session(order)
    edit(order, 3)
    assert order.balance == Decimal("96.00")
    session_id = pay_at_stripe(sandbox, order)
    attempt = CheckoutAttempt.objects.get(session_id=session_id)
    assert (attempt.number, attempt.amount) == (2, Decimal("96.00"))
    settle(order)
    assert (order.balance, order.paid_total) == (0, Decimal("144.00"))
    assert [row.outcome for row in Payment.objects.order_by("pk")] == ["confirmed"] * 2
    assert requests(order) == []


def test_what_a_change_makes_too_much_waits_to_go_back_newest_payment_first(sandbox, drain_outbox):
    order = paid(sandbox, stock=9)
    edit(order, 2)
    pay_at_stripe(sandbox, order)
    settle(order)
    edit(order, 3)
    pay_at_stripe(sandbox, order)
    settle(order)
    assert Payment.objects.count() == 3
    edit(order, 1)
    drain_outbox()
    waiting = "awaiting_approval"
    assert requests(order) == [("order_edited", "48.00", waiting)] * 2
    newest = Payment.objects.order_by("-pk").values_list("pk", flat=True)[:2]
    assert list(RefundRequest.objects.order_by("pk").values_list("payment", flat=True)) == list(
        newest
    )
    services.request_edit_refund(
        order_id=order.pk, revision=order.revision, amount=Decimal("96.00"), by="x", at=clock.now()
    )
    assert len(requests(order)) == 2
    orders.cancel_order(order_id=order.pk, actor=STAFF, reason="x", at=clock.now())
    drain_outbox()
    assert requests(order)[2:] == [("order_cancelled", "48.00", waiting)]


def test_the_page_of_the_old_amount_closes_and_a_newer_one_stays(sandbox):
    order = place_now(stock=9)
    open_session(order)
    edit(order, 2)
    assert services.close_outdated(order_id=order.pk, at=clock.now()) == 1
    open_session(order)
    assert services.close_outdated(order_id=order.pk, at=clock.now()) == 0
    states = CheckoutAttempt.objects.order_by("number").values_list("state", flat=True)
    assert list(states) == [AttemptState.EXPIRED, AttemptState.OPEN]


def test_a_payment_of_the_old_amount_is_set_aside(sandbox):
    order = place_now(stock=9)
    pay_at_stripe(sandbox, order)
    edit(order, 2)
    settle(order)
    assert order.status == OrderStatus.PAYMENT_MISMATCH
    assert [row[0] for row in requests(order)] == ["mismatch"]


def by_hand(order):
    rows = RefundRequest.objects.filter(order=order, payment=None).order_by("pk")
    return [(row.reason, str(row.amount)) for row in rows]


def take_cash(order, amount, ref="slip"):
    orders.take_tender(
        order_id=order.pk, kind=TenderKind.CASH, amount=Decimal(amount), ref=ref, actor=STAFF,
        at=clock.now(),
    )  # fmt: skip
    order.refresh_from_db()


def cancel(order):
    orders.cancel_order(order_id=order.pk, actor=STAFF, reason="x", at=clock.now())
    order.refresh_from_db()


def test_money_from_the_counter_is_given_back_by_hand(drain_outbox):
    order = place_now(stock=9, quantity=2)
    take_cash(order, order.total)
    edit(order, 1)
    drain_outbox()
    services.request_edit_refund(
        order_id=order.pk, revision=1, amount=Decimal("48.00"), by="x", at=clock.now()
    )
    cancel(order)
    drain_outbox()
    services.request_refunds(order_id=order.pk, by="x", at=clock.now())
    assert by_hand(order) == [("order_edited", "48.00"), ("order_cancelled", "48.00")]
    texts = " ".join(OutboxMessage.objects.filter(
        kind="payments.attention_needed").values_list("payload__text", flat=True))  # fmt: skip
    assert texts.count("taken at the counter should go back") == 2
    assert Order.objects.get(pk=order.pk).refunded_total == Decimal("96.00")


def test_what_a_change_and_the_end_send_back_is_asked_for_once_in_whatever_order(sandbox):
    order = paid(sandbox, stock=9)
    edit(order, 2)
    take_cash(order, "48.00")
    edit(order, 1)
    cancel(order)
    # The end is heard first; then the change finds nothing left to ask for.
    services.request_refunds(order_id=order.pk, by="x", at=clock.now())
    services.request_edit_refund(
        order_id=order.pk, revision=2, amount=Decimal("48.00"), by="x", at=clock.now()
    )
    rows = RefundRequest.objects.filter(order=order)
    assert sum(row.amount for row in rows) == order.paid_total == Decimal("96.00")
    assert by_hand(order) == [("order_cancelled", "48.00")]


def test_nothing_is_asked_of_an_order_that_a_late_payment_brought_back(sandbox, drain_outbox):
    order = place_now()
    sandbox.stripe.pay(open_session(order), "success")
    cancel(order)
    # The page turns out paid while it is closed, before the refund is asked for.
    services.close_checkouts(order_id=order.pk, at=clock.now())
    drain_outbox()
    order.refresh_from_db()
    assert (order.status, requests(order)) == (OrderStatus.PAID, [])
    # Called off once more, it is another end, which is heard as well.
    cancel(order)
    drain_outbox()
    assert [row[:2] for row in requests(order)] == [("order_cancelled", "48.00")]


def test_a_part_that_was_paid_goes_back_when_the_rest_never_comes():
    order = place_now()
    take_cash(order, "8.00")
    orders.expire_overdue(at=order.hold_expires_at)
    heard = OutboxMessage.objects.filter(kind="orders.expired").values_list("handler", flat=True)
    assert "apps.payments.handlers.refund_expired" in set(heard)
    services.request_refunds(order_id=order.pk, by="x", at=clock.now())
    order.refresh_from_db()
    assert (order.status, order.refunded_total) == (OrderStatus.EXPIRED, Decimal("8.00"))
    assert by_hand(order) == [("order_expired", "8.00")]


def test_a_card_that_the_bank_refuses_does_not_end_an_order_that_is_partly_paid(sandbox):
    order = place_now()
    take_cash(order, "8.00")
    attempt = CheckoutAttempt.objects.get(session_id=open_session(order))
    settlement._release_order(attempt, at=clock.now())
    CheckoutAttempt.objects.update(state=AttemptState.FAILED)
    settlement._release_order(attempt, at=clock.now())
    order.refresh_from_db()
    assert order.status == OrderStatus.PENDING_PAYMENT


def test_a_part_taken_at_the_counter_closes_the_page_for_the_whole(sandbox, drain_outbox):
    order = place_now()
    open_session(order)
    take_cash(order, "8.00")
    drain_outbox()
    assert CheckoutAttempt.objects.get().state == AttemptState.EXPIRED
    pay_at_stripe(sandbox, order)
    settle(order)
    assert (order.status, order.paid_total) == (OrderStatus.PAID, Decimal("48.00"))
