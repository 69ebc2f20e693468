"""What a change of an order means for its payments, at the local Stripe."""

from decimal import Decimal

import pytest

from apps.orders import services as orders
from apps.orders.models import Order
from apps.orders.services import EditWish, LineWish
from apps.orders.states import OrderStatus, TenderKind
from apps.payments import services
from apps.payments.models import CheckoutAttempt, Payment, RefundRequest
from apps.payments.states import AttemptState
from bakery.kernel import clock
from bakery.kernel.errors import Conflict
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
    open_session(order)
    assert services.close_outdated(order_id=order.pk, at=clock.now()) == 1
    states = CheckoutAttempt.objects.order_by("number").values_list("state", flat=True)
    assert list(states) == [AttemptState.EXPIRED, AttemptState.OPEN]


def test_a_payment_of_the_old_amount_is_set_aside(sandbox):
    order = place_now(stock=9)
    pay_at_stripe(sandbox, order)
    edit(order, 2)
    settle(order)
    assert order.status == OrderStatus.PAYMENT_MISMATCH
    assert [row[0] for row in requests(order)] == ["mismatch"]


def test_money_from_the_counter_is_given_back_by_hand(drain_outbox, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "apps.payments.services.ledger.ask_for_attention",
        lambda key, text, *, at: asked.append(text),
    )
    order = place_now(stock=9, quantity=2)
    orders.take_tender(
        order_id=order.pk, kind=TenderKind.CASH, amount=order.total, ref="slip", actor=STAFF,
        at=clock.now(),
    )  # fmt: skip
    edit(order, 1)
    services.request_edit_refund(
        order_id=order.pk, revision=1, amount=Decimal("48.00"), by="x", at=clock.now()
    )
    orders.cancel_order(order_id=order.pk, actor=STAFF, reason="x", at=clock.now())
    services.request_refunds(order_id=order.pk, by="x", at=clock.now())
    assert [text.split(": ")[1].split(" CAD")[0] for text in asked] == ["48.00", "48.00"]
    assert RefundRequest.objects.count() == 0
    assert Order.objects.get(pk=order.pk).refunded_total == Decimal("96.00")
