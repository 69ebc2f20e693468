"""Links that bring a cart back, to whom they do not, and what programs do to them."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.orders import services as orders
from apps.orders.models import Cart
from apps.recovery.models import RecoveryAttempt
from apps.recovery.services import tokens
from bakery.kernel import clock
from tests.accounts import people
from tests.orders.factories import fill_cart, make_slot, make_variant
from tests.recovery.factories import HOUR, MAILBOX, agree, hold, leave, leave_account, remind

pytestmark = pytest.mark.django_db
API = "/api/v1/carts/restore"


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def attempt(now):
    """A reminder of a guest's cart that was left two hours ago."""
    hold()
    make_slot(now + timedelta(days=7))
    return remind(leave(at=now - 2 * HOUR), at=now - HOUR)


def path_of(attempt):
    return f"/cart/restore/{tokens.token_of(attempt)}/"


def text_of(response):
    return response.content.decode()


def clicked(attempt):
    attempt.refresh_from_db()
    return attempt.clicked_at is not None, attempt.restored_at is not None


def test_a_guest_gets_the_cart_back_with_a_button(attempt):
    browser = Client()
    page = browser.get(path_of(attempt))
    assert page.status_code == 200
    assert "Thing" in text_of(page)
    assert "cart" not in page.cookies  # opening the link takes nothing over
    assert page["Referrer-Policy"] == "same-origin"
    assert clicked(attempt) == (True, False)
    page = browser.post(path_of(attempt), follow=True)
    assert "Your cart is back" in text_of(page)
    assert 'name="quantity"' in text_of(page)
    assert clicked(attempt) == (True, True)
    first = attempt.restored_at
    browser.post(path_of(attempt))
    attempt.refresh_from_db()
    assert attempt.restored_at == first


def test_programs_that_look_ahead_are_not_counted(attempt):
    Client().head(path_of(attempt))
    Client().get(path_of(attempt), headers={"Sec-Purpose": "prefetch;prerender"})
    Client().get(path_of(attempt), headers={"Purpose": "prefetch"})
    assert clicked(attempt) == (False, False)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: "9" + token,
        lambda token: token.split("-")[0],
        lambda token: "-" + token,
        lambda token: "9" * 400 + "-x",
        lambda token: "\N{ARABIC-INDIC DIGIT ONE}-x",
    ],
)
def test_a_changed_link_leads_nowhere(attempt, spoil):
    path = f"/cart/restore/{spoil(tokens.token_of(attempt))}/"
    assert Client().get(path).status_code == 404
    assert Client().post(path).status_code == 404
    assert clicked(attempt) == (False, False)


def test_a_link_that_cannot_be_an_address_is_refused():
    assert Client().get("/cart/restore/%00-x/").status_code == 400


def test_a_link_works_for_its_days(attempt, now):
    token = tokens.token_of(attempt)
    end = attempt.planned_at + timedelta(days=30)
    assert tokens.attempt_behind(token, at=end - timedelta(seconds=1)) == attempt
    with pytest.raises(Exception, match="too old"):
        tokens.attempt_behind(token, at=end)


def test_held_out_carts_have_no_link(now):
    hold(holdout_percent=50)
    make_slot(now + timedelta(days=7))
    attempt = remind(leave(at=now - 2 * HOUR), at=now - HOUR)
    RecoveryAttempt.objects.filter(pk=attempt.pk).update(message=None, arm="held_out")
    assert Client().get(path_of(attempt)).status_code == 404


def test_an_accounts_cart_is_shown_to_that_account_alone(now):
    hold()
    make_slot(now + timedelta(days=7))
    ada, eve = people.customer(MAILBOX), people.customer("eve@example.com")
    cart = leave_account(
        ada, [(make_variant(product_name="Secret tart"), 1, "")], at=now - 2 * HOUR
    )
    attempt = remind(cart, at=now - HOUR)
    for browser, words in (
        (Client(), "Log in to see your cart"),
        (people.browser(eve), "another account"),
    ):
        page = browser.get(path_of(attempt))
        assert words in text_of(page)
        assert "Secret tart" not in text_of(page)
        reply = browser.post(path_of(attempt))
        assert (reply.status_code, "cart" in reply.cookies) == (409, False)
    page = people.browser(ada).post(path_of(attempt), follow=True)
    assert "Secret tart" in text_of(page)


def test_a_guests_cart_comes_along_into_the_account_that_opens_it(attempt):
    ada = people.customer(MAILBOX)
    page = people.browser(ada).post(path_of(attempt), follow=True)
    assert "Thing" in text_of(page)
    assert Cart.objects.get(user=ada).lines.get().quantity == 2
    assert "Nothing is in this cart any more" in text_of(Client().get(path_of(attempt)))


def test_what_the_browser_had_meanwhile_is_not_lost(attempt, now):
    browser = Client()
    bun = make_variant(product_name="Bun")
    browser.post("/cart/add/", {"variant_id": bun.pk, "quantity": 3})
    page = browser.post(path_of(attempt), follow=True)
    assert "Bun" in text_of(page)
    assert "Thing" in text_of(page)
    cart = Cart.objects.get(pk=attempt.cart_id)
    assert sorted(cart.lines.values_list("quantity", flat=True)) == [2, 3]
    browser.post(path_of(attempt))
    assert cart.lines.count() == 2


def test_a_cart_that_was_ordered_says_so(attempt, now):
    orders.place_order(
        cart_id=attempt.cart_id,
        customer=orders.Customer(name="Ada", email=MAILBOX, phone=""),
        slot_id=make_slot(now + timedelta(days=7)).pk,
        expected_total=None,
        at=now,
    )
    assert "This cart was ordered" in text_of(Client().get(path_of(attempt)))
    assert Client().post(path_of(attempt)).status_code == 409


def test_a_cart_that_was_deleted_is_gone(attempt):
    Cart.objects.filter(pk=attempt.cart_id).delete()
    page = Client().get(path_of(attempt))
    assert "This link leads nowhere" in text_of(page)


def test_the_api_brings_a_cart_back_and_says_what_changed(attempt):
    line = Cart.objects.get(pk=attempt.cart_id).lines.get()
    line.quantity = 50
    line.save()
    reply = people.api().post(API, {"token": tokens.token_of(attempt)}, format="json")
    assert reply.status_code == 200
    assert reply.json()["cart_id"] == str(attempt.cart_id)
    assert reply.json()["notes"][0].startswith("Thing: ")
    assert reply["Cache-Control"] == "no-store"


@pytest.mark.parametrize("token", ["", "x" * 200, "1-\x00", 7, None, ["1-a"], "1-é"])
def test_the_api_refuses_absurd_tokens(token):
    hold()
    reply = people.api().post(API, {"token": token}, format="json")
    assert reply.status_code in {400, 404}
    assert reply.json()["error"]["code"]


def test_the_api_tells_a_guest_to_log_in(now):
    hold()
    make_slot(now + timedelta(days=7))
    ada = people.customer(MAILBOX)
    agree(MAILBOX)
    attempt = remind(leave_account(ada, at=now - 2 * HOUR), at=now - HOUR)
    reply = people.api().post(API, {"token": tokens.token_of(attempt)}, format="json")
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "log_in_first")


def test_another_guests_cart_is_not_emptied_by_a_link(attempt, now):
    """Only the cart of the browser's own cookie comes along."""
    other = fill_cart([(make_variant(), 1, "")], at=now)
    Client().post(path_of(attempt))
    assert other.lines.count() == 1
