"""Codes from the command line, the demo's promotions, and what orders answer about buyers."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.loyalty.models import Coupon, Promotion
from apps.loyalty.selectors import Buyer
from apps.orders.models import Order
from apps.orders.selectors.first_orders import has_paid_before
from bakery.demo.promotions import seed_promotions
from bakery.kernel import clock
from tests.accounts import people
from tests.loyalty.offers import AT, make_coupon, make_promotion, quote
from tests.orders.factories import AT as TODAY
from tests.orders.factories import make_cake, pay, place

pytestmark = pytest.mark.django_db


def test_a_command_prints_new_codes():
    row, out = make_promotion(needs_code=True), StringIO()
    call_command("make_coupons", row.pk, 3, prefix="fair", batch="Fair", stdout=out)
    head, *lines = out.getvalue().splitlines()
    assert head == "code,uses,batch"
    assert {line.split(",")[0] for line in lines} == set(
        Coupon.objects.filter(batch="Fair").values_list("code", flat=True)
    )
    for arguments in ((row.pk, 0), (row.pk, 5001), (999999, 1), (make_promotion().pk, 1)):
        with pytest.raises(CommandError):
            call_command("make_coupons", *arguments, stdout=out)
    assert Coupon.objects.count() == 3


def test_the_demo_gets_its_promotions_once():
    at = clock.now()
    assert (seed_promotions(at=at), seed_promotions(at=at)) == (2, 0)
    assert sorted(Coupon.objects.values_list("code", flat=True)) == ["FIVEOFF", "WELCOME10"]
    assert not Promotion.objects.filter(needs_code=False).exists()  # there is no cupcake here


def test_a_first_order_is_one_before_which_nothing_was_paid():
    assert not has_paid_before(None, "ada@example.com")
    order = place([(make_cake(), 1, "")], at=TODAY)
    assert not has_paid_before(None, "ada@example.com")
    pay(order, at=TODAY)
    for email in ("ada@example.com", "ADA@example.com", " ada@example.com"):
        assert has_paid_before(None, email)
    assert not has_paid_before(None, "bob@example.com")
    assert not has_paid_before(None, "")
    user = people.customer("other@example.com")
    assert not has_paid_before(user.pk, user.email)
    Order.objects.filter(pk=order.pk).update(user=user)
    assert has_paid_before(user.pk, "new@example.com")


def test_a_welcome_is_for_whoever_has_not_bought():
    make_coupon("WELCOME", promotion=make_promotion(needs_code=True, first_order_only=True))
    ada = Buyer(None, "ada@example.com")
    assert quote(codes=["WELCOME"], buyer=ada, at=AT).refused == ()
    pay(place([(make_cake(), 1, "")], at=TODAY), at=TODAY)
    assert quote(codes=["WELCOME"], buyer=ada, at=AT).refused[0].reason == "code_refused"
