"""Codes, points and gift cards on the pages, and mails that say how a sum came about."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from apps.loyalty.services import code_of
from apps.orders import handlers, selectors, services
from apps.orders.events import OrderPaid, OrderPlaced
from apps.orders.models import Cart, Order
from apps.orders.states import OrderStatus
from bakery.kernel import clock
from tests.accounts import people
from tests.loyalty.members import earn, issue
from tests.loyalty.offers import make_coupon, make_promotion
from tests.orders.factories import fill_cart, make_cake, make_slot, pay
from tests.orders.test_pages import PERSON, add, checkout_form, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def shopper():
    shopper = Client()
    add(shopper, make_cake(price="48.00", stock=9))
    return shopper


@pytest.fixture
def slot():
    return make_slot(clock.now() + timedelta(days=7))


def send(shopper, path, **data):
    return text_of(shopper.post(f"/cart/{path}/", data, follow=True))


def form_of(shopper, slot, **changes):
    page = text_of(shopper.get("/checkout/"))
    due = re.search(r'name="expected_due" value="([^"]*)"', page)[1]
    return checkout_form(shopper, slot, expected_due=due, **changes)


def rows(page):
    found = re.findall(r'<th scope="row"[^>]*>([^<]*)</th><td[^>]*>([^<]*)</td>', page)
    return [(label, amount) for label, amount in found]


def test_a_coupon_is_added_explained_and_removed(shopper):
    make_coupon("TENOFF", at=clock.now())
    page = send(shopper, "codes", code="ten off")
    assert rows(page) == [
        ("Goods", "$48.00"),
        ("Ten off (TENOFF)", "-$4.80"),
        ("Subtotal", "$43.20"),
        ("Tax", "none"),
        ("Total", "$43.20"),
    ]
    assert "-$4.80" in page
    page = send(shopper, "codes/remove", code="TENOFF")
    assert rows(page)[-1] == ("Total", "$48.00")


@pytest.mark.parametrize("code", ["NOSUCH", "<b>x</b>", "x" * 200, "", "a\0b"])
def test_a_code_that_cannot_be_used_is_said_on_the_page(shopper, code):
    page = send(shopper, "codes", code=code)
    assert 'class="notice notice-error"' in page
    assert "<b>x</b>" not in page
    assert Cart.objects.get().codes == []


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("gift-cards/remove", {"card_id": "x"}),
        ("gift-cards/remove", {"card_id": str(2**80)}),
        ("points", {"points": "many"}),
        ("points", {"points": str(10**30)}),
        ("points", {"points": "5"}),
        ("codes/remove", {}),
    ],
)
def test_nonsense_leads_back_to_the_cart(shopper, path, data):
    assert "Your cart" in send(shopper, path, **data)
    assert Cart.objects.get().points == 0


def test_without_a_cart_there_is_nothing_to_lower():
    assert "nothing in your cart" in send(Client(), "codes", code="TENOFF")


def test_guessing_on_the_page_is_slowed(shopper, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"code": "2/hour"}
    pages = [send(shopper, "codes", code=f"GUESS{number}") for number in range(3)]
    assert ["Too many attempts" in page for page in pages] == [False, False, True]


def test_a_gift_card_that_pays_all_makes_the_order_certain(shopper, slot):
    card = issue("60.00", at=clock.now())
    page = send(shopper, "codes", code=code_of(card=card))
    assert "Nothing is left to pay" in page
    assert rows(page)[-2:] == [(f"Gift card …{card.last4}", "-$48.00"), ("To pay", "$0.00")]
    reply = shopper.post("/checkout/", form_of(shopper, slot))
    order = Order.objects.get()
    assert (reply.status_code, order.status) == (303, OrderStatus.PAID)
    page = text_of(shopper.get(reply["Location"]))
    assert "Your order is certain" in page
    assert "/pay/" not in page
    assert send_mails(order) == ["orders/mail/order_paid"]


def send_mails(order):
    """Return the templates of the mails that placing and paying the order sends."""
    sent = []
    common = {"order_id": order.pk, "number": order.number}
    wrote = handlers.notifications.send_mail
    handlers.notifications.send_mail = lambda *, template, **_: sent.append(template)
    try:
        handlers.mail_received(OrderPlaced(**common), at=clock.now())
        if order.paid_at:
            handlers.mail_paid(OrderPaid(**common, has_cake=True), at=clock.now())
    finally:
        handlers.notifications.send_mail = wrote
    return sent


def test_a_gift_card_for_a_part_leaves_the_rest_to_pay(shopper, slot):
    card = issue("30.00", at=clock.now())
    send(shopper, "codes", code=code_of(card=card))
    shopper.post("/checkout/", form_of(shopper, slot))
    order = Order.objects.get()
    page = text_of(shopper.get(f"/orders/{order.public_id}/"))
    assert "Pay $18.00" in page
    assert rows(page)[-2:] == [("Gift card", "-$30.00"), ("To pay", "$18.00")]
    assert send_mails(order) == ["orders/mail/order_received"]
    page = send(shopper, "gift-cards/remove", card_id=card.pk)
    assert "nothing in your cart" in page, "it was ordered"


def test_what_is_agreed_to_the_second_time_is_what_is_compared(shopper, slot):
    now = clock.now()
    earlier = fill_cart([(make_cake(price="20.00"), 1, "")], at=now)
    customer = services.Customer(**PERSON)
    paid = services.place_order(
        cart_id=earlier.pk, customer=customer, slot_id=slot.pk, expected_total=None, at=now
    )
    pay(paid, at=now)
    promotion = make_promotion(needs_code=True, first_order_only=True, at=now)
    make_coupon("WELCOME", promotion=promotion, at=now)
    send(shopper, "codes", code="WELCOME")
    form = form_of(shopper, slot)
    assert form["expected_total"] == "43.20", "who orders is not known yet"
    reply = shopper.post("/checkout/", form)
    page = text_of(reply)
    assert reply.status_code == 409
    assert "The price changed" in page
    assert 'name="expected_total" value="48.00"' in page
    assert 'name="expected_due" value="48.00"' in page
    agreed = {**form, "expected_total": "48.00", "expected_due": "48.00"}
    assert shopper.post("/checkout/", agreed).status_code == 303
    assert Order.objects.latest("pk").discount_total == 0


def test_points_are_offered_to_their_account_only(shopper):
    assert "Use points" not in text_of(shopper.get("/cart/"))
    ada = people.customer()
    earn(ada, 400, at=clock.now())
    hers = people.browser(ada)
    add(hers, make_cake(price="48.00"))
    assert "You have 400, worth $20.00" in text_of(hers.get("/cart/"))
    page = send(hers, "points", points="200")
    assert ("200 points", "-$10.00") in rows(page)
    assert "Up to 400" in page
    assert "You have 400 points." in send(hers, "points", points="401")
    assert rows(send(hers, "points", points=""))[-1] == ("Total", "$48.00")


def test_a_note_is_kept_with_the_order_and_shown_again_after_an_error(shopper, slot):
    form = form_of(shopper, slot, note="Ring twice, <b>please</b>", name="")
    page = text_of(shopper.post("/checkout/", form))
    assert "Ring twice, &lt;b&gt;please&lt;/b&gt;" in page
    shopper.post("/checkout/", {**form, "name": "Ada"})
    assert Order.objects.get().customer_note == "Ring twice, <b>please</b>"


def test_mails_say_how_the_sum_came_about(shopper, slot):
    make_coupon("TENOFF", at=clock.now())
    send(shopper, "codes", code="TENOFF")
    shopper.post("/checkout/", form_of(shopper, slot))
    context = selectors.mail_of(Order.objects.get().pk, at=clock.now()).context
    assert [(row["label"], row["amount"]) for row in context["sums"]][:2] == [
        ("Goods", "$48.00"),
        ("Ten off (TENOFF)", "-$4.80"),
    ]
    assert context["lines"][0]["discount"] == "-$4.80"
