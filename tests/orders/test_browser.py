"""The customer's way and the console's pages in a real browser: nothing broken, nothing blocked."""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from apps.orders import services
from apps.orders.models import Order
from bakery.kernel import clock
from tests.accounts import people
from tests.orders.factories import make_cake, make_slot, make_variant, pay, place

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def open_page(browser, *, cookies=(), **options):
    """Return a page and the list of complaints that its console will make."""
    context = browser.new_context(**options)
    context.set_default_timeout(60_000)
    context.add_cookies(list(cookies))
    page, complaints = context.new_page(), []
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, complaints


def shoot(page, name):
    """Keep a picture where BAKERY_SCREENSHOTS says, for people to look at."""
    if folder := os.environ.get("BAKERY_SCREENSHOTS"):
        page.screenshot(path=str(Path(folder, f"{name}.png")), full_page=True)


def cart_cookie(live_server, variant_lines):
    from django.test import Client

    client = Client()
    for variant, quantity, message in variant_lines:
        client.post(
            "/cart/add/", {"variant_id": variant.pk, "quantity": quantity, "message": message}
        )
    return {
        "name": "cart",
        "value": client.cookies["cart"].value,
        "domain": urlsplit(live_server.url).hostname,
        "path": "/",
    }


@pytest.mark.parametrize("width", [1200, 390])
def test_a_customer_orders_and_sees_the_payment_arrive(live_server, browser, width):
    slot = make_slot(clock.now() + timedelta(days=7))
    make_slot(clock.now() + timedelta(days=7, minutes=30))
    cake = make_cake(message=40, product_name="Lemon and raspberry cake")
    bread = make_variant(price="7.50", product_name="Country loaf", name="large")
    cookie = cart_cookie(live_server, [(cake, 1, "Happy birthday, Zoë 🎂"), (bread, 2, "")])
    page, complaints = open_page(
        browser, cookies=[cookie], viewport={"width": width, "height": 900}
    )
    page.goto(f"{live_server.url}/cart/")
    shoot(page, f"cart-{width}")
    page.click("text=Choose a pickup time")
    page.fill("#id_name", "Ada Byron")
    page.fill("#id_email", "ada@example.com")
    page.fill("#id_phone", "12")
    page.select_option("#id_slot_id", str(slot.pk))
    page.click("button:has-text('Place the order')")
    page.wait_for_selector(".errors:has-text('phone number')")
    assert page.input_value("#id_name") == "Ada Byron"
    assert page.input_value("#id_slot_id") == str(slot.pk)
    shoot(page, f"checkout-{width}")
    complaints.clear()  # the refusal itself is reported as a failed resource
    page.fill("#id_phone", "416 555 0123")
    page.click("button:has-text('Place the order')")
    page.wait_for_selector("h1:has-text('in 7 days')")
    shoot(page, f"order-{width}")
    order = Order.objects.get()
    page.goto(f"{live_server.url}/orders/{order.public_id}/?payment=done")
    page.wait_for_selector("text=waiting for the confirmation")
    shoot(page, f"order-waiting-{width}")
    pay(order, at=clock.now())
    page.wait_for_selector("text=Your order is certain")
    shoot(page, f"order-paid-{width}")
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1], "the page scrolls sideways"
    assert complaints == []


def test_staff_work_on_an_order_in_the_console(live_server, browser):
    at = clock.now()
    slot = make_slot(at + timedelta(days=2))
    order = place([(make_cake(message=60), 1, "No nuts please, Zoë 🎂")], slot=slot, at=at)
    pay(order, at=at)
    place([(make_variant(), 4, "")], slot=slot, at=at)
    services.acknowledge(order_number=order.number, actor="user:1", at=at)
    client = people.browser(people.staff("manager"), verified=True)
    cookie = {
        "name": "sessionid",
        "value": client.cookies["sessionid"].value,
        "domain": urlsplit(live_server.url).hostname,
        "path": "/",
    }
    page, complaints = open_page(browser, cookies=[cookie], viewport={"width": 1300, "height": 900})
    page.goto(f"{live_server.url}/console/orders/order/")
    page.wait_for_selector(f"text={order.number}")
    shoot(page, "console-list")
    page.click(f"a:has-text('{order.number}')")
    page.wait_for_selector("text=Timeline")
    shoot(page, "console-order")
    page.click("input[value='Start']")
    page.wait_for_selector("text=is now in production")
    assert Order.objects.get(pk=order.pk).status == "in_production"
    shoot(page, "console-order-started")
    assert complaints == []
