"""The board as the kitchen uses it: two tablets, real sockets, no console errors."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from apps.notifications import selectors as notifications
from apps.orders import selectors, services
from apps.orders.models import BoardEvent, Order
from apps.orders.rules.firing import Lane
from bakery.kernel import clock
from bakery.sandbox.engines.ports import find_free_port
from tests.accounts.people import staff
from tests.harness import LiveSockets
from tests.live.conftest import SESSION
from tests.live.test_catching_up import append
from tests.orders.kitchen import change_order, make_station, on_shelf, order_for, seen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
NASTY = 'Für Zoë & "Max" <script>alert(1)</script>\n🎂 שלום 生日快乐'


@dataclass
class Kitchen:
    """The platform's two servers, and tablets that look at its board."""

    browser: Browser
    url: str
    sockets: LiveSockets
    session: str
    complaints: list[str] = field(default_factory=list)
    connected: bool = True

    def tablet(self, *, session: str | None = None, width: int = 1280, **options: Any) -> Page:
        """Open the board in a browser of its own."""
        context = self.browser.new_context(viewport={"width": width, "height": 800}, **options)
        cookie = {"name": SESSION, "value": session or self.session, "url": self.url}
        context.add_cookies([cookie])
        page = context.new_page()
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self._note("error", str(error)))
        page.goto(f"{self.url}/board/")
        return page

    def _note(self, kind: str, text: str) -> None:
        # While the socket server is down the browser reports each attempt to reach it.
        if kind in {"error", "warning"} and not (not self.connected and "WebSocket" in text):
            self.complaints.append(text)


@pytest.fixture
def kitchen_room(browser, live_server, settings, kitchen_session, fast_board, sandbox):
    port = find_free_port()
    ws = f"ws://localhost:{port}"
    settings.PUBLIC_BASE_URL, settings.LIVE_BASE_URL = live_server.url, ws
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {
        "DIRECTIVES": {**policy, "connect-src": [*policy["connect-src"], ws]}
    }
    with LiveSockets(port) as sockets:
        room = Kitchen(browser, live_server.url, sockets, kitchen_session)
        yield room
        assert room.complaints == []


@pytest.fixture
def work(drain_outbox, parallel):
    """Be the worker, in a thread: this one has the browser's event loop."""
    return lambda: parallel(1, lambda _: drain_outbox())


def is_live(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-state", "live")


def ticket(page: Page, order: Order, column: str | None = None):
    within = f"#column-{column} " if column else ""
    return page.locator(f'{within}.ticket[data-number="{order.number}"]')


def hand_over(order: Order) -> None:
    proof = services.Proof(code=order.pickup_code, taken_by="Ada")
    services.mark_collected(order_id=order.pk, proof=proof, actor="user:1", at=clock.now())


def test_two_tablets_follow_an_order_from_paid_to_collected(kitchen_room, paid_cake, work):
    one, two = kitchen_room.tablet(), kitchen_room.tablet(width=820)
    for page in (one, two):
        is_live(page)
    one.locator("#sound").click()
    expect(one.locator("#sound")).to_have_text("Sound is on")

    order = paid_cake(NASTY.replace("\n", " "))
    work()
    for page in (one, two):
        expect(ticket(page, order, "paid")).to_be_visible()
    assert ticket(two, order).locator(".message").inner_text() == NASTY.replace("\n", " ")
    assert one.evaluate("document.title").startswith("(1)")
    expect(one.locator("body")).to_have_attribute("data-rings", re.compile(r"[1-9]"))

    ticket(one, order).get_by_role("button", name="Acknowledge").click()
    for page in (one, two):
        expect(ticket(page, order).get_by_role("button", name="Acknowledge")).to_have_count(0)
    assert not one.evaluate("document.title").startswith("(")
    assert notifications.alert_of(f"cake-order:{order.number}").acknowledged_at is not None

    # By keyboard on the other one.
    ticket(two, order).get_by_role("button", name="Start order").focus()
    two.keyboard.press("Enter")
    expect(ticket(one, order, "in_production")).to_be_visible()
    ticket(one, order).get_by_role("button", name="Ready").click()
    expect(ticket(two, order, "ready")).to_be_visible()
    # To hand it over it leads to the order's page, where its code is asked for.
    leads_to = ticket(two, order).get_by_role("link", name="Hand over").get_attribute("href")
    assert leads_to == f"/board/orders/{order.public_id}/"
    hand_over(order)
    for page in (one, two):
        expect(ticket(page, order)).to_have_count(0)


def test_cakes_only_counts_and_hides(kitchen_room, paid_cake):
    from tests.orders.factories import make_slot, make_variant, place_paid

    cake = paid_cake()
    bread = place_paid(
        [(make_variant(product_name="Rye"), 2, "")], slot=make_slot(cake.pickup_starts_at), ref="x"
    )
    page = kitchen_room.tablet()
    is_live(page)
    expect(page.locator("#cake-count")).to_have_text("1")
    expect(page.locator("#count-paid")).to_have_text("2")
    page.locator("#cakes-only").check()
    expect(ticket(page, bread)).to_have_count(0)
    expect(ticket(page, cake)).to_be_visible()
    expect(page.locator("#count-paid")).to_have_text("1")
    page.reload()
    expect(page.locator("#cakes-only")).to_be_checked()


def test_offline_it_says_so_polls_and_catches_up_with_nothing_twice(kitchen_room, paid_cake):
    page = kitchen_room.tablet()
    is_live(page)
    kitchen_room.connected = False
    kitchen_room.sockets.__exit__()
    expect(page.locator("#banner")).to_be_visible(timeout=10_000)
    first = paid_cake()
    expect(ticket(page, first)).to_be_visible(timeout=15_000)  # polled
    assert re.search("lost", page.locator("#banner").inner_text())
    append(first, 5)
    second = paid_cake()
    with LiveSockets(kitchen_room.sockets._port):
        expect(page.locator("body")).to_have_attribute("data-state", "live")
        expect(page.locator("#banner")).to_be_hidden()
        expect(ticket(page, second)).to_be_visible()
        append(second, 5)
        total, last = BoardEvent.objects.count(), BoardEvent.objects.latest("seq").seq
        expect(page.locator("body")).to_have_attribute("data-seq", str(last))
        assert page.evaluate("Number(document.body.dataset.applied)") == total


def test_after_logout_the_board_says_so(kitchen_room):
    from django.contrib.sessions.models import Session

    page = kitchen_room.tablet()
    is_live(page)
    kitchen_room.connected = False
    Session.objects.all().delete()
    expect(page.locator("body")).to_have_attribute("data-state", "signed-out")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    kitchen_room.complaints[:] = [
        text for text in kitchen_room.complaints if "403" not in text and "401" not in text
    ]


def test_who_may_not_see_the_board_is_sent_to_sign_in(client, kitchen):
    from tests.accounts.people import browser as make_browser
    from tests.accounts.people import customer

    assert client.get("/board/").status_code == 302
    assert make_browser(kitchen).get("/board/").status_code == 302  # no second factor
    assert make_browser(customer()).get("/board/").status_code == 302
    assert make_browser(staff("cashier"), verified=True).get("/board/").status_code == 403
    assert make_browser(kitchen, verified=True).get("/board/").status_code == 200


def test_the_board_over_http_only(kitchen, paid_cake):
    from tests.accounts.people import browser as make_browser

    order = paid_cake()
    cook = make_browser(kitchen, verified=True)
    snapshot = cook.get("/api/v1/staff/board").json()
    assert [row["number"] for row in snapshot["orders"]] == [order.number]
    since = cook.get("/api/v1/staff/board", {"after": 0}).json()
    assert since["last"] == snapshot["seq"] == since["events"][-1]["seq"]
    assert cook.get("/api/v1/staff/board", {"after": since["last"]}).json()["events"] == []
    for wrong in ("-1", "x", str(2**70)):
        assert cook.get("/api/v1/staff/board", {"after": wrong}).status_code == 400
    body = {"number": order.number}
    ack = "/api/v1/staff/board/ack"
    answers = [cook.post(ack, body, content_type="application/json").json() for _ in range(2)]
    assert answers == [{"acknowledged": True}, {"acknowledged": False}]
    unknown = cook.post(ack, {"number": "B-0"}, content_type="application/json")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "order_not_found")


def wake(page: Page) -> None:
    """Do as a tablet that slept: only then it asks for the time again."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_days_stations_and_what_comes_up_while_the_board_is_open(
    kitchen_room, paid_cake, monkeypatch
):
    """One clock for the shop and its boards: it is moved, and nothing is reloaded by hand."""
    real, ahead = clock.now, timedelta(0)
    monkeypatch.setattr(clock, "now", lambda: real() + ahead)
    bread = on_shelf("bread", product_name="Rye")
    make_station("Oven", category_ids=[bread.product.category_id])
    today = clock.start_of_shop_day(clock.shop_date(clock.now()))
    noon = today + timedelta(days=3, hours=12)
    ahead = noon - clock.now()

    up = seen(paid_cake("Now"))
    coming = seen(paid_cake("Soon", ahead=timedelta(minutes=33)))
    loaf = order_for(clock.now() + timedelta(days=1), [(bread, 1, "")], at=clock.now())
    far = seen(paid_cake("Far", ahead=timedelta(days=6)))
    one, two = kitchen_room.tablet(), kitchen_room.tablet(width=820)
    one.locator("#sound").click()
    for page in (one, two):
        is_live(page)
        expect(ticket(page, up, "paid")).to_be_visible()
        expect(ticket(page, loaf, "paid")).to_be_visible()  # nobody has seen it
        expect(ticket(page, coming, "coming")).to_contain_text("Comes up Today")
        expect(ticket(page, far)).to_have_count(0)
        expect(page.locator("#later-days")).to_contain_text("1 order, 1 with cake")

    # The badge is the server's count, for every choice of day and station.
    for name, lane in (("All days", None), ("Today", Lane.TODAY), ("Tomorrow", Lane.TOMORROW)):
        two.get_by_role("button", name=name).click()
        for value, station in (("", None), ("0", 0)):
            two.locator("#station").select_option(value)
            held = selectors.board_orders(at=clock.now(), lane=lane, station=station)
            cakes = held.filter(has_cake=True).count()
            expect(two.locator("#cake-count")).to_have_text(str(cakes))
    two.get_by_role("button", name="All days").click()
    oven = selectors.station_plan().stations[0].id
    two.locator("#station").select_option(str(oven))
    expect(two.locator(".ticket")).to_have_count(1)
    expect(ticket(two, loaf)).to_be_visible()
    two.reload()  # this device remembers its station
    expect(two.locator("#station option:checked")).to_have_text("Oven (1)")
    assert two.url.endswith(f"?station={oven}")
    expect(two.locator(".ticket")).to_have_count(1)

    # Half of an hour goes by: what was coming up is there, with a bell, until it is touched.
    ahead += timedelta(minutes=4)
    one.evaluate("document.body.dataset.rings = 0")
    services.acknowledge(order_number=loaf.number, actor="user:1", at=clock.now())
    expect(ticket(one, loaf, "coming")).to_be_visible()
    wake(one)
    expect(ticket(one, coming, "paid")).to_contain_text("Came up")
    expect(one.locator("body")).to_have_attribute("data-rings", re.compile(r"[1-9]"))
    ticket(one, coming).get_by_role("button", name="Seen").click()
    expect(ticket(one, coming).get_by_role("button", name="Seen")).to_have_count(0)

    # A change is marked on each device until it is seen on that one.
    change_order(up, message="Now & then", at=clock.now())
    expect(ticket(one, up)).to_contain_text("the message is now “Now & then”, was “Now”")
    ticket(one, up).get_by_role("button", name="Seen").click()
    expect(ticket(one, up).locator(".changes")).to_have_count(0)
    two.locator("#station").select_option("")
    expect(ticket(two, up).locator(".changes")).to_be_visible()

    # At midnight tomorrow is today.
    ahead += timedelta(hours=12)
    wake(one)
    one.get_by_role("button", name="Today").click()
    expect(ticket(one, loaf)).to_be_visible()
    one.get_by_role("button", name="Overdue").click()
    expect(ticket(one, up)).to_contain_text("Pickup time has passed")
