"""A refund in a real browser: asked for by one person, approved by another, given back."""

from urllib.parse import urlsplit

import pytest

from apps.payments.models import Refund, RefundRequest
from tests.accounts import people
from tests.orders.test_browser import open_page, shoot
from tests.payments.refund_cases import paid_order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def console_of(role, browser, live_server):
    client = people.browser(people.staff(role), verified=True)
    cookie = {
        "name": "sessionid",
        "value": client.cookies["sessionid"].value,
        "domain": urlsplit(live_server.url).hostname,
        "path": "/",
    }
    return open_page(browser, cookies=[cookie], viewport=WIDE)


def both(page, name):
    """Look at a page as on a desk and as on a phone."""
    shoot(page, f"{name}-1280")
    page.set_viewport_size(PHONE)
    shoot(page, f"{name}-390")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{name} is wider than a phone"
    page.set_viewport_size(WIDE)


def test_a_refund_goes_from_the_counter_to_the_card(
    browser, live_server, sandbox, client, drain_outbox
):
    order = paid_order(sandbox)
    till, told = console_of("cashier", browser, live_server)
    till.goto(f"{live_server.url}/console/orders/order/{order.pk}/change/")
    till.click("text=Refund")
    till.fill("input[name=quantity-1]", "2")
    till.fill("#id_explanation", "Two of three were squashed in the box.")
    till.click("text=See what it comes to")
    till.wait_for_selector(".money-preview:has-text('$24.00')")
    both(till, "refund-form")
    till.click("text=Ask for it")
    till.wait_for_selector("text=Somebody else has to approve it")

    boss, heard = console_of("administrator", browser, live_server)
    boss.goto(f"{live_server.url}/console/payments/refundrequest/")
    both(boss, "refund-list")
    boss.click("#result_list tbody th a")
    both(boss, "refund-page")
    boss.click("text=Approve")
    both(boss, "refund-approve")
    boss.click("button:has-text('Approve')")
    boss.wait_for_selector("text=the money goes back")
    drain_outbox()
    boss.reload()
    boss.wait_for_selector(".flag:has-text('given back')")
    both(boss, "refund-done")
    assert Refund.objects.get().amount == 24
    assert RefundRequest.objects.get().status == "succeeded"

    page, noise = open_page(browser, viewport=WIDE)
    page.goto(f"{live_server.url}/orders/{order.public_id}/")
    page.wait_for_selector("#refunds:has-text('Sent back to the card')")
    both(page, "refund-order")
    page.click("text=Ask for a refund")
    page.select_option("#quantity-1", "1")
    page.fill("#explanation", "The last one was squashed too.")
    page.click("text=See what comes back")
    page.wait_for_selector("text=Ask for it")
    both(page, "refund-ask")
    page.click("text=Ask for it")
    page.wait_for_selector("#refunds:has-text('Waiting for approval')")
    assert told + heard + noise == []
