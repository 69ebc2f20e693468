"""A customer's account in a real browser: nothing broken, nothing blocked."""

from datetime import timedelta

import pytest

from apps.orders import services
from bakery.kernel import clock
from tests.accounts import people
from tests.orders.factories import make_cake, make_slot, make_variant, pay, place
from tests.orders.test_browser import open_page, shoot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_customer_logs_in_and_orders_again(live_server, browser, width):
    user, at = people.customer(), clock.now()
    slot = make_slot(at + timedelta(days=7))
    cake = make_cake(message=40, product_name="Lemon and raspberry cake")
    loaf = make_variant(price="7.50", product_name="Country loaf", name="large")
    customer = services.Customer(
        name="Ada Byron", email=user.email, phone="+14165550123", user_id=user.pk
    )
    ahead = place([(cake, 1, "Zoë 🎂"), (loaf, 2, "")], slot=slot, customer=customer, at=at)
    pay(ahead, at=at)
    place([(cake, 1, "")], slot=slot, customer=customer, at=at)
    past = place([(loaf, 1, "")], slot=slot, customer=customer, at=at)
    services.cancel_order(order_id=past.pk, actor="customer", reason="", at=at)
    guest = services.Customer(name="Ada Byron", email=user.email, phone="+14165550123")
    place([(loaf, 1, "")], slot=slot, customer=guest, at=at)

    page, complaints = open_page(browser, viewport={"width": width, "height": 900})
    page.goto(f"{live_server.url}/account/register/")
    shoot(page, f"register-{width}")
    page.goto(f"{live_server.url}/account/")
    shoot(page, f"login-{width}")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(people.PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Coming up").wait_for()
    shoot(page, f"account-{width}")
    page.get_by_role("button", name="Add it to my account").click()
    page.get_by_text("1 order came along.").wait_for()
    page.get_by_role("button", name="Get the address").click()
    page.get_by_text("it is shown this once").wait_for()
    shoot(page, f"account-calendar-{width}")
    page.goto(f"{live_server.url}/account/data/")
    shoot(page, f"account-data-{width}")
    page.goto(f"{live_server.url}/account/")
    page.locator(f'form[action*="{ahead.public_id}/again"] button').click()
    page.get_by_text("It is in your cart, at today's prices.").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.goto(f"{live_server.url}/account/")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name="Log out").click()
    page.get_by_text("You are logged out.").wait_for()
    fresh = people.customer("new@example.com")
    page.goto(f"{live_server.url}/account/login/")
    page.get_by_label("E-mail").fill(fresh.email)
    page.get_by_label("Password").fill(people.PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_text("You have nothing on order.").wait_for()
    shoot(page, f"account-empty-{width}")
    assert complaints == []
