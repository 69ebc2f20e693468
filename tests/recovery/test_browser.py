"""A reminder's link in a real browser, from the mail to the cart, with the keyboard."""

from datetime import timedelta

import pytest

from apps.recovery.services import tokens
from bakery.kernel import clock
from tests.orders.factories import make_slot
from tests.recovery.factories import HOUR, hold, leave, remind

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_cart_is_brought_back_from_a_mail(live_server, browser):
    now = clock.now()
    hold()
    make_slot(now + timedelta(days=7))
    attempt = remind(leave(at=now - 2 * HOUR), at=now - HOUR)
    page = browser.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{live_server.url}/cart/restore/{tokens.token_of(attempt)}/")
    page.get_by_role("button", name="Back to my cart").press("Enter")
    page.wait_for_url("**/cart/")
    assert page.get_by_text("Your cart is back").is_visible()
    page.get_by_text("We remind you if you leave this cart").press("Enter")
    page.get_by_role("button", name="Do not remind me").press("Enter")
    page.get_by_text("We do not remind you of this cart.").wait_for()
    assert said == []
