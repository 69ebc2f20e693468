"""The customer's way from the order to Stripe's page and back, in a browser."""

import pytest

from bakery.kernel import clock
from tests.payments.factories import place_now, state_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_pay_button_leads_to_stripe_and_the_way_back_pays_nothing(
    browser, live_server, sandbox, settings
):
    """P18; and the CSP must let a form end up on Stripe's page."""
    settings.PUBLIC_BASE_URL = live_server.url
    order = place_now(at=clock.now())
    page = browser.new_page()
    problems = []
    page.on(
        "console",
        lambda message: problems.append(message.text) if message.type == "error" else None,
    )
    page.goto(f"{live_server.url}/orders/{order.public_id}/")
    page.locator(f'form[action="/orders/{order.public_id}/pay/"] button').click()
    page.wait_for_url(f"{sandbox.url}/stripe/pay/**")
    assert problems == []
    session = sandbox.stripe.sessions()[-1]
    sandbox.stripe.pay(session["id"])
    page.goto(session["success_url"])
    assert page.url.startswith(f"{live_server.url}/orders/{order.public_id}/")
    assert state_of(order)["status"] == "pending_payment"
    page.close()
