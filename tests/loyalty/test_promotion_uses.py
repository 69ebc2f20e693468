"""Coupons and promotions in use: who may, how often, and what becomes of a use."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from apps.loyalty import selectors, services
from apps.loyalty.models import Coupon, CustomerUse, Promotion, Redemption
from apps.loyalty.rules.offers import Spend
from apps.loyalty.selectors import Buyer
from bakery.kernel.errors import Conflict
from tests.accounts import people
from tests.loyalty.offers import ADA, AT, NOBODY, basket, make_coupon, make_promotion, quote

pytestmark = pytest.mark.django_db
BOB = Buyer(user_id=None, email="bob@example.com")
REFUSED = ("code_refused", "This code cannot be used.")


def reserve(reference="order:1", *, codes=(), buyer=ADA, lines=None, at=AT):
    """Reserve what is offered for a basket; return it."""
    offers = quote(lines, codes=codes, buyer=buyer, at=at)
    with transaction.atomic():
        services.reserve(
            reference=reference, buyer=buyer, spend=Spend(offers=offers.applied), at=at
        )
    return offers


def step(name, reference="order:1", **fields):
    with transaction.atomic():
        return getattr(services, name)(reference=reference, at=AT, **fields)


def amend(lines, *, reference="order:1", codes=(), buyer=ADA, keep=()):
    offers = quote(lines, codes=codes, buyer=buyer, keep=keep)
    step("amend", reference, buyer=buyer, spend=Spend(offers=offers.applied))
    return offers


def used():
    """How often each promotion, coupon and customer is counted."""
    return (
        list(Promotion.objects.order_by("pk").values_list("used", flat=True)),
        list(Coupon.objects.order_by("pk").values_list("used", flat=True)),
        sorted(CustomerUse.objects.values_list("used", flat=True)),
    )


def refusal(code, **fields):
    (refused,) = quote(codes=[code], **fields).refused
    assert refused.code == code
    return refused.reason, refused.message


# --- quoting ------------------------------------------------------------------------------------


def test_a_coupon_in_any_spelling_and_an_automatic_promotion_are_applied():
    make_promotion(name="Summer", value=Decimal(5))
    coupon = make_coupon("TENOFF")
    offers = quote(codes=["ten-off"])
    assert [(offer.label, offer.code, offer.amount) for offer in offers.applied] == [
        ("Summer", "", Decimal("1.00")),
        ("Ten off", "TENOFF", Decimal("1.90")),
    ]
    assert offers.applied[1].coupon_id == coupon.pk
    assert offers.refused == ()
    assert quote(codes=["TENOFF", "ten off"]) == offers
    assert not Redemption.objects.exists()


def test_unknown_expired_used_and_foreign_codes_are_refused_alike():
    make_coupon("OVER", promotion=make_promotion(needs_code=True, ends_at=AT))
    make_coupon("EARLY", promotion=make_promotion(needs_code=True, starts_at=AT + timedelta(1)))
    make_coupon("OFFNOW", promotion=make_promotion(needs_code=True, is_active=False))
    used_up = make_coupon("USEDUP", max_uses=1)
    Coupon.objects.filter(pk=used_up.pk).update(used=1)
    spent = make_promotion(needs_code=True, max_uses=1)
    make_coupon("SPENT", promotion=spent)
    Promotion.objects.filter(pk=spent.pk).update(used=1)
    make_coupon("BOBS", email="bob@example.com")
    make_coupon("THEIRS", user_id=people.customer().pk)
    switched = make_coupon("SWITCHED")
    services.switch_coupon(coupon_id=switched.pk, is_active=False, actor="user:1", at=AT)
    mine = make_coupon("MINE", promotion=make_promotion(needs_code=True, per_customer_limit=1))
    assert quote(codes=["MINE"]).refused == ()
    reserve(codes=["MINE"])
    codes = ["NOSUCH", "OVER", "EARLY", "OFFNOW", "USEDUP", "SPENT", "BOBS", "THEIRS", "SWITCHED",
             mine.code, "", "a\x00b", "x" * 5000]  # fmt: skip
    for code in codes:
        assert refusal(code) == REFUSED
    for code in ("NOSUCH", "OVER", "EARLY", "OFFNOW", "USEDUP", "SPENT", "SWITCHED", "\x00"):
        assert not selectors.code_is_known(code, at=AT)
    assert selectors.code_is_known("bobs", at=AT)


def test_a_coupon_of_somebody_works_for_them_alone():
    user = people.customer()
    make_coupon("BOBS", email="bob+shop@Example.com")
    make_coupon("ADAS", user_id=user.pk)
    assert quote(codes=["BOBS"], buyer=BOB).refused == ()
    assert quote(codes=["ADAS"], buyer=Buyer(user.pk, user.email)).refused == ()
    for buyer in (None, NOBODY, Buyer(None, user.email)):
        assert quote(codes=["ADAS"], buyer=buyer).refused[0].reason == "code_refused"


def test_a_code_that_is_good_says_what_the_basket_lacks():
    make_coupon("FIFTY", promotion=make_promotion(needs_code=True, threshold=Decimal(26)))
    assert refusal("FIFTY") == ("spend_more", "Add $6.00 more.")
    assert refusal("FIFTY", lines=[])[0] == "nothing_in_scope"
    make_promotion(name="Half", value=Decimal(50), exclusive=True)
    make_coupon("SMALL")
    reason, message = refusal("SMALL")
    assert (reason, "Half" in message) == ("not_combined", True)


def test_two_codes_of_one_promotion_are_one_offer():
    promotion = make_promotion(needs_code=True)
    make_coupon("FIRST", promotion=promotion)
    make_coupon("SECOND", promotion=promotion)
    for codes in (["FIRST", "SECOND"], ["SECOND", "FIRST"]):
        offers = quote(codes=codes)
        assert [offer.code for offer in offers.applied] == ["FIRST"]
        assert [(r.code, r.reason) for r in offers.refused] == [("SECOND", "not_combined")]


def test_a_window_opens_and_closes_to_the_second():
    start = AT + timedelta(hours=1)
    make_promotion(starts_at=start, ends_at=start + timedelta(hours=1))
    second = timedelta(seconds=1)
    for moment, count in ((start - second, 0), (start, 1), (start + timedelta(hours=1), 0)):
        assert len(quote(at=moment).applied) == count


def test_a_first_order_is_asked_of_whoever_has_orders(monkeypatch):
    from apps.loyalty.selectors import promotions

    bought = {"ada@example.com"}
    monkeypatch.setattr(promotions, "_sources", [])
    selectors.answer_first_order_with(lambda user_id, email: email in bought)
    make_coupon("WELCOME", promotion=make_promotion(needs_code=True, first_order_only=True))
    assert refusal("WELCOME") == REFUSED
    assert quote(codes=["WELCOME"], buyer=None).refused == ()
    reserve(codes=["WELCOME"], buyer=BOB)
    # a first order happens once, also while it is not paid yet
    assert quote(codes=["WELCOME"], buyer=BOB).refused[0].reason == "code_refused"


def test_the_automatic_one_that_is_used_up_is_not_offered():
    make_promotion(max_uses=1)
    assert len(quote().applied) == 1
    reserve()
    assert quote(buyer=BOB).applied == ()


# --- limits -------------------------------------------------------------------------------------


def test_a_customer_is_an_account_or_a_mailbox_in_any_spelling():
    user = people.customer("ada@example.com")
    make_promotion(per_customer_limit=1)
    reserve(buyer=Buyer(user.pk, "ADA+1@example.com"))
    for buyer in (ADA, Buyer(user.pk, "other@example.com"), Buyer(None, "ada+2@example.com")):
        assert quote(buyer=buyer).applied == ()
    assert len(quote(buyer=BOB).applied) == 1


def test_somebody_without_a_name_at_the_counter_is_not_limited():
    make_promotion(per_customer_limit=1)
    for number in range(2):
        assert len(reserve(f"order:{number}", buyer=NOBODY).applied) == 1
    assert used() == ([2], [], [])


def test_what_was_promised_may_be_gone_when_it_is_taken():
    coupon = make_coupon("LAST", max_uses=1)
    offers = quote(codes=["LAST"])
    reserve("order:1", codes=["LAST"])
    with pytest.raises(Conflict) as refused, transaction.atomic():
        services.reserve(reference="order:2", buyer=BOB, spend=Spend(offers.applied), at=AT)
    assert (refused.value.code, refused.value.details["code"]) == ("code_refused", "LAST")
    assert used() == ([1], [1], [1])
    assert Redemption.objects.get().coupon == coupon


def test_what_ended_in_the_meantime_is_not_taken():
    promotion = make_promotion()
    offers = quote()
    services.switch_promotion(promotion_id=promotion.pk, is_active=False, actor="user:1", at=AT)
    with pytest.raises(Conflict), transaction.atomic():
        services.reserve(reference="order:1", buyer=ADA, spend=Spend(offers.applied), at=AT)
    assert used() == ([0], [], [])


# --- the life of a use --------------------------------------------------------------------------


def states():
    rows = Redemption.objects.order_by("promotion_id")
    return [row.state for row in rows], [
        [(move.old, move.new) for move in row.history.all()] for row in rows
    ]


def test_paid_is_used_and_called_off_is_given_back_once():
    make_coupon("ONCE", max_uses=1)
    reserve(codes=["ONCE"])
    step("consume")
    step("consume")
    assert used() == ([1], [1], [1])
    step("release", reason="expired")  # not what was paid
    assert used() == ([1], [1], [1])
    step("give_back", reason="cancelled")
    step("give_back", reason="cancelled")
    assert used() == ([0], [0], [0])
    moves = [("reserved", "consumed"), ("consumed", "released")]
    assert states() == (["released"], [moves])
    assert quote(codes=["ONCE"], buyer=BOB).refused == ()


def test_given_up_unpaid_is_free_again_and_a_late_payment_takes_it_again():
    make_coupon("ONCE", max_uses=1)
    reserve(codes=["ONCE"])
    step("release", reason="expired")
    step("release", reason="expired")
    assert used() == ([0], [0], [0])
    assert step("retake")
    assert used() == ([1], [1], [1])
    assert states()[0] == ["consumed"]


def test_a_late_payment_finds_the_use_gone():
    make_coupon("ONCE", max_uses=1)
    reserve(codes=["ONCE"])
    step("release", reason="expired")
    reserve("order:2", codes=["ONCE"], buyer=BOB)
    with transaction.atomic():
        assert not services.retake(reference="order:1", at=AT)
        transaction.set_rollback(True)
    assert used()[0] == [1]


def test_a_late_payment_does_not_ask_the_window_again():
    promotion = make_promotion()
    reserve()
    step("release", reason="expired")
    services.change_promotion(
        promotion_id=promotion.pk, values={"ends_at": AT}, actor="user:1", at=AT
    )
    assert step("retake")


def test_an_edit_takes_gives_and_changes_amounts():
    make_promotion(name="Ten")
    five = make_promotion(
        name="Five", kind="amount", value=Decimal(5), threshold=Decimal(50), per_customer_limit=1
    )
    reserve(lines=basket(("30.00", 1)))
    step("consume")
    keep = [row.promotion_id for row in Redemption.objects.all()]
    amend(basket(("60.00", 1)), keep=keep)
    assert used() == ([1, 1], [], [1, 1])
    rows = Redemption.objects.order_by("promotion_id").values_list("amount", "state")
    assert list(rows) == [(Decimal("6.00"), "consumed"), (Decimal("5.00"), "consumed")]
    amend(basket(("40.00", 1)), keep=[*keep, five.pk])
    assert used() == ([1, 0], [], [0, 1])
    assert states()[0] == ["consumed", "released"]
    # and again above the threshold: the same row comes back
    amend(basket(("70.00", 1)), keep=keep)
    assert used() == ([1, 1], [], [1, 1])
    step("give_back", reason="cancelled")
    assert used() == ([0, 0], [], [0, 0])


def test_what_an_edit_dropped_does_not_return_with_a_late_payment():
    make_promotion(name="Ten")
    make_promotion(name="Five", kind="amount", value=Decimal(5), threshold=Decimal(50))
    reserve(lines=basket(("60.00", 1)))
    amend(basket(("20.00", 1)))
    assert used()[0] == [1, 0]
    step("release", reason="expired")
    assert step("retake")
    assert used()[0] == [1, 0]


def test_the_first_promotion_of_a_paid_sale_comes_by_an_edit():
    make_promotion(threshold=Decimal(50))
    reserve()
    amend(basket(("60.00", 1)))
    step("consume")
    assert states()[0] == ["consumed"]


def test_an_edit_keeps_what_ended_since(django_assert_max_num_queries):
    promotion = make_promotion(needs_code=True)
    make_coupon("KEPT", promotion=promotion, max_uses=1)
    reserve(codes=["KEPT"])
    services.change_promotion(
        promotion_id=promotion.pk, values={"ends_at": AT}, actor="user:1", at=AT
    )
    assert quote(codes=["KEPT"]).applied == ()
    with django_assert_max_num_queries(3):
        assert quote(codes=["KEPT"], keep=[promotion.pk]).applied[0].amount == Decimal("2.00")
    # also without its code
    assert quote(keep=[promotion.pk]).applied[0].amount == Decimal("2.00")
    amend(basket(("30.00", 1)), keep=[promotion.pk])
    row = Redemption.objects.get()
    assert (row.amount, row.code, used()) == (Decimal("3.00"), "KEPT", ([1], [1], [1]))


def test_a_step_without_uses_does_nothing():
    for name in ("consume", "release", "give_back", "retake"):
        extra = {"reason": "x"} if name in ("release", "give_back") else {}
        assert step(name, "order:none", **extra) in (None, True)
    assert used() == ([], [], [])


# --- the price of asking ------------------------------------------------------------------------


def test_a_cart_without_promotions_and_codes_asks_the_database_nothing(
    django_assert_num_queries,
):
    quote()
    with django_assert_num_queries(0):
        quote()
    make_promotion()
    quote()
    with django_assert_num_queries(0):
        assert len(quote().applied) == 1


@pytest.mark.parametrize("count", [1, 6])
def test_three_queries_at_most_whatever_there_is(django_assert_max_num_queries, count):
    for number in range(count):
        make_promotion(max_uses=9, per_customer_limit=3, first_order_only=True)
        make_coupon(
            f"CODE{number}",
            promotion=make_promotion(needs_code=True, per_customer_limit=2, first_order_only=True),
        )
    codes = [f"CODE{number}" for number in range(count)]
    quote(codes=codes)
    with django_assert_max_num_queries(3) as asked:
        assert len(quote(codes=codes).applied) == 2 * count
    assert len(asked) == 3
