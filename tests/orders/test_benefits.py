"""Codes, points and gift cards: in a cart, at checkout, and when the order ends (C1, C2, C5)."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.inventory.models import Stock
from apps.loyalty import selectors as loyalty
from apps.loyalty.models import Coupon, GiftCard, PointsAccount, Promotion
from apps.loyalty.services import code_of
from apps.orders import selectors, services
from apps.orders.models import BoardEvent, Cart, CartEvent, Order
from apps.orders.services.making import ORDER_HOLD_MINUTES
from apps.orders.states import OrderStatus, PaymentOutcome
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, Invalid, NotFound, Refused
from bakery.kernel.models import OutboxMessage
from tests.accounts import people
from tests.loyalty.members import earn, issue, reserve, spend_of
from tests.loyalty.offers import make_coupon, make_promotion
from tests.orders.factories import (
    AT,
    CUSTOMER,
    fill_cart,
    make_cake,
    make_slot,
    make_variant,
    pay,
)
from tests.orders.test_api import error, order_body, post_for_real, send_order

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=ORDER_HOLD_MINUTES + 1)


def view(cart, user_id=None):
    return selectors.cart_view(cart.pk, user_id=user_id, at=AT)


def add(cart, code, user_id=None):
    services.add_code(cart_id=cart.pk, user_id=user_id, code=code, at=AT)


def order(cart, *, total=None, due=None, customer=CUSTOMER):
    return services.place_order(
        cart_id=cart.pk,
        customer=customer,
        slot_id=make_slot().pk,
        expected_total=None if total is None else Decimal(total),
        expected_due=None if due is None else Decimal(due),
        at=AT,
    )


def refusal(cart, **options):
    with pytest.raises((Conflict, Invalid)) as refused:
        order(cart, **options)
    assert not Order.objects.exists()
    return refused.value


@pytest.fixture
def cake():
    return make_cake(price="48.00", stock=5)


@pytest.fixture
def cart(cake):
    return fill_cart([(cake, 1, "")])


@pytest.fixture
def ada():
    return people.customer()


@pytest.fixture
def her_cart(ada, cake):
    cart = services.open_account_cart(user_id=ada.pk, at=AT)
    services.put_line(
        cart_id=cart.pk, user_id=ada.pk, variant_id=cake.pk, quantity=1, message="", at=AT
    )
    return cart


def as_customer(user):
    return services.Customer(name="Ada", email=user.email, user_id=user.pk)


def test_a_coupon_lowers_the_cart_and_the_order_and_is_used(cart):
    coupon = make_coupon("TENOFF", at=AT)
    add(cart, " ten-off ")
    shown = view(cart)
    assert [(x.code, x.applied, x.amount) for x in shown.codes] == [
        ("TENOFF", True, Decimal("4.80"))
    ]
    assert (shown.total, shown.lines[0].discount) == (Decimal("43.20"), Decimal("4.80"))
    placed = order(cart, total="43.20")
    assert (placed.discount_total, placed.total) == (Decimal("4.80"), Decimal("43.20"))
    assert [row["code"] for row in placed.adjustments] == ["TENOFF"]
    assert placed.lines.get().discount == Decimal("4.80")
    coupon.refresh_from_db()
    assert coupon.used == 1
    assert pay(placed) == PaymentOutcome.CONFIRMED


def test_an_order_that_expires_gives_its_coupon_back(cart):
    coupon = make_coupon("ONCE", max_uses=1, at=AT)
    add(cart, "ONCE")
    placed = order(cart)
    assert Coupon.objects.get(pk=coupon.pk).used == 1
    services.expire_overdue(at=LATER)
    assert Coupon.objects.get(pk=coupon.pk).used == 0
    # Paid late while the coupon is free, it is used again.
    assert pay(placed, at=LATER) == PaymentOutcome.CONFIRMED
    assert Coupon.objects.get(pk=coupon.pk).used == 1


def test_a_late_payment_whose_coupon_is_gone_is_given_back(cart, cake):
    make_coupon("ONCE", max_uses=1, at=AT)
    add(cart, "ONCE")
    placed = order(cart)
    services.expire_overdue(at=LATER)
    other = fill_cart([(cake, 1, "")])
    add(other, "ONCE")
    order(other)
    assert pay(placed, at=LATER) == PaymentOutcome.UNFULFILLABLE
    assert Stock.objects.get(pk=cake.pk).reserved == 1


@pytest.mark.parametrize("code", ["NOSUCHCODE", "", "x" * 90, "a\x00b", "💳", "ENDED", "USEDUP"])
def test_unknown_ended_and_used_codes_are_refused_alike(cart, code):
    make_coupon(
        "ENDED",
        promotion=make_promotion(
            needs_code=True, starts_at=AT - timedelta(9), ends_at=AT - timedelta(1), at=AT
        ),
        at=AT,
    )
    used = make_coupon("USEDUP", max_uses=1, at=AT)
    Coupon.objects.filter(pk=used.pk).update(used=1)
    with pytest.raises(Invalid) as refused:
        add(cart, code)
    assert (refused.value.code, refused.value.message) == (
        "code_refused",
        "This code cannot be used.",
    )
    assert refused.value.details == {}
    assert Cart.objects.get(pk=cart.pk).codes == []
    assert CartEvent.objects.filter(cart_id=cart.pk, kind="code_refused").count() == 1


def test_a_code_that_misses_something_says_what_and_a_named_total_is_honoured(cart):
    promotion = make_promotion(needs_code=True, threshold=Decimal("100.00"), at=AT)
    make_coupon("BIGGER", promotion=promotion, at=AT)
    add(cart, "BIGGER")
    (code,) = view(cart).codes
    assert (code.applied, bool(code.message)) == (False, True)
    # Who says nothing of the sum would lose the discount in silence.
    refused = refusal(cart)
    assert refused.code == "code_refused"
    assert [row["code"] for row in refused.details["codes"]] == ["BIGGER"]
    assert order(cart, total="48.00").total == Decimal("48.00")


def test_a_coupon_that_ended_between_cart_and_checkout_is_a_changed_price(cart):
    make_coupon("TENOFF", at=AT)
    add(cart, "TENOFF")
    Promotion.objects.update(ends_at=AT - timedelta(minutes=1), starts_at=AT - timedelta(days=2))
    refused = refusal(cart, total="43.20")
    assert refused.code == "price_changed"
    assert (refused.details["total"], refused.details["due"]) == ("48.00", "48.00")
    breakdown = refused.details["breakdown"]
    assert breakdown["adjustments"] == []
    assert [row["code"] for row in breakdown["codes_refused"]] == ["TENOFF"]


def test_a_gift_card_pays_a_part_and_the_rest_is_asked_for(cart):
    card = issue("30.00", at=AT)
    add(cart, code_of(card=card))
    shown = view(cart)
    assert (shown.total, shown.due) == (Decimal("48.00"), Decimal("18.00"))
    assert [(x.id, x.amount, x.usable) for x in shown.gift_cards] == [
        (card.pk, Decimal("30.00"), True)
    ]
    placed = order(cart, total="48.00", due="18.00")
    assert (placed.gift_card_total, placed.balance) == (Decimal("30.00"), Decimal("18.00"))
    payable = selectors.payable_order(public_id=placed.public_id)
    assert payable.amount_minor == 1800
    assert [line.line_total for line in payable.lines] == [Decimal("18.00")]
    assert pay(placed) == PaymentOutcome.MISMATCH, "the whole total would be too much"


def test_the_rest_of_an_order_with_a_gift_card_is_paid_and_the_card_is_empty(cart):
    card = issue("30.00", at=AT)
    add(cart, code_of(card=card))
    placed = order(cart)
    assert pay(placed, amount=1800) == PaymentOutcome.CONFIRMED
    placed.refresh_from_db()
    assert (placed.paid_total, placed.balance) == (Decimal("18.00"), 0)
    assert GiftCard.objects.get(pk=card.pk).balance == 0


def test_an_order_that_a_gift_card_pays_is_paid_at_once(cart, cake):
    card = issue("50.00", at=AT)
    add(cart, code_of(card=card))
    placed = order(cart, due="0.00")
    assert (placed.status, placed.paid_at, placed.balance) == (OrderStatus.PAID, AT, 0)
    assert placed.transitions.get().actor == "gift_card"
    assert (Stock.objects.get(pk=cake.pk).on_hand, GiftCard.objects.get(pk=card.pk).balance) == (
        4,
        Decimal("2.00"),
    )
    assert BoardEvent.objects.count() == 1
    assert OutboxMessage.objects.filter(kind="orders.paid").exists()
    assert not services.expire_overdue(at=LATER)
    services.cancel_order(order_id=placed.pk, actor="user:1", reason="test", at=AT)
    assert GiftCard.objects.get(pk=card.pk).balance == Decimal("50.00")


def test_an_order_that_costs_nothing_is_paid_at_once(cart):
    make_coupon("FREE", promotion=make_promotion(needs_code=True, value=Decimal(100), at=AT), at=AT)
    add(cart, "FREE")
    placed = order(cart)
    assert (placed.total, placed.status) == (0, OrderStatus.PAID)
    assert placed.transitions.get().actor == "loyalty"


def test_an_empty_gift_card_in_the_cart_is_never_passed_over(cart):
    card = issue("10.00", at=AT)
    add(cart, code_of(card=card))
    GiftCard.objects.filter(pk=card.pk).update(state="blocked")
    assert not view(cart).gift_cards[0].usable
    assert refusal(cart, total="48.00").code == "gift_card_short"
    assert refusal(cart, total="48.00", due="38.00").code == "price_changed"
    assert order(cart, total="48.00", due="48.00").gift_card_total == 0


def test_points_of_the_account_lower_the_price_before_tax(ada, her_cart):
    earn(ada, 400, at=AT - timedelta(days=1))
    services.set_points(cart_id=her_cart.pk, user_id=ada.pk, points=200, at=AT)
    shown = view(her_cart, ada.pk)
    assert (shown.points_used, shown.total) == (200, Decimal("38.00"))
    placed = order(her_cart, customer=as_customer(ada))
    assert (placed.points_spent, placed.discount_total) == (200, Decimal("10.00"))
    assert PointsAccount.objects.get(pk=ada.pk).balance == 200
    services.expire_overdue(at=LATER)
    assert PointsAccount.objects.get(pk=ada.pk).balance == 400


def test_points_that_were_spent_elsewhere_are_a_refusal(ada, her_cart):
    earn(ada, 400, at=AT - timedelta(days=1))
    services.set_points(cart_id=her_cart.pk, user_id=ada.pk, points=400, at=AT)
    reserve(spend_of(ada, 300), at=AT)
    with pytest.raises(Conflict) as refused:
        order(her_cart, customer=as_customer(ada))
    assert (refused.value.code, refused.value.details) == ("points_short", {"available": 100})
    with pytest.raises(Conflict) as refused:
        order(her_cart, customer=as_customer(ada), total="28.00")
    assert refused.value.code == "price_changed"


def test_more_points_than_there_are_or_a_guests_are_refused(ada, her_cart, cart):
    with pytest.raises(Conflict) as short:
        services.set_points(cart_id=her_cart.pk, user_id=ada.pk, points=1, at=AT)
    assert short.value.code == "points_short"
    for user_id in (None, ada.pk):
        with pytest.raises(Refused) as refused:
            services.set_points(cart_id=cart.pk, user_id=user_id, points=1, at=AT)
        assert refused.value.code == "points_need_account"


def test_nobody_changes_the_codes_of_somebody_elses_cart(her_cart):
    make_coupon("TENOFF", at=AT)
    for user_id in (None, people.customer("eve@example.com").pk):
        common = {"cart_id": her_cart.pk, "user_id": user_id, "at": AT}
        for act in (
            lambda common=common: services.add_code(code="TENOFF", **common),
            lambda common=common: services.remove_code(code="TENOFF", **common),
            lambda common=common: services.remove_gift_card(card_id=1, **common),
            lambda common=common: services.set_points(points=0, **common),
        ):
            with pytest.raises(NotFound):
                act()


def test_store_credit_is_its_accounts_only(ada, her_cart, cart):
    code = code_of(card=issue("20.00", user_id=ada.pk, at=AT))
    with pytest.raises(Invalid, match="cannot be used"):
        add(cart, code)
    add(her_cart, code, ada.pk)
    assert view(her_cart, ada.pk).due == Decimal("28.00")


def test_a_cart_takes_five_codes_each_once_and_gives_them_back(cart):
    codes = [f"CODE{number}" for number in range(6)]
    for code in codes:
        make_coupon(code, at=AT)
    for code in [*codes[:5], codes[0], "code-0"]:
        add(cart, code)
    assert Cart.objects.get(pk=cart.pk).codes == codes[:5]
    with pytest.raises(Invalid) as refused:
        add(cart, codes[5])
    assert refused.value.code == "too_many_codes"
    services.remove_code(cart_id=cart.pk, user_id=None, code="code 0", at=AT)
    services.remove_code(cart_id=cart.pk, user_id=None, code="NEVERTHERE", at=AT)
    add(cart, codes[5])
    assert Cart.objects.get(pk=cart.pk).codes == codes[1:]


def test_a_first_order_coupon_is_judged_for_the_mailbox_at_checkout(cart, cake):
    pay(order(fill_cart([(cake, 1, "")])))
    promotion = make_promotion(needs_code=True, first_order_only=True, at=AT)
    make_coupon("WELCOME", promotion=promotion, at=AT)
    add(cart, "WELCOME")
    assert view(cart).total == Decimal("43.20"), "nobody in particular yet"
    with pytest.raises(Conflict) as refused:
        order(cart, total="43.20")
    assert (refused.value.code, refused.value.details["total"]) == ("price_changed", "48.00")


@pytest.mark.parametrize("size", [1, 12])
def test_a_cart_that_uses_nothing_costs_no_query_more(size):
    cart = fill_cart([(make_variant(), 1, "") for _ in range(size)])
    loyalty.offers_for([], codes=(), buyer=None, at=AT)
    with CaptureQueriesContext(connection) as queries:
        view(cart)
    assert len(queries) == 3


# Over HTTP.


def fresh_cart(api, variant):
    cart = api.post("/api/v1/carts").json()["id"]
    body = {"variant_id": variant.pk, "quantity": 1, "message": ""}
    assert api.put(f"/api/v1/carts/{cart}/lines", body, format="json").status_code == 200
    return cart


def try_code(api, cart, code):
    return api.post(f"/api/v1/carts/{cart}/codes", {"code": code}, format="json")


def test_the_api_takes_codes_cards_and_points_and_explains_the_sum(ada, cake):
    now = clock.now()
    make_coupon("TENOFF", at=now)
    card = issue("5.00", at=now)
    earn(ada, 100, at=now)
    api = people.api(people.log_in(ada).access)
    cart = api.get("/api/v1/me/cart").json()["id"]
    line = {"variant_id": cake.pk, "quantity": 1, "message": ""}
    api.put(f"/api/v1/carts/{cart}/lines", line, format="json")
    assert try_code(api, cart, "TENOFF").status_code == 200
    assert try_code(api, cart, code_of(card=card)).status_code == 200
    reply = api.put(f"/api/v1/carts/{cart}/points", {"points": 100}, format="json")
    shown = reply.json()
    assert [(row["kind"], row["amount"]) for row in shown["adjustments"]] == [
        ("coupon", "4.80"),
        ("points", "5.00"),
    ]
    assert (shown["goods_total"], shown["discount_total"]) == ("48.00", "9.80")
    assert (shown["total"], shown["gift_card_total"], shown["due"]) == ("38.20", "5.00", "33.20")
    assert shown["points"] == {"wanted": 100, "used": 100}
    slot = make_slot(now + timedelta(days=7))
    body = order_body(cart, slot, expected_total="38.20", expected_due="33.20", note="No nuts.")
    placed = send_order(api, body).json()
    assert (placed["total"], placed["due"], placed["status"]) == (
        "38.20",
        "33.20",
        "pending_payment",
    )
    again = api.get(f"/api/v1/orders/{placed['public_id']}").json()
    assert again == placed
    assert Order.objects.get().allergy_flag, "the note is read like a message"
    removed = api.get("/api/v1/me/cart").json()["id"]
    assert api.delete(f"/api/v1/carts/{removed}/codes/TENOFF").status_code == 200
    assert api.delete(f"/api/v1/carts/{removed}/gift-cards/{2**70}").status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("codes", {"code": 7}),
        ("codes", {"code": "x" * 101}),
        ("codes", {"code": "a\0b"}),
        ("codes", {}),
        ("points", {"points": -1}),
        ("points", {"points": 2**70}),
        ("points", {"points": "many"}),
        ("points", {"points": float("1e30")}),
    ],
)
def test_nonsense_is_400(cart, path, body):
    api = people.api()
    send = api.put if path == "points" else api.post
    reply = send(f"/api/v1/carts/{cart.pk}/{path}", body, format="json")
    assert reply.status_code == 400, reply.content
    assert not Cart.objects.get(pk=cart.pk).codes


def test_guessing_is_slowed_by_cart_and_by_address(cart, cake, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"code": "3/hour", "code_address": "5/hour"}
    api = people.api()
    replies = [try_code(api, cart.pk, f"GUESS{number}") for number in range(4)]
    assert [error(reply) for reply in replies] == [
        *[(400, "code_refused")] * 3,
        (429, "too_many_requests"),
    ]
    assert int(replies[3]["Retry-After"]) > 0
    other = fresh_cart(api, cake)
    assert [try_code(api, other, "X" * 8).status_code for _ in range(3)] == [400, 400, 429]


def test_what_cannot_be_used_is_answered_alike_over_http(cart):
    now = clock.now()
    used = make_coupon("USEDUP", max_uses=1, at=now)
    Coupon.objects.filter(pk=used.pk).update(used=1)
    ended = make_promotion(
        needs_code=True, starts_at=now - timedelta(9), ends_at=now - timedelta(1), at=now
    )
    make_coupon("ENDED", promotion=ended, at=now)
    api = people.api()
    replies = [try_code(api, cart.pk, code) for code in ("NOSUCH", "USEDUP", "ENDED")]
    bodies = [{**reply.json()["error"], "request_id": ""} for reply in replies]
    assert {reply.status_code for reply in replies} == {400}
    assert bodies[0] == bodies[1] == bodies[2]


@pytest.mark.django_db(transaction=True)
def test_fifty_clients_use_a_coupon_of_one_use_once(live_server, parallel, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "order": "9999/minute", "public": "9999/minute"}
    now = clock.now()
    coupon = make_coupon("ONCE", max_uses=1, at=now)
    cake, slot = make_cake(price="48.00", stock=60), make_slot(now + timedelta(days=7))
    carts = [fill_cart([(cake, 1, "")]) for _ in range(50)]
    for cart in carts:
        add(cart, "ONCE")

    def client(number):
        body = order_body(carts[number].pk, slot, expected_total="43.20")
        return post_for_real(live_server, body, uuid4().hex)

    results = parallel(50, client)
    statuses = [status for status, _ in results]
    assert (statuses.count(201), statuses.count(409)) == (1, 49)
    codes = {body["error"]["code"] for status, body in results if status == 409}
    assert codes <= {"code_refused", "price_changed", "busy"}
    assert Coupon.objects.get(pk=coupon.pk).used == 1
    assert Order.objects.get().total == Decimal("43.20")
    assert Stock.objects.get(pk=cake.pk).reserved == 1
