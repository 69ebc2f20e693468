"""The counter's pages in a real browser, used as at a counter: with keyboard, finger and haste."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from apps.orders import services
from apps.orders.models import HandOver, Order
from apps.orders.states import OrderStatus
from bakery.kernel import clock
from tests.accounts import people
from tests.orders.factories import make_cake, make_slot, make_variant, pay, place
from tests.orders.test_browser import open_page, shoot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
COUNTER = "/console/orders/handover"


def staff_page(live_server, browser, role="manager", **options):
    client = people.browser(people.staff(role), verified=True)
    cookie = {
        "name": "sessionid",
        "value": client.cookies["sessionid"].value,
        "domain": urlsplit(live_server.url).hostname,
        "path": "/",
    }
    return open_page(browser, cookies=[cookie], **options)


def test_a_walk_in_is_served_by_keyboard_and_pays_in_cash(live_server, browser):
    make_slot(clock.now() + timedelta(hours=2))
    make_slot(clock.now() + timedelta(days=2))
    make_variant(price="3.25", product_name="Butter croissant", name="one")
    make_cake(message=24, product_name="Carrot cake", limit=2)
    page, complaints = staff_page(
        live_server, browser, "cashier", viewport={"width": 1280, "height": 900}
    )
    page.goto(f"{live_server.url}{COUNTER}/take/")
    shoot(page, "counter-empty-1280")
    page.locator("input:focus").wait_for()
    page.keyboard.type("3 croissant")
    page.wait_for_selector("#found li[aria-selected=true]:has-text('Butter croissant')")
    page.keyboard.press("Enter")
    page.wait_for_selector("#sums dd.total")
    page.keyboard.type("carrot")
    page.wait_for_selector("#found li[aria-selected=true]:has-text('Carrot cake')")
    page.keyboard.press("Enter")
    page.fill("textarea[aria-label^='Written on']", "Happy birthday, dear old Charles")
    page.wait_for_selector(".left.is-over:has-text('8 too many')")
    page.wait_for_selector("#trouble:has-text('24')")
    shoot(page, "counter-refused-1280")
    complaints.clear()  # the refusal itself is reported as a failed resource
    page.fill("textarea[aria-label^='Written on']", "Happy birthday, Charles")
    page.fill("#name", "Ada Byron")
    page.wait_for_selector("#place:enabled")
    shoot(page, "counter-filled-1280")
    page.set_viewport_size({"width": 820, "height": 1100})
    shoot(page, "counter-filled-820")
    page.focus("#name")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("h2:has-text('Money')")
    order = Order.objects.get()
    assert (order.channel, order.status) == ("counter", OrderStatus.PENDING_PAYMENT)
    page.fill("input[name=received]", "100")
    page.wait_for_selector(f"#change:has-text('{100 - order.total}')")
    shoot(page, "counter-payment-820")
    page.check("input[name=taken_along]")
    page.click("button:has-text('Take the money')")
    page.wait_for_selector(".messagelist:has-text('Give back')")
    shoot(page, "counter-paid-820")
    order.refresh_from_db()
    assert (order.status, order.balance) == (OrderStatus.COLLECTED, 0)
    page.goto(f"{live_server.url}{COUNTER}/drawer/")
    page.wait_for_selector(f"text={order.number}")
    shoot(page, "counter-drawer-820")
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1], "the page scrolls sideways"
    assert complaints == []


def test_an_order_goes_out_for_its_code_and_a_signature(live_server, browser):
    at = clock.now()
    order = place(
        [(make_cake(price="180.00", message=40), 1, "Zoë 🎂")],
        slot=make_slot(at + timedelta(hours=1)),
        at=at,
    )
    pay(order, at=at)
    services.start_production(order_id=order.pk, actor="user:1", at=at)
    services.mark_ready(order_id=order.pk, actor="user:1", at=at)
    services.add_note(order_id=order.pk, text="The lid is loose.", actor="user:1", at=at)
    page, complaints = staff_page(
        live_server, browser, "cashier", viewport={"width": 820, "height": 1100}
    )
    page.goto(f"{live_server.url}{COUNTER}/find/")
    shoot(page, "counter-find-820")
    # What a reader types when it scans the customer's code, into the field that waits for it.
    page.locator("input:focus").wait_for()
    page.keyboard.type(f"{order.number}.{order.pickup_code}")
    page.keyboard.press("Enter")
    page.wait_for_selector("h2:has-text('Who takes it?')")
    assert page.input_value("#code") == order.pickup_code
    page.fill("input[name=taken_by]", "Charles Babbage")
    box = page.locator("#pad").bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 60)
    page.mouse.down()
    for step in range(1, 12):
        page.mouse.move(box["x"] + 40 + 30 * step, box["y"] + 60 + 40 * (step % 2), steps=3)
    page.mouse.up()
    assert page.input_value("#signature").startswith("data:image/png;base64,")
    shoot(page, "counter-hand-over-820")
    page.click("#hand-over button:has-text('Hand over')")
    page.wait_for_selector("h2:has-text('Handed over')")
    # Waiting inside the page would need 'unsafe-eval'; decode() is one call that waits itself.
    page.locator(".counter-proof").evaluate("image => image.decode()")
    shoot(page, "counter-handed-over-820")
    page.set_viewport_size({"width": 1280, "height": 900})
    shoot(page, "counter-handed-over-1280")
    assert HandOver.objects.get().signature is not None
    assert complaints == []
