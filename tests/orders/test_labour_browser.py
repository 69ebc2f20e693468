"""Timing work on a custom cake at the kitchen's board, in a real browser."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from apps.orders.models import LabourTimer
from bakery.kernel import clock
from tests.accounts import people
from tests.orders.factories import make_slot, on_open_day, pay
from tests.orders.private import place_private
from tests.orders.test_browser import open_page, shoot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_decorator_times_their_work_on_the_board(live_server, browser):
    order = place_private(
        at=clock.now(),
        slot=make_slot(on_open_day(1)),
        allergy=True,
        hold_for=timedelta(hours=2),
    )
    pay(order, amount=41250, at=clock.now())
    client = people.browser(people.staff("decorator"), verified=True)
    session = {
        "name": "sessionid",
        "value": client.cookies["sessionid"].value,
        "domain": urlsplit(live_server.url).hostname,
        "path": "/",
    }
    page, complaints = open_page(
        browser, cookies=[session], viewport={"width": 1280, "height": 900}
    )
    page.goto(f"{live_server.url}/board/")
    card = f'.ticket[data-number="{order.number}"]'
    page.wait_for_selector(f"{card} .agreed:has-text('Round 10 in, vanilla, raspberry')")
    page.click(f"{card} button:has-text('Start timer')")
    page.wait_for_selector(f"{card} .timer.own:has-text('You since')")
    shoot(page, "board-timer-1280")
    page.click(f"{card} button:has-text('Undo')")
    page.wait_for_selector(f"{card} button:has-text('Start timer')")
    assert not LabourTimer.objects.exists()
    page.focus(f"{card} button:has-text('Start timer')")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{card} button:has-text('Stop timer')")
    page.click(f"{card} button:has-text('Stop timer')")
    page.wait_for_selector(f"{card} button:has-text('Start timer')")
    timer = LabourTimer.objects.get()
    assert timer.stopped_at is not None
    page.set_viewport_size({"width": 390, "height": 844})
    shoot(page, "board-timer-390")
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1], "the page scrolls sideways"
    page.goto(f"{live_server.url}/console/orders/handover/{order.pk}/labour/")
    shoot(page, "labour-390")
    page.set_viewport_size({"width": 1280, "height": 900})
    shoot(page, "labour-1280")
    page.goto(f"{live_server.url}/console/orders/order/{order.pk}/change/")
    shoot(page, "order-custom-1280")
    page.goto(f"{live_server.url}/orders/{order.public_id}/")
    shoot(page, "order-customer-1280")
    page.goto(f"{live_server.url}/kitchen/tickets/preview/?order={order.public_id}")
    shoot(page, "paper-1280")
    # No socket server is there: the board asks over HTTP instead, and the browser says so.
    assert [text for text in complaints if "WebSocket" not in text] == []
