"""The sandbox's page and the hosted payment page in a real browser."""

import re
import smtplib
from email.message import EmailMessage

import pytest
import requests
from playwright.sync_api import sync_playwright

from bakery.sandbox.engines.pytest_plugin import BROWSER_REASON
from tests.harness import find_chromium
from tests.sandbox.conftest import session_params

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    """One Chromium for the module: starting it is the slow part."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip(BROWSER_REASON)
    with sync_playwright() as playwright:
        window = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        yield window
        window.close()


@pytest.fixture
def page(browser):
    """A page that fails the test on any console error or policy violation."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    problems = []
    opened.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.set_default_timeout(60_000)
    yield opened
    opened.close()
    assert problems == []


def test_paying_by_clicking(page, platform, hooked, client):
    params = session_params(success_url=f"{platform.url}/thanks?id={{CHECKOUT_SESSION_ID}}")
    session = client.v1.checkout.sessions.create(params=params)
    page.goto(session.url)
    assert page.title() == "Pay $12.50 to Sandbox Bakery"
    page.get_by_label("Card without enough money").check()
    page.get_by_role("button", name="Pay $12.50").click()
    assert page.get_by_role("alert").inner_text() == "Your card has insufficient funds."
    page.get_by_label("Card that asks for confirmation").check()
    page.get_by_role("button", name="Pay $12.50").click()
    page.get_by_role("button", name="Refuse").click()
    assert "authenticate" in page.get_by_role("alert").inner_text()
    page.get_by_label("Card that works").check()
    page.get_by_label("E-mail").fill("ann@example.com")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{platform.url}/thanks?id={session.id}")
    paid = client.v1.checkout.sessions.retrieve(session.id)
    assert (paid.payment_status, paid.customer_details.email) == ("paid", "ann@example.com")
    page.goto(session.url)
    assert page.get_by_role("heading").inner_text() == "This order is complete"


def test_an_expired_session_leads_back(page, client, new_session):
    session = new_session()
    client.v1.checkout.sessions.expire(session.id)
    page.goto(session.url)
    back = page.get_by_role("link", name="Back to Sandbox Bakery")
    assert back.get_attribute("href") == session.cancel_url


def test_markup_in_names_is_text(page, client):
    item = session_params()["line_items"][0]
    item["price_data"]["product_data"]["name"] = "<img src=x onerror=alert(1)>"
    session = client.v1.checkout.sessions.create(params=session_params(line_items=[item]))
    page.goto(session.url)
    assert page.get_by_text("<img src=x onerror=alert(1)>").count() == 1


def test_a_promotion_code_is_typed_in(page, client, new_session):
    coupon = client.v1.coupons.create(params={"percent_off": 20, "duration": "once"})
    client.v1.promotion_codes.create(
        params={"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "SPRING"}
    )
    session = new_session(allow_promotion_codes=True)
    page.goto(session.url)
    page.get_by_label("Promotion code").fill("spring")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("button", name="Pay $10.00").wait_for()
    assert client.v1.checkout.sessions.retrieve(session.id).amount_total == 1000


def test_the_page_shows_what_happens_and_plays_every_part(page, hooked, new_session, twilio):
    page.goto(hooked.url)
    page.get_by_text("No payment yet.").wait_for()
    new_session(client_reference_id="SR-1001")
    page.get_by_text("SR-1001").wait_for()
    page.get_by_label("Card for SR-1001").select_option("success")
    page.get_by_role("button", name="Pay", exact=True).click()
    page.locator("#payments .chip", has_text="paid").wait_for()
    page.locator("#deliveries tr", has_text="checkout.session.completed").get_by_text(
        "delivered"
    ).wait_for()
    twilio.messages.create(
        to="+12025550123", from_="+14165550199", body="Confirm: http://127.0.0.1:8000/ack/x."
    )
    link = page.get_by_role("link", name="http://127.0.0.1:8000/ack/x")
    link.wait_for()
    assert link.get_attribute("href") == "http://127.0.0.1:8000/ack/x"
    reply = page.get_by_label("Reply from +12025550123")
    reply.fill("On it")
    new_session(client_reference_id="SR-1002")
    page.get_by_text("SR-1002").wait_for()
    assert reply.input_value() == "On it", "what is being typed survives a refresh"
    reply.press("Enter")
    page.locator(".bubble.mine", has_text="On it").wait_for()
    assert hooked.twilio.messages()[-1]["body"] == "On it"


def test_mails_open_in_a_frame_without_scripts(browser, sandbox):
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Hello Ann", "a@bakery.example", "ann@example.com"
    mail.set_content("plain words")
    mail.add_alternative("<p>rich words</p><script>document.title='x'</script>", subtype="html")
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port) as smtp:
        smtp.send_message(mail)
    page = browser.new_page()
    page.goto(sandbox.url)
    page.get_by_role("button", name=re.compile("Hello Ann")).press("Enter")
    frame = page.frame_locator("#reader-frame")
    frame.get_by_text("rich words").wait_for()
    assert "allow-scripts" not in page.locator("#reader-frame").get_attribute("sandbox")
    page.get_by_role("button", name="Text", exact=True).click()
    assert page.locator("#reader-body").inner_text().strip() == "plain words"
    page.get_by_role("button", name="Close").press("Enter")
    assert page.evaluate("document.activeElement.className") == "mail-open"
    page.close()


def test_controls_on_the_page(page, sandbox, new_session):
    session = new_session(client_reference_id="SR-1003")
    page.goto(sandbox.url)
    page.get_by_text("SR-1003").wait_for()
    page.locator("form[data-control=fault] button").click()
    page.get_by_text("Stripe: status x 1").wait_for()
    page.get_by_role("button", name="Behave again").click()
    page.get_by_text("All services behave.").wait_for()
    page.locator("form[data-control=clock] input").fill("1441")
    page.get_by_role("button", name="Move on").click()
    page.locator("#payments .chip", has_text="expired").wait_for()
    page.get_by_role("button", name="Empty the sandbox").click()
    page.get_by_role("button", name="Empty it").click()
    page.get_by_text("No payment yet.").wait_for()
    assert sandbox.stripe.sessions() == []
    assert session.id


@pytest.mark.parametrize("path", ["/", "/stripe/pay/cs_none"])
def test_pages_carry_a_strict_policy(sandbox, path):
    policy = requests.get(f"{sandbox.url}{path}", timeout=60).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_form_from_another_site_is_refused(sandbox, client, new_session):
    session = new_session()
    reply = requests.post(
        session.url, data={"card": "success"}, headers={"Origin": "http://evil.example"}, timeout=20
    )
    assert reply.status_code == 403
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
