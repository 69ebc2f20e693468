"""A dispute in a real browser: found by its date, read, answered, and its evidence proved."""

from urllib.parse import urlsplit

import pytest

from apps.payments.models import Dispute
from apps.payments.services import dispute_news
from bakery.kernel import clock
from tests.accounts import people
from tests.orders.test_browser import open_page, shoot
from tests.payments.factories import deliver, events_of, pay_at_stripe, place_now

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("storage"),
]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def both(page, name):
    """Look at a page as on a desk and as on a phone."""
    shoot(page, f"{name}-1280")
    page.set_viewport_size(PHONE)
    shoot(page, f"{name}-390")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{name} is wider than a phone"
    page.set_viewport_size(WIDE)


def test_a_dispute_is_found_and_answered(browser, live_server, sandbox, client, drain_outbox):
    order = place_now()
    session_id = pay_at_stripe(sandbox, order)
    deliver(client, *events_of(sandbox, "checkout.session.completed"))
    drain_outbox()
    stripe_id = sandbox.stripe.open_dispute(session=session_id)["id"]
    dispute_news.learn_dispute(dispute_id=stripe_id, at=clock.now())
    drain_outbox()

    manager = people.browser(people.staff("manager"), verified=True)
    cookie = {
        "name": "sessionid",
        "value": manager.cookies["sessionid"].value,
        "domain": urlsplit(live_server.url).hostname,
        "path": "/",
    }
    page, complaints = open_page(browser, cookies=[cookie], viewport=WIDE)
    page.goto(f"{live_server.url}/console/payments/dispute/")
    page.wait_for_selector(".flag:has-text('6 days left')")
    both(page, "dispute-list")
    page.click("#result_list tbody th a")
    page.click("text=Prove that it is unchanged")
    page.wait_for_selector("text=Unchanged: all")
    both(page, "dispute-page")
    page.click("a:has-text('Accept the loss')")
    both(page, "dispute-accept")
    page.go_back()
    page.click("a:has-text('Answer')")
    page.fill("#id_refund_refusal_explanation", "The cake was collected and eaten.")
    both(page, "dispute-answer")
    page.check("#id_confirmed")
    page.click("button[name=send]")
    page.wait_for_selector(".flag:has-text('under review')")
    both(page, "dispute-answered")
    page.goto(f"{live_server.url}/console/orders/order/{order.pk}/change/")
    page.wait_for_selector("text=Payment disputed")
    shoot(page, "dispute-order")
    dispute = Dispute.objects.get()
    assert dispute.answer["refund_refusal_explanation"] == "The cake was collected and eaten."
    assert complaints == []
