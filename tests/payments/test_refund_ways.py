"""What a refund gives back beside the card's money: cash, gift cards, points, coupons, goods."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.inventory.models import Stock
from apps.inventory.selectors import ledger_differences
from apps.loyalty.models import Coupon, GiftCard, PointsLot
from apps.loyalty.selectors import loyalty_differences
from apps.orders import services as orders
from apps.orders.models import Cart, Order, SaleCredit
from apps.orders.states import TenderKind
from apps.payments import services
from apps.payments.models import Refund, RefundRequest
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.models import OutboxMessage
from tests.loyalty.members import issue, make_member
from tests.loyalty.offers import make_coupon, make_promotion
from tests.orders.factories import CUSTOMER, fill_cart, make_slot, make_variant
from tests.payments.refund_steps import ASKER, BOSS, approve, ask, money_state, send, sums

pytestmark = pytest.mark.django_db


def take_cash(order, amount=None, ref="slip"):
    orders.take_tender(
        order_id=order.pk,
        kind=TenderKind.CASH,
        amount=order.balance if amount is None else Decimal(amount),
        ref=ref,
        actor=ASKER,
        at=clock.now(),
    )
    order.refresh_from_db()
    return order


def place(lines, *, card=None, codes=(), user=None) -> Order:
    """Return an order that a gift card may pay a part of."""
    at = clock.now()
    cart = fill_cart([(variant, quantity, "") for variant, quantity in lines], at=at)
    Cart.objects.filter(pk=cart.pk).update(
        gift_cards=[card.pk] if card else [], codes=list(codes), user=user
    )
    return orders.place_order(
        cart_id=cart.pk,
        customer=orders.Customer(
            name=CUSTOMER.name,
            email=CUSTOMER.email,
            phone=CUSTOMER.phone,
            user_id=user.pk if user else None,
        ),
        slot_id=make_slot(at.replace(microsecond=0) + timedelta(days=7)).pk,
        expected_total=None,
        expected_due=None,
        at=at,
    )


def hand_out(order):
    at = clock.now()
    given = {"order_id": order.pk, "actor": ASKER, "at": at}
    orders.start_production(**given)
    orders.mark_ready(**given)
    orders.mark_collected(proof=orders.Proof(reason="known", taken_by="Ada"), **given)
    order.refresh_from_db()


def by_hand(request, ref="slip 9"):
    services.give_back_by_hand(
        public_id=request.public_id, by=BOSS, till="cash", how_ref=ref, at=clock.now()
    )


def test_cash_is_given_back_by_hand_after_approval():
    order = take_cash(place([(make_variant(price="10.00"), 1)]))
    (request,) = ask(order, "4.00")
    assert request.way == "by_hand"
    with pytest.raises(Conflict):
        by_hand(request)
    approve(request)
    assert not OutboxMessage.objects.filter(kind="payments.refund_approved").exists()
    with pytest.raises(Invalid):
        by_hand(request, ref=" ")
    by_hand(request)
    with pytest.raises(Conflict):
        by_hand(request)
    row = Refund.objects.get()
    assert (row.way, row.given_by, row.payment) == ("by_hand", BOSS, None)
    assert sums(order) == {"credited": "4.00", "refunded": "4.00", "balance": "0.00"}


def test_money_goes_back_the_way_it_came_and_gift_cards_are_last():
    card = issue("5.00")
    order = take_cash(place([(make_variant(price="10.00", stock=5), 1)], card=card))
    total = order.total
    requests = ask(order, lines=[(1, 1)])
    assert [(row.way, row.amount) for row in requests] == [
        ("by_hand", total - 5),
        ("gift_card", Decimal("5.00")),
    ]
    shares = [share for row in requests for share in row.lines]
    assert sum(Decimal(share["amount"]) for share in shares) == total
    assert sum(Decimal(share["tax"]) for share in shares) == order.tax_total
    assert [share["quantity"] for share in shares] == [1, 0]
    for row in requests:
        approve(row)
    by_hand(requests[0])
    send(requests[1])
    send(requests[1])
    card = GiftCard.objects.get(pk=card.pk)
    assert card.balance == Decimal("5.00")
    assert sums(order) == {"credited": str(total), "refunded": str(total), "balance": "0.00"}
    lowered = SaleCredit.objects.all()
    assert sum(row.tax for row in lowered) == order.tax_total
    assert loyalty_differences() == []


def test_a_part_on_the_gift_card_leaves_the_rest_for_the_end():
    card = issue("5.00")
    order = take_cash(place([(make_variant(price="10.00", stock=5), 1)], card=card))
    cash = order.paid_total
    by_hand_, on_card = [approve(row) for row in ask(order, cash + 2)]
    by_hand(by_hand_)
    send(on_card)
    assert GiftCard.objects.get(pk=card.pk).balance == Decimal("2.00")
    orders.cancel_order(order_id=order.pk, actor=ASKER, reason="x", at=clock.now())
    services.request_refunds(order_id=order.pk, by="system", at=clock.now())
    assert RefundRequest.objects.count() == 2
    assert GiftCard.objects.get(pk=card.pk).balance == Decimal("5.00")
    state = money_state(order)
    assert (state["credited"], state["refunded"]) == (str(order.total), str(cash + 2))
    assert loyalty_differences() == []


def test_what_gift_cards_paid_of_a_cancelled_order_lowers_its_sale_at_once():
    card = issue("5.00")
    order = take_cash(place([(make_variant(price="10.00", stock=5), 1)], card=card))
    orders.cancel_order(order_id=order.pk, actor=ASKER, reason="x", at=clock.now())
    services.request_refunds(order_id=order.pk, by="system", at=clock.now())
    assert sums(order)["credited"] == "5.00"
    (request,) = RefundRequest.objects.all()
    approve(request)
    by_hand(request)
    assert sums(order)["credited"] == str(order.total)
    assert sum(row.tax for row in SaleCredit.objects.all()) == order.tax_total


def test_what_waits_for_a_gift_card_keeps_no_cash_back_when_the_order_ends():
    order = take_cash(place([(make_variant(price="10.00", stock=5), 1)], card=issue("5.00")))
    cash = order.paid_total
    first, on_card = ask(order, cash + 2)
    services.reject_refund(public_id=first.public_id, by=BOSS, note="No.", at=clock.now())
    approve(on_card)
    orders.cancel_order(order_id=order.pk, actor=ASKER, reason="x", at=clock.now())
    services.request_refunds(order_id=order.pk, by="system", at=clock.now())
    assert RefundRequest.objects.get(reason="order_cancelled").amount == cash


def test_gift_cards_that_got_it_back_by_the_end_get_it_once():
    card = issue("50.00")
    order = place([(make_variant(price="10.00", stock=5), 1)], card=card)
    order.refresh_from_db()
    (request,) = [approve(row) for row in ask(order, "3.00")]
    orders.cancel_order(order_id=order.pk, actor=ASKER, reason="x", at=clock.now())
    send(request)
    assert (request.status, request.failure) == ("failed", "the gift cards got it back before")
    assert GiftCard.objects.get(pk=card.pk).balance == Decimal("50.00")
    assert not Refund.objects.exists()


def test_points_that_refunded_goods_earned_are_taken_back():
    ada = make_member(at=clock.now())
    order = take_cash(place([(make_variant(price="10.00", stock=9), 4)], user=ada))
    hand_out(order)
    earned = PointsLot.objects.get(ref=order.hold_reference)
    assert earned.points > 0
    (request,) = [approve(row) for row in ask(order, lines=[(1, 1)], reason="goods")]
    by_hand(request)
    earned.refresh_from_db()
    assert earned.taken_back == earned.points // 4
    (rest,) = [approve(row) for row in ask(order)]
    by_hand(rest)
    earned.refresh_from_db()
    assert earned.taken_back == earned.points
    assert loyalty_differences() == []


def test_what_went_back_before_goods_are_handed_out_earns_nothing():
    ada = make_member(at=clock.now())
    order = take_cash(place([(make_variant(price="10.00", stock=9), 4)], user=ada))
    (request,) = [approve(row) for row in ask(order, lines=[(1, 2)])]
    by_hand(request)
    hand_out(order)
    earned = PointsLot.objects.get(ref=order.hold_reference)
    assert earned.taken_back == earned.points // 2


def test_a_coupon_stays_used_unless_all_goes_back():
    make_coupon(promotion=make_promotion(needs_code=True, at=clock.now()), max_uses=2)
    order = take_cash(place([(make_variant(price="10.00", stock=9), 2)], codes=["TENOFF"]))
    assert order.discount_total > 0
    (first,) = [approve(row) for row in ask(order, lines=[(1, 1)])]
    by_hand(first)
    assert Coupon.objects.get().used == 1
    (rest,) = [approve(row) for row in ask(order)]
    by_hand(rest)
    assert Coupon.objects.get().used == 0
    assert sums(order)["balance"] == "0.00"


def test_whole_goods_are_sold_again_and_made_to_order_ones_are_not(drain_outbox):
    bun = make_variant(price="10.00", stock=5)
    bespoke = make_variant(price="10.00", made_to_order=True)
    order = take_cash(place([(bun, 2), (bespoke, 1)]))
    with pytest.raises(Invalid) as early:
        ask(order, lines=[(1, 1)], goods_back=True)
    assert early.value.code == "bad_goods_back"
    hand_out(order)
    (request,) = [approve(row) for row in ask(order, lines=[(1, 2), (2, 1)], goods_back=True)]
    by_hand(request)
    drain_outbox()
    services.take_goods_back(refund_id=Refund.objects.get().pk, at=clock.now())
    assert Stock.objects.get(pk=bun.pk).on_hand == 5
    assert not Stock.objects.filter(pk=bespoke.pk, on_hand__gt=0).exists()
    assert ledger_differences() == []


def test_an_order_that_is_not_paid_or_ended_has_nothing_to_ask_for():
    order = place([(make_variant(price="10.00", stock=5), 1)])
    with pytest.raises(Conflict) as unpaid:
        ask(order, "1.00")
    take_cash(order)
    orders.cancel_order(order_id=order.pk, actor=ASKER, reason="x", at=clock.now())
    with pytest.raises(Conflict) as ended:
        ask(order, "1.00")
    assert {unpaid.value.code, ended.value.code} == {"not_refundable"}


def test_what_is_left_is_asked_for_by_so_many_questions_whatever_there_is(
    django_assert_max_num_queries,
):
    for lines in (1, 3):
        variants = [(make_variant(price="10.00", stock=5), 2) for _ in range(lines)]
        order = take_cash(place(variants), ref=f"slip-{lines}")
        for position in range(1, lines + 1):
            ask(order, lines=[(position, 1)], reference=f"r-{position}")
        with django_assert_max_num_queries(11):
            services.preview_refund(order_id=order.pk)
