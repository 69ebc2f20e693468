"""Refunds in Stripe's dashboard while requests here wait for the same money."""

from decimal import Decimal

import pytest

from apps.books.selectors.ledger_checks import ledger_findings
from apps.books.selectors.order_checks import order_findings
from apps.books.services import post_missing
from apps.orders import services as orders
from apps.orders.models import Order
from apps.orders.services import EditWish, LineWish
from apps.payments import services
from apps.payments.models import Refund, RefundRequest
from apps.payments.services import refund_news
from apps.receipts.services import settle_documents
from bakery.kernel.errors import Conflict
from tests.books.factories import capture
from tests.orders.factories import AT, make_cake, make_variant, place
from tests.orders.test_deposits import WRITTEN
from tests.payments.test_books_world import YEARS_LATER
from tests.payments.test_money_world import BOSS, STAFF, view_of

pytestmark = pytest.mark.django_db


def paid(pieces=4) -> Order:
    """An order that one payment paid, as Stripe has it."""
    order = place([(make_variant(price="10.00"), pieces, "")])
    payment = capture(order, order.balance, fee=None)
    orders.confirm_payment(
        order_id=order.pk,
        payment_ref=payment.payment_intent,
        amount_minor=int(payment.amount * 100),
        currency="CAD",
        at=AT,
    )
    settle_documents(order_id=order.pk, at=AT)
    order.refresh_from_db()
    return order


def edit(order, pieces) -> Decimal:
    wish = EditWish(revision=order.revision, lines=(LineWish(position=1, quantity=pieces),))
    done = orders.edit_order(order_id=order.pk, wish=wish, actor=STAFF, at=AT, reason="asked")
    order.refresh_from_db()
    return done.owed


def ask_for_edit(order, amount) -> None:
    services.request_edit_refund(
        order_id=order.pk, revision=order.revision, amount=amount, by="system", at=AT
    )


def cancel(order) -> None:
    orders.cancel_order(order_id=order.pk, actor=STAFF, reason="asked", at=AT)
    services.request_refunds(order_id=order.pk, by="system", at=AT)


def refund_there(order, amount, *, status="succeeded", name="re_there") -> None:
    payment = order.payments.get()
    refund_news.record_view(view_of(payment, amount, name, status), at=AT)
    settle_documents(order_id=order.pk, at=AT)
    order.refresh_from_db()


def found() -> list[str]:
    """What the comparison finds, but that nobody had asked for the refund."""
    post_missing(at=AT, whole=True)
    rows = [*order_findings(YEARS_LATER), *ledger_findings(YEARS_LATER)]
    return sorted({str(row.kind) for row in rows} - {"refund_unasked"})


def test_all_of_a_cancelled_order_ends_what_waits():
    order = paid()
    cancel(order)
    refund_there(order, order.paid_total)
    assert RefundRequest.objects.get().status == "withdrawn"
    assert order.refunded_total == order.paid_total
    assert order.credited_total == order.total
    assert found() == []


def test_a_part_of_a_cancelled_order_lowers_what_waits():
    order = paid()
    cancel(order)
    refund_there(order, Decimal("15.00"))
    request = RefundRequest.objects.get()
    assert (request.status, request.amount) == (
        "awaiting_approval",
        order.paid_total - Decimal("15.00"),
    )
    services.reject_refund(public_id=request.public_id, by=BOSS, note="kept", at=AT)
    order.refresh_from_db()
    # What is kept is the rest alone: the other part is gone.
    assert order.refunded_total == Decimal("15.00") == order.credited_total
    settle_documents(order_id=order.pk, at=AT)
    assert found() == []


@pytest.mark.parametrize("is_asked", [True, False])
def test_what_a_change_owes_lowers_no_sale_a_second_time(is_asked):
    order = paid()
    owed = edit(order, 1)
    if is_asked:
        ask_for_edit(order, owed)
    refund_there(order, owed)
    ask_for_edit(order, owed)
    assert (order.refunded_total, order.credited_total, order.balance) == (owed, 0, 0)
    assert not RefundRequest.objects.exclude(status="withdrawn").exists()
    assert found() == []


def test_one_that_bounces_is_asked_for_again_and_lowers_nothing_more():
    order = paid()
    cancel(order)
    amount = order.paid_total
    refund_there(order, amount)
    refund_there(order, amount, status="failed")
    waiting = RefundRequest.objects.get(status="awaiting_approval")
    assert (waiting.amount, waiting.payment) == (amount, order.payments.get())
    assert found() == []
    refund_there(order, amount, status="failed")
    assert RefundRequest.objects.count() == 2
    services.approve_refund(public_id=waiting.public_id, by=BOSS, at=AT)
    waiting.refresh_from_db()
    view = view_of(waiting.payment, amount, "re_again", "succeeded", waiting)
    refund_news.record_view(view, at=AT)
    order.refresh_from_db()
    assert order.credited_total == order.total
    assert Refund.objects.count() == 2
    assert found() == []


def test_one_that_had_failed_before_we_heard_of_it_ends_nothing():
    order = paid()
    cancel(order)
    refund_there(order, order.paid_total, status="failed")
    assert RefundRequest.objects.get().status == "awaiting_approval"
    assert order.credited_total == 0


def test_only_what_nobody_decided_is_taken_back_by_who_asked():
    order = paid()
    cancel(order)
    request = RefundRequest.objects.get()
    services.approve_refund(public_id=request.public_id, by=BOSS, at=AT)
    refund_news.record_failure(request.pk, "closed", tries=0, at=AT)
    with pytest.raises(Conflict) as refused:
        services.withdraw_refund(public_id=request.public_id, by="system", at=AT)
    assert refused.value.code == "illegal_transition"


def test_what_change_and_end_ask_for_together_is_no_difference():
    """The end is heard before the change: one request is for what is sold and what is not."""
    order = paid()
    owed = edit(order, 1)
    cancel(order)
    ask_for_edit(order, owed)
    settle_documents(order_id=order.pk, at=AT)
    assert [row.amount for row in RefundRequest.objects.all()] == [order.paid_total]
    assert found() == []


def test_a_deposit_that_went_back_is_owed_again():
    """There is no sale yet that it could lower."""
    orders.add_deposit_rule(values=WRITTEN, actor="user:1", at=AT)
    order = place([(make_cake(price="100.00", stock=3), 1, "")])
    deposit = order.deposit_total
    payment = capture(order, deposit, fee=None)
    orders.confirm_payment(
        order_id=order.pk,
        payment_ref=payment.payment_intent,
        amount_minor=int(deposit * 100),
        currency="CAD",
        at=AT,
    )
    for _ in range(2):
        refund_there(order, Decimal("20.00"))
    assert order.status == "deposit_paid"
    assert (order.refunded_total, order.credited_total) == (Decimal("20.00"), 0)
    assert order.balance == order.total - deposit + Decimal("20.00")
    assert found() == []
    cancel(order)
    assert [row.amount for row in RefundRequest.objects.all()] == [deposit - Decimal("20.00")]
    assert found() == []
