"""The whole story of a custom cake in a browser, from the request to the oven and over the counter.

Three people: who asks for the cake, the decorator who decides and works on it, and the manager who
looks at how predictions do. Everything is real but the parcel of time between days, which the clock
jumps over.
"""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from playwright.sync_api import expect

from apps.custom_cakes.models import CakeRequest
from apps.custom_cakes.rules.link import request_path
from apps.notifications import selectors as notifications
from apps.orders.models import HandOver, LabourTimer, Order
from apps.orders.states import OrderStatus
from apps.pricing.models import Decision, LabourRecord
from apps.receipts.models import Document
from bakery.kernel import clock
from bakery.sandbox.engines.ports import find_free_port
from tests.accounts import people
from tests.catalog.kitchens import line, make_ingredient, make_recipe
from tests.custom_cakes.options import make_option
from tests.custom_cakes.test_photos import picture
from tests.harness import LiveSockets
from tests.orders.factories import make_slot, on_open_day
from tests.orders.test_browser import open_page, shoot
from tests.payments.factories import deliver, events_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("storage"),
]
LOOK = {"viewport": {"width": 1280, "height": 900}}


@pytest.fixture
def work(drain_outbox, parallel):
    """Be the worker, in a thread: this one has the browser's event loop."""

    def carry_out() -> None:
        (outcome,) = parallel(1, lambda _: drain_outbox())
        assert not isinstance(outcome, Exception), outcome

    return carry_out


@pytest.fixture
def travel(monkeypatch):
    """Move the clock of shop and boards ahead; returns the function that does."""
    real, ahead = clock.now, [timedelta(0)]
    monkeypatch.setattr(clock, "now", lambda: real() + ahead[0])

    def to(moment) -> None:
        ahead[0] = moment - real()

    return to


def stock_the_kitchen() -> None:
    """Offer a sponge, a cream with milk, an outside and a decoration."""
    flour = make_ingredient("Flour", "2.00", contains=["wheat"])
    butter = make_ingredient("Butter", "8.00", contains=["milk"])
    sponge = make_recipe("Sponge", line(flour, "1000"))
    cream = make_recipe("Cream", line(butter, "1000"))
    make_option("flavour", "Vanilla", sponge, grams="5")
    make_option("filling", "Raspberry cream", cream, grams="4")
    make_option("finish", "Buttercream", cream, grams="3", minutes="0.15")
    make_option("decoration", "Sugar flower", grams="20", minutes="15", complexity=4, most=20)


def sign_in(page, user, address: str) -> None:
    """Be a member of staff who signed in just now."""
    session = people.browser(user, verified=True).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": address}])


def ask_for_a_cake(page, address: str, wanted: date) -> str:
    """Fill the form for two tiers with a picture, see an estimate, send it; return the number."""
    page.goto(f"{address}/")
    page.get_by_role("link", name=re.compile("custom cake", re.IGNORECASE)).first.click()
    page.get_by_label("Across, inches").fill("10")
    page.get_by_label("Sponge").select_option(label="Vanilla")
    page.get_by_label("Filling").select_option(label="Raspberry cream")
    page.get_by_role("button", name="Add a tier on top").click()
    expect(page.locator("fieldset.tier")).to_have_count(2)
    page.get_by_label("Sponge").nth(1).select_option(label="Vanilla")
    page.get_by_label("Outside").select_option(label="Buttercream")
    page.get_by_label("Sugar flower").fill("6")
    page.get_by_label("Inscription").fill("Zoë & Max")
    page.get_by_label("In your own words").fill("With a fox, please.")
    page.get_by_label("Guests").fill("60")
    page.get_by_label("Wanted for").fill(wanted.isoformat())
    page.get_by_label("Allergies").fill("hazelnuts, milk")
    # The estimate follows by itself.
    range_shown = page.locator(".estimate-range strong")
    expect(range_shown).to_have_text(re.compile(r"\d to \D*\d"))
    expect(page.locator("#estimate")).to_contain_text("Earliest")
    page.get_by_label("Choose a picture").set_input_files(
        {"name": "fox.jpg", "mimeType": "image/jpeg", "buffer": picture(size=(320, 240))}
    )
    page.get_by_role("button", name="Add this picture").click()
    expect(page.locator(".photo-list img")).to_have_count(1)
    page.get_by_label("Name").fill("Ada Byron")
    page.get_by_label("E-mail").fill("ada@example.com")
    shoot(page, "story-form-1280")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for our review")
    made = CakeRequest.objects.get()
    expect(page.locator("body")).to_contain_text(made.number)
    shoot(page, "story-waiting-1280")
    return made.number


def approve_it(page, address: str, number: str) -> None:
    """Decide at the desk: another price than predicted, and why."""
    page.goto(f"{address}/console/custom_cakes/cakerequest/")
    page.get_by_role("link", name=number).click()
    expect(page.locator(".desk-photos img")).to_have_count(1)
    expect(page.locator(".desk-alarm")).to_contain_text("Allergic: hazelnuts, milk")
    expect(page.locator(".desk-alarm")).to_contain_text(re.compile("milk", re.IGNORECASE))
    before = page.locator("#desk-margin").inner_text()
    page.get_by_label("Price before tax").fill("360.00")
    # The margin moves with what is typed, and so does the mail.
    expect(page.locator("#desk-margin")).not_to_have_text(before)
    expect(page.locator("#desk-mail")).to_contain_text(number)
    page.get_by_label("Pickup time").select_option(index=1)
    page.get_by_label("Why this price").fill("Six hours of sugar work.")
    page.get_by_label("To the customer, with the offer").fill("Bring a cool box.")
    shoot(page, "story-desk-1280")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".desk-status")).to_have_text("Approved / awaiting payment")
    shoot(page, "story-approved-1280")


def read_offer(mails, number: str) -> str:
    """Return the way to pay that the mail of the offer has, which names all that was agreed."""
    mail = mails[-1]
    assert number in mail.subject
    assert mail.to == ["ada@example.com"]
    for part in ("Price with tax: ", "Serves: ", f"Number: {number}", "Bring a cool box."):
        assert part in mail.body, part
    (path,) = re.findall(r"https?://[^/\s]+(/pay/\S+)", mail.body)
    return path


def pay_at_the_provider(page, address: str, path: str, number: str) -> None:
    """Pay by the link of the mail; coming back is no proof, so the shop still waits."""
    page.goto(address + path)
    expect(page.locator("main")).to_contain_text("10 in")
    shoot(page, "story-pay-1280")
    page.get_by_role("button", name=re.compile("^Pay")).first.click()
    expect(page).to_have_title(re.compile("^Pay "))
    page.get_by_label("Card that works").check()
    page.locator("button.primary").click()
    page.wait_for_url(f"{address}/**")
    assert Order.objects.get(number=number).status == OrderStatus.PENDING_PAYMENT


def acknowledge_it(page, address: str, order: Order) -> None:
    """See on the board what is to be made, and say so."""
    page.goto(f"{address}/board/")
    card = page.locator(f'.ticket[data-number="{order.number}"]')
    expect(card).to_contain_text("Tier 1")
    expect(card).to_contain_text("Tier 2")
    expect(card).to_contain_text("hazelnuts, milk")
    expect(card).to_contain_text("Zoë & Max")
    shoot(page, "story-board-1280")
    card.get_by_role("button", name="Acknowledge").click()
    expect(card.get_by_role("button", name="Acknowledge")).to_have_count(0)
    assert notifications.alert_of(f"cake-order:{order.number}").acknowledged_at is not None


def bake_it(page, address: str, order: Order, travel) -> None:
    """Time an hour of work on the day itself, and finish."""
    page.goto(f"{address}/board/")
    card = page.locator(f'.ticket[data-number="{order.number}"]')
    card.locator("button[data-action=start]").click()
    card.get_by_role("button", name="Start timer").click()
    expect(card.get_by_role("button", name="Stop timer")).to_be_visible()
    travel(order.pickup_starts_at - timedelta(hours=3))
    card.get_by_role("button", name="Stop timer").click()
    expect(card.get_by_role("button", name="Start timer")).to_be_visible()
    card.locator("button[data-action=ready]").click()
    expect(page.locator(f'#column-ready .ticket[data-number="{order.number}"]')).to_be_visible()
    shoot(page, "story-ready-1280")


def hand_it_over(page, address: str, order: Order) -> None:
    """Find the order by its code and give the cake to who asked for it."""
    page.goto(f"{address}/console/orders/handover/find/")
    page.locator("input:focus").wait_for()
    page.keyboard.type(f"{order.number}.{order.pickup_code}")
    page.keyboard.press("Enter")
    page.wait_for_selector("h2:has-text('Who takes it?')")
    page.fill("input[name=taken_by]", "Ada Byron")
    box = page.locator("#pad").bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 240, box["y"] + 90, steps=6)
    page.mouse.up()
    page.click("#hand-over button:has-text('Hand over')")
    page.wait_for_selector("h2:has-text('Handed over')")


@pytest.fixture
def address(live_server, settings):
    """The platform with both of its servers, so that the board is told of everything."""
    port = find_free_port()
    ws = f"ws://localhost:{port}"
    settings.PUBLIC_BASE_URL, settings.LIVE_BASE_URL = live_server.url, ws
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {
        "DIRECTIVES": {**policy, "connect-src": [*policy["connect-src"], ws]}
    }
    with LiveSockets(port):
        yield live_server.url


def test_a_custom_cake_from_the_request_to_the_oven(
    address, browser, sandbox, mailoutbox, work, travel
):
    stock_the_kitchen()
    slot = make_slot(on_open_day(12))
    customer, complaints = open_page(browser, **LOOK)
    number = ask_for_a_cake(customer, address, clock.shop_date(slot.starts_at))
    work()
    received = [mail for mail in mailoutbox if mail.to == ["ada@example.com"]]
    assert [number in mail.subject for mail in received] == [True]
    mailoutbox.clear()

    decorator, grumbles = open_page(browser, **LOOK)
    sign_in(decorator, people.staff("decorator"), address)
    approve_it(decorator, address, number)
    work()
    order = Order.objects.get()
    assert (order.number, order.status) == (number, OrderStatus.PENDING_PAYMENT)
    path = read_offer(mailoutbox, number)

    pay_at_the_provider(customer, address, path, number)
    deliver(Client(), *events_of(sandbox, "checkout.session.completed"))
    work()
    order.refresh_from_db()
    assert (order.status, order.subtotal) == (OrderStatus.PAID, Decimal("360.00"))
    assert Document.objects.filter(order_id=order.pk).count() == 1
    customer.goto(address + request_path(CakeRequest.objects.get().public_id))
    expect(customer.get_by_role("heading", level=1)).to_have_text("Paid")
    shoot(customer, "story-paid-1280")

    boss = people.staff("manager")
    manager, murmurs = open_page(browser, **LOOK)
    sign_in(manager, boss, address)
    acknowledge_it(manager, address, order)
    travel(order.pickup_starts_at - timedelta(hours=4))
    sign_in(manager, boss, address)
    bake_it(manager, address, order, travel)
    work()
    hand_it_over(manager, address, order)
    order.refresh_from_db()
    assert order.status == OrderStatus.COLLECTED
    assert HandOver.objects.get().order_id == order.pk
    assert LabourTimer.objects.get().worker
    assert LabourRecord.objects.get().hours == 1

    # What was decided is what predictions are measured by from now on.
    decision = Decision.objects.get()
    assert (decision.final_price, decision.reason) == (order.subtotal, "Six hours of sugar work.")
    manager.goto(f"{address}/console/pricing/modelversion/monitoring/")
    expect(manager.get_by_role("definition").first).to_have_text("1")
    shoot(manager, "story-monitoring-1280")
    assert complaints + grumbles + murmurs == []
