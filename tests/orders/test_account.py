"""The account of a customer: its orders, guest orders that it claims, and its calendar."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.notifications.models import Message
from apps.orders import selectors, services
from apps.orders.models import CalendarFeed, CartLine, MailboxClaim, Order
from bakery.kernel import clock
from bakery.kernel.errors import Invalid, NotFound, Refused
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.orders.factories import AT, make_cake, make_slot, make_variant, on_open_day, pay, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return people.customer()


def as_customer(user, **changes):
    values = {"name": "Ada Byron", "email": user.email, "phone": "+14165550123"}
    return services.Customer(**{**values, **changes}, user_id=user.pk)


def guest(email):
    return services.Customer(name="Ada Byron", email=email, phone="+14165550123")


def token_of(user):
    return people.api(people.log_in(user).access)


def order_of(user, lines=None, **options):
    return place(lines or [(make_cake(), 1, "")], customer=as_customer(user), **options)


# --- the list and ordering again ----------------------------------------------------------------


def test_the_account_page_is_empty_at_first(ada):
    page = people.browser(ada).get("/account/").content.decode()
    assert "nothing on order" in page
    assert "No saved addresses" in page
    assert ada.email in page


def test_the_account_page_shows_what_is_ahead_and_what_was(ada):
    ahead, past = order_of(ada), order_of(ada)
    services.cancel_order(order_id=past.pk, actor="customer", reason="", at=AT)
    stranger = place([(make_cake(), 1, "")], customer=as_customer(people.customer("e@example.com")))
    page = people.browser(ada).get("/account/").content.decode()
    assert page.index(ahead.number) < page.index(past.number)
    assert stranger.number not in page


def test_older_orders_are_paged_by_key(ada):
    variant, slot = make_variant(stock=30), make_slot()
    for _ in range(12):
        made = order_of(ada, [(variant, 1, "")], slot=slot)
        services.cancel_order(order_id=made.pk, actor="customer", reason="", at=AT)
    window, seen, path = people.browser(ada), [], "/account/"
    while path:
        page = window.get(path).content.decode()
        seen += re.findall(r'href="/orders/[\w-]+/">([^<]+)</a>', page)
        more = re.search(r'href="(\?before=\d+)"', page)
        path = f"/account/{more[1]}" if more else None
    numbers = list(Order.objects.order_by("-pk").values_list("number", flat=True))
    assert seen == numbers
    for odd in ("x", "-1", "9" * 40, "1e3", "%00"):
        assert window.get(f"/account/?before={odd}").status_code in {200, 400}


@pytest.mark.parametrize("path", ["/account/", "/api/v1/me/orders"])
def test_a_list_of_orders_costs_the_same_at_one_and_at_five(ada, path):
    variant, slot, counts = make_variant(stock=30), make_slot(), []
    window = people.browser(ada)
    for number in (1, 4):
        for _ in range(number):
            order_of(ada, [(variant, 1, "")], slot=slot)
        with CaptureQueriesContext(connection) as queries:
            assert window.get(path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_api_lists_the_accounts_orders_only(ada):
    mine = order_of(ada, [(make_cake(), 2, "")])
    place([(make_cake(), 1, "")])
    reply = token_of(ada).get("/api/v1/me/orders").json()
    assert [row["number"] for row in reply["results"]] == [mine.number]
    assert reply["results"][0]["lines"] == ["2 x Carrot cake, 8 inch"]
    assert APIClient().get("/api/v1/me/orders").status_code == 401


def test_an_order_is_placed_again_at_todays_price_without_what_is_gone(ada):
    cake, loaf = make_cake(message=20, price="48.00"), make_variant(product_name="Rye bread")
    plain = make_cake(message=20, product_name="Plum cake")
    order = order_of(ada, [(cake, 1, "Zoë"), (loaf, 2, ""), (plain, 1, "Hi")])
    cake.price = "50.00"
    cake.save()
    loaf.archived_at = clock.now()
    loaf.save()
    plain.message_max_length = 0
    plain.save()
    api = token_of(ada)
    reply = api.post(f"/api/v1/me/orders/{order.public_id}/again")
    assert reply.status_code == 200, reply.content
    body = reply.json()
    assert body["added"] == 1
    assert [line["code"] for line in body["missing"]] == ["archived", "message_not_offered"]
    (line,) = body["cart"]["lines"]
    assert (line["message"], line["unit_price"]) == ("Zoë", "50.00")
    again = api.post(f"/api/v1/me/orders/{order.public_id}/again").json()
    assert [line["quantity"] for line in again["cart"]["lines"]] == [2]
    page = people.browser(ada).post(f"/account/orders/{order.public_id}/again/", follow=True)
    assert "Rye bread, piece: not sold any more" in page.content.decode()
    assert CartLine.objects.get(cart__user=ada).quantity == 3


def test_nobody_orders_anothers_order_again(ada):
    order, eve = order_of(ada), people.customer("eve@example.com")
    mine_as_guest = place([(make_cake(), 1, "")], customer=guest(eve.email))
    for public_id in (order.public_id, mine_as_guest.public_id):
        reply = token_of(eve).post(f"/api/v1/me/orders/{public_id}/again")
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "order_not_found")
        window = people.browser(eve)
        assert window.post(f"/account/orders/{public_id}/again/").status_code == 404
    assert not CartLine.objects.filter(cart__user=eve).exists()


def test_staff_with_their_code_are_sent_to_the_console():
    window = people.browser(people.staff("manager"), verified=True)
    assert window.get("/account/")["Location"] == "/console/"
    assert window.post("/account/calendar/")["Location"] == "/console/"


# --- guest orders -------------------------------------------------------------------------------


def test_an_account_takes_over_the_guest_orders_of_its_own_mailbox(ada):
    own = place([(make_cake(), 1, "")], customer=guest("ADA@Example.com"))
    other = place([(make_cake(), 1, "")], customer=guest("eve@example.com"))
    window = people.browser(ada)
    assert "1 order was placed with your e-mail" in window.get("/account/").content.decode()
    api = token_of(ada)
    assert api.post("/api/v1/me/claims", {}, format="json").json() == {"claimed": 1}
    assert api.post("/api/v1/me/claims", {}, format="json").json() == {"claimed": 0}
    own.refresh_from_db()
    other.refresh_from_db()
    assert (own.user_id, other.user_id) == (ada.pk, None)
    assert AuditEntry.objects.filter(action="orders.claim").count() == 1
    # Then it is the account's alone: whoever else has the link does not get in any more.
    assert Client().get(f"/orders/{own.public_id}/").status_code == 404
    assert window.get(f"/orders/{own.public_id}/").status_code == 200
    assert Client().get(f"/orders/{other.public_id}/").status_code == 200


@pytest.mark.parametrize("has_orders", [True, False])
def test_an_unconfirmed_account_gets_nothing_and_learns_nothing(ada, has_orders):
    if has_orders:
        place([(make_cake(), 1, "")], customer=guest(ada.email))
    User.objects.filter(pk=ada.pk).update(email_verified_at=None)
    window = people.browser(ada)
    assert "placed with your" not in window.get("/account/").content.decode()
    reply = window.post("/api/v1/me/claims", {}, content_type="application/json")
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "mailbox_unverified")
    assert selectors.claimable_orders(ada.pk) == 0
    assert not Order.objects.filter(user=ada).exists()


def link_in(message):
    return re.search(r"token=([0-9a-f]{64})", message)[1]


def test_another_mailbox_is_proved_by_a_link_that_works_once(ada, drain_outbox, mailoutbox):
    order = place([(make_cake(), 1, "")], customer=guest("Ada@Work.example"))
    eve = people.customer("eve@example.com")
    drain_outbox()
    mailoutbox.clear()
    asked = {"email": "ada@work.example"}
    known = token_of(ada).post("/api/v1/me/claims", asked, format="json")
    unknown = token_of(ada).post("/api/v1/me/claims", {"email": "no@x.example"}, format="json")
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    drain_outbox()
    assert [mail.to for mail in mailoutbox] == [["ada@work.example"]]
    token = link_in(mailoutbox[0].body)
    assert token not in str(list(Message.objects.values()) + list(MailboxClaim.objects.values()))
    for wrong in (
        {"user_id": eve.pk, "token": token, "at": clock.now()},
        {
            "user_id": ada.pk,
            "token": token[:-1] + ("1" if token.endswith("0") else "0"),
            "at": clock.now(),
        },
        {"user_id": ada.pk, "token": token, "at": clock.now() + timedelta(days=2)},
    ):
        with pytest.raises(Invalid, match="link"):
            services.confirm_claim(**wrong)
    window = people.browser(ada)
    assert token in window.get(f"/account/claim/?token={token}").content.decode()
    assert not Order.objects.filter(user=ada).exists()
    assert window.post("/account/claim/", {"token": token}).status_code == 303
    order.refresh_from_db()
    assert order.user_id == ada.pk
    assert window.post("/account/claim/", {"token": token}).status_code == 400
    reply = token_of(ada).post("/api/v1/me/claims/confirm", {"token": token}, format="json")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "link_invalid")


def test_an_order_of_another_account_is_never_claimed(ada):
    eve = people.customer("eve@example.com")
    order = place([(make_cake(), 1, "")], customer=as_customer(eve, email=ada.email))
    assert services.claim_own_orders(user_id=ada.pk, at=AT) == 0
    order.refresh_from_db()
    assert order.user_id == eve.pk


def test_staff_claim_nothing():
    boss = people.staff("manager")
    place([(make_cake(), 1, "")], customer=guest(boss.email))
    with pytest.raises(Refused):
        services.claim_own_orders(user_id=boss.pk, at=AT)


def test_asking_for_links_is_limited(ada, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "mailbox": "2/hour"}
    api = token_of(ada)
    asked = {"email": "ada@work.example"}
    codes = [api.post("/api/v1/me/claims", asked, format="json").status_code for _ in range(3)]
    assert codes == [202, 202, 429]


# --- the calendar -------------------------------------------------------------------------------


def feed_of(user, at=AT):
    url = services.open_feed(user_id=user.pk, at=at)
    return url.rpartition("/calendar/")[2].removesuffix(".ics")


def events_in(body):
    return {str(event["url"]): event for event in Calendar.from_ical(body).walk("VEVENT")}


TORONTO = ZoneInfo("America/Toronto")


@pytest.mark.parametrize(
    ("at", "days", "hours"),
    [
        (datetime(2026, 2, 20, 12, 0, tzinfo=UTC), ["2026-03-07", "2026-03-08"], [15, 14]),
        (datetime(2026, 10, 20, 12, 0, tzinfo=UTC), ["2026-10-31", "2026-11-01"], [14, 15]),
    ],
)
def test_the_calendar_is_right_on_both_sides_of_a_change_of_clocks(ada, at, days, hours):
    walls = [datetime.fromisoformat(f"{day}T10:00").replace(tzinfo=TORONTO) for day in days]
    variant = make_variant(stock=30)
    for wall in walls:
        slot = make_slot(wall.astimezone(UTC))
        place([(variant, 1, "")], customer=as_customer(ada), slot=slot, at=at)
    place([(variant, 1, "")], slot=slot, at=at)
    body = selectors.calendar_behind(feed_of(ada), at=at)
    starts = [event["dtstart"].dt for event in Calendar.from_ical(body).walk("VEVENT")]
    assert [start.hour for start in starts] == hours
    assert [start.utcoffset() for start in starts] == [timedelta(0)] * 2
    assert [f"{start.astimezone(TORONTO):%H:%M}" for start in starts] == ["10:00", "10:00"]


def test_what_happens_to_an_order_shows_in_the_calendar(ada):
    order = order_of(ada)
    token, uid, seen = feed_of(ada), set(), []
    for step in (None, pay, services.start_production, services.cancel_order):
        if step is pay:
            pay(order)
        elif step is services.start_production:
            step(order_id=order.pk, actor="user:1", at=AT)
        elif step is not None:
            step(order_id=order.pk, actor="user:1", reason="sold", at=AT)
        (event,) = events_in(selectors.calendar_behind(token, at=AT)).values()
        uid.add(str(event["uid"]))
        seen.append((str(event["status"]), int(event["sequence"])))
    assert [status for status, _ in seen] == ["TENTATIVE", "CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [number for _, number in seen] == sorted({number for _, number in seen})
    assert len(uid) == 1
    Order.objects.update(revision=5)
    (event,) = events_in(selectors.calendar_behind(token, at=AT)).values()
    assert int(event["sequence"]) == seen[-1][1] + 5


def test_the_calendar_is_opened_by_its_secret_alone_and_says_nothing_of_the_person(ada):
    slot = make_slot(on_open_day(7))
    order = order_of(ada, [(make_cake(message=30), 1, "Happy birthday Zoë")], slot=slot)
    token = feed_of(ada, at=clock.now())
    reply = Client().get(f"/calendar/{token}.ics")
    assert reply.status_code == 200
    assert reply["Content-Type"].startswith("text/calendar")
    assert "no-store" in reply["Cache-Control"]
    text = reply.content.decode().replace("\r\n ", "")
    assert order.number in text
    for private in ("Byron", ada.email, "4165550123", "Zoë", "pickup_code"):
        assert private not in text
    assert token not in str(list(CalendarFeed.objects.values()))
    for wrong in ("x", token[:-1], f"{token}x", "a" * 500, "..%2f"):
        assert Client().get(f"/calendar/{wrong}.ics").status_code == 404


def test_a_calendar_address_is_made_anew_and_taken_back(ada):
    api = token_of(ada)
    assert api.get("/api/v1/me/calendar").json() == {"since": None}
    first = api.post("/api/v1/me/calendar")
    assert first.status_code == 201
    assert api.get("/api/v1/me/calendar").json()["since"]
    path = first.json()["url"].partition("8000")[2] or first.json()["url"].split("/", 3)[3]
    path = "/" + path.lstrip("/")
    assert Client().get(path).status_code == 200
    window = people.browser(ada)
    page = window.post("/account/calendar/", {"do": "new"}).content.decode()
    second = re.search(r"/calendar/[\w-]+\.ics", page)[0]
    assert Client().get(path).status_code == 404
    assert Client().get(second).status_code == 200
    window.post("/account/calendar/", {"do": "end"})
    assert Client().get(second).status_code == 404
    assert api.delete("/api/v1/me/calendar").status_code == 204


def test_a_closed_account_has_no_calendar(ada):
    token = feed_of(ada)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    with pytest.raises(NotFound):
        selectors.calendar_behind(token, at=AT)


def test_looking_for_calendars_is_slowed_down(settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "calendar": "2/minute"}
    codes = [Client().get(f"/calendar/guess{n}.ics").status_code for n in range(3)]
    assert codes == [404, 404, 429]


def test_a_calendar_costs_the_same_whatever_is_in_it(ada):
    token, counts, variant = feed_of(ada), [], make_variant(stock=20)
    for number in (1, 4):
        for _ in range(number):
            order_of(ada, [(variant, 1, "")])
        with CaptureQueriesContext(connection) as queries:
            selectors.calendar_behind(token, at=AT)
        counts.append(len(queries))
    assert counts[0] == counts[1] == 3
