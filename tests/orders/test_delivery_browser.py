"""Delivery and the line for a full day in a real browser: nothing broken, nothing blocked."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.accounts import services as accounts
from apps.orders import services
from apps.orders.models import Order
from bakery.kernel import clock
from tests.accounts import people
from tests.orders.factories import fill_cart, make_cake, make_slot, on_open_day, place
from tests.orders.test_browser import cart_cookie, open_page, shoot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def draw_zones():
    for values in (
        {"name": "Downtown", "kind": "postcode", "postcodes": ["M5V", "M5J 2"], "fee": Decimal(8),
         "free_from": Decimal(100), "minimum": Decimal(30)},
        {"name": "Old Toronto", "kind": "postcode", "postcodes": ["M5", "M6", "M4Y", "M4W", "M5S",
         "M5T", "M5R"], "fee": Decimal(12), "weekdays": [4, 5]},
        {"name": "Around the shop", "kind": "radius", "radius_km": Decimal("7.5"),
         "fee": Decimal(15)},
    ):  # fmt: skip
        services.add_zone(values=values, actor="user:1", at=clock.now())


@pytest.mark.parametrize("width", [1280, 390])
def test_a_customer_has_it_brought_and_sees_the_fee_first(live_server, browser, width):
    draw_zones()
    slot = make_slot(clock.now() + timedelta(days=7))
    cookie = cart_cookie(live_server, [(make_cake(product_name="Lemon cake"), 1, "")])
    page, complaints = open_page(
        browser, cookies=[cookie], viewport={"width": width, "height": 900}
    )
    page.goto(f"{live_server.url}/checkout/")
    assert not page.is_visible("#id_line1")
    page.check("#id_fulfilment_delivery")
    assert page.is_visible("#id_line1")
    page.fill("#id_name", "Ada Byron")
    page.fill("#id_email", "ada@example.com")
    page.fill("#id_phone", "416 555 0123")
    page.fill("#id_line1", "12 King Street West")
    page.fill("#id_city", "Toronto")
    page.fill("#id_postcode", "m5v 3a8")
    page.fill("#id_event_on", str(clock.shop_date(slot.starts_at) + timedelta(days=9)))
    page.select_option("#id_slot_id", str(slot.pk))
    page.click("button:has-text('Place the order')")
    page.wait_for_selector("text=Delivery to Downtown costs $8.00")
    shoot(page, f"checkout-delivery-{width}")
    page.click("button:has-text('Place the order')")
    page.wait_for_selector("text=days earlier. Is that right?")
    shoot(page, f"checkout-event-{width}")
    complaints.clear()  # the question itself is reported as a failed resource
    page.check("[name=event_confirmed]")
    page.click("button:has-text('Place the order')")
    page.wait_for_selector("h1:has-text('in 7 days')")
    assert Order.objects.get().delivery_fee == Decimal("8.00")
    assert complaints == []


def test_somebody_waits_for_a_full_day(live_server, browser):
    cake = make_cake(product_name="Lemon cake")
    slot = make_slot(on_open_day(7), capacity=1)
    make_slot(slot.starts_at + timedelta(days=3))
    first = place([(cake, 1, "")], slot=slot, at=clock.now())
    cookie = cart_cookie(live_server, [(cake, 1, "")])
    page, complaints = open_page(browser, cookies=[cookie], viewport={"width": 390, "height": 800})
    page.goto(f"{live_server.url}/checkout/")
    page.click("summary:has-text('Why not another day')")
    shoot(page, "checkout-full-390")
    page.click("a:has-text('Wait for a place')")
    page.fill("#id_email", "grace@example.com")
    shoot(page, "waitlist-join-390")
    page.click("button:has-text('Join the line')")
    page.wait_for_selector("text=You are in the line")
    shoot(page, "waitlist-waiting-390")
    services.cancel_order(order_id=first.pk, actor="customer", reason="", at=clock.now())
    services.offer_places(at=clock.now())
    page.reload()
    shoot(page, "waitlist-offer-390")
    page.click("button:has-text('Order for this time')")
    page.wait_for_selector("text=We hold")
    assert page.input_value("#id_slot_id") == str(slot.pk)
    shoot(page, "checkout-offer-390")
    assert complaints == []


def test_staff_look_at_zones_and_at_the_line(live_server, browser):
    draw_zones()
    cake = make_cake()
    slot = make_slot(clock.now() + timedelta(days=7), capacity=1)
    first = place([(cake, 1, "")], slot=slot, at=clock.now())
    for name in ("grace", "ada", "mary"):
        services.join_waitlist(
            cart_id=fill_cart([(cake, 1, "")], at=clock.now()).pk, email=f"{name}@example.com",
            user_id=None, slot_id=slot.pk, at=clock.now(),
        )  # fmt: skip
    services.cancel_order(order_id=first.pk, actor="customer", reason="", at=clock.now())
    services.offer_places(at=clock.now())
    client = people.browser(people.staff("manager"), verified=True)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value,
              "url": live_server.url}  # fmt: skip
    page, complaints = open_page(browser, cookies=[cookie], viewport={"width": 1280, "height": 900})
    for name, path in (
        ("zones", "deliveryzone/"), ("zone-form", "deliveryzone/add/"),
        ("zone-check", "deliveryzone/check/?postcode=M5V+3A8&country=CA"), ("line", "waitentry/"),
    ):  # fmt: skip
        page.goto(f"{live_server.url}/console/orders/{path}")
        shoot(page, f"console-{name}")
    page.fill("#wait-reason", "called us")
    page.locator("button:has-text('Remove')").first.click()
    page.wait_for_selector("text=They are out of the line")
    assert complaints == []


def test_a_saved_address_is_chosen_with_one_click(live_server, browser):
    draw_zones()
    user = people.customer()
    accounts.add_address(
        user_id=user.pk, label="Home", at=clock.now(),
        parts={"recipient": "Ada Byron", "line1": "12 King Street West", "city": "Toronto",
               "postcode": "M5V 3A8", "country": "CA"},
    )  # fmt: skip
    client = people.browser(user)
    client.post("/cart/add/", {"variant_id": make_cake().pk, "quantity": 1, "message": ""})
    make_slot(clock.now() + timedelta(days=7))
    cookies = [
        {"name": name, "value": morsel.value, "url": live_server.url}
        for name, morsel in client.cookies.items()
    ]
    page, complaints = open_page(browser, cookies=cookies, viewport={"width": 390, "height": 900})
    page.goto(f"{live_server.url}/checkout/")
    page.check("#id_fulfilment_delivery")
    assert page.is_visible("text=Home: Ada Byron")
    assert not page.is_visible("#id_line1")
    shoot(page, "checkout-saved-390")
    page.check("#id_address_new")
    assert page.is_visible("#id_line1")
    assert complaints == []
