"""The log of messages: found, read as it went out, sent again; costs and caps beside it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.notifications import services
from apps.notifications.admin.spending import bars
from apps.notifications.models import Message, ProviderReport, SendingBudget
from apps.notifications.rules.codes import explain_code
from apps.notifications.selectors import sending
from apps.notifications.states import MessageState, Topic
from bakery.kernel import clock
from tests.accounts.people import browser, staff

pytestmark = pytest.mark.django_db
MESSAGES, API = "/console/notifications/message/", "/api/v1/staff/messages"


@pytest.fixture
def manager():
    return browser(staff("manager"), verified=True)


@pytest.fixture
def clerk():
    """Somebody who may see messages but nobody's account."""
    user = staff("cashier")
    user.user_permissions.add(Permission.objects.get(codename="view_message"))
    return browser(user, verified=True)


@pytest.fixture
def mail(at):
    return services.send_mail(
        template="orders/mail/claim_orders",
        to="ann@example.com",
        context={"link": "https://shop.example/claim/secret-token/"},
        dedupe_key="claim:1",
        at=at,
    )


def test_a_message_is_shown_as_it_went_out_without_its_links(manager, mail, at):
    Message.objects.filter(pk=mail.pk).update(state=MessageState.WITHHELD, error_code="suppressed")
    ProviderReport.objects.create(
        event_id="x:1", message_id=mail.pk, kind="bounced", detail="No such box", at=at
    )
    reply = manager.get(f"{MESSAGES}{mail.pk}/change/")
    page = reply.content.decode()
    assert "ann@example.com" in page
    assert "bounced for good" in page
    assert "No such box" in page
    assert "secret-token" not in page
    assert "frame-src 'self'" in reply.headers["Content-Security-Policy"]
    framed = manager.get(f"{MESSAGES}{mail.pk}/mail/")
    assert framed.headers["X-Frame-Options"] == "SAMEORIGIN"
    policy = framed.headers["Content-Security-Policy"]
    assert {"default-src 'none'", "sandbox"} <= {part.strip() for part in policy.split(";")}
    assert "script-src" not in policy  # left to default-src
    body = framed.content.decode()
    assert "<html" in body
    assert "secret-token" not in body
    assert "https://" not in body.partition("<body")[2]


def test_a_text_has_no_picture(manager, text):
    assert manager.get(f"{MESSAGES}{text().pk}/mail/").status_code == 404


def test_the_button_sends_again_whatever_did_not_arrive(manager, clerk, text):
    message = text()
    address = f"{MESSAGES}{message.pk}/again/"
    assert manager.get(address).status_code == 405
    assert "not sent again" in manager.post(address, follow=True).content.decode()
    Message.objects.filter(pk=message.pk).update(state=MessageState.WITHHELD, error_code="expired")
    assert clerk.post(address).status_code == 403
    assert "being sent again" in manager.post(address, follow=True).content.decode()
    message.refresh_from_db()
    assert (message.state, message.resends) == (MessageState.QUEUED, 1)


def test_recipients_are_masked_for_who_may_not_see_accounts(manager, clerk, text):
    message = text()
    for address in (MESSAGES, f"{MESSAGES}{message.pk}/change/", API, f"{API}/{message.pk}"):
        assert "+14165550123" in manager.get(address).content.decode()
        masked = clerk.get(address).content.decode()
        assert "+14165550123" not in masked
        assert "0123" in masked


def test_the_api_lists_filters_and_searches(manager, text, at):
    text()
    text(dedupe_key="B-7:ready", to="+14165550199", topic=Topic.LOYALTY, kind="points")
    rows = manager.get(API).json()["results"]
    assert [row["kind"] for row in rows] == ["points", "order_ready"]
    for query in (
        "topic=loyalty",
        "kind=points",
        "search=0199",
        "search=B-7",
        "state=queued&kind=points",
    ):
        [row] = manager.get(f"{API}?{query}").json()["results"]
        assert row["kind"] == "points"
    later = (at + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert manager.get(f"{API}?since={later}").json()["results"] == []


@pytest.mark.parametrize(
    "query",
    ["state=gone", "since=x", "search=%00", "channel=pigeon", "topic=1", "kind=" + "x" * 99],
)
def test_bad_filters_are_refused_clearly(manager, query):
    reply = manager.get(f"{API}?{query}")
    assert reply.status_code in {400, 404}
    assert reply.json()["error"]["code"]


@pytest.mark.parametrize("number", [0, 2**63 - 1, 10**30])
def test_there_is_no_such_message(manager, number):
    assert manager.get(f"{API}/{number}").status_code == 404
    assert manager.post(f"{API}/{number}/resend").status_code == 404
    assert manager.get(f"{MESSAGES}{number}/mail/").status_code == 404


def test_the_api_sends_again_what_did_not_arrive(manager, clerk, text):
    message = text()
    assert manager.post(f"{API}/{message.pk}/resend").status_code == 409
    Message.objects.filter(pk=message.pk).update(state=MessageState.FAILED, error_code="30005")
    assert clerk.post(f"{API}/{message.pk}/resend").status_code == 403
    shown = manager.post(f"{API}/{message.pk}/resend").json()
    assert (shown["state"], shown["resends"]) == ("queued", 1)
    assert shown["text"] == "Your cake is ready."
    assert [move["new"] for move in shown["history"]] == ["queued"]


def queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_lists_need_as_many_queries_for_five_rows_as_for_one(manager, text):
    text()
    queries(manager, API)
    one = queries(manager, API)
    for number in range(4):
        text(dedupe_key=f"more:{number}")
    assert queries(manager, API) == one


def sent(text, at, number, *, country="CA", cost="0.0113", to="+14165550123"):
    row = text(dedupe_key=f"sent:{number}", at=at, to=to)
    Message.objects.filter(pk=row.pk).update(country=country, cost=cost, segments=1, state="sent")


def test_costs_by_country_and_day_and_how_full_the_caps_are(manager, text, at, settings):
    sent(text, at, 1)
    sent(text, at, 2)
    sent(text, at, 3, country="US", cost="1.5")
    first_day = clock.start_of_shop_day(clock.shop_date(at) - timedelta(days=29))
    sent(text, first_day + timedelta(hours=1), 4, cost="0.5")
    sent(text, at - timedelta(days=80), 5, cost="9")
    text(dedupe_key="unsent")
    us, canada = sending.spending_by_country(at=at)
    assert (us.country, us.texts_today, us.cost_today) == ("US", 1, Decimal("1.5000"))
    assert (canada.texts_today, canada.cost_today) == (2, Decimal("0.0226"))
    days = sending.spending_by_day(at=at)
    assert (len(days), days[-1].texts, days[0].texts) == (30, 3, 1)
    hour = at.replace(minute=0, second=0, microsecond=0)
    for key, used in (("+14165550123", 3), ("+14165550124", 5)):
        SendingBudget.objects.create(scope="number_hour", key=key, window_start=hour, used=used)
    settings.SMS_CAPS = {**settings.SMS_CAPS, "number_hour": 10}
    [fullest] = [cap for cap in sending.cap_use(at=at) if cap.scope == "number_hour"]
    assert (fullest.used, fullest.percent, fullest.key) == (5, 50, "…0124")
    page = manager.get(f"{MESSAGES}spending/").content.decode()
    assert "US" in page
    assert "+1416" not in page
    told = manager.get("/api/v1/staff/sending").json()
    assert [row["country"] for row in told["countries"]] == ["US", "CA"]
    assert {row["name"] for row in told["providers"]} == set(settings.BREAKERS)


def test_an_empty_shop_has_a_page_too(manager, at):
    assert manager.get(f"{MESSAGES}spending/").status_code == 200
    assert manager.post(f"{MESSAGES}spending/").status_code == 403
    assert bars(sending.spending_by_day(at=at))["bars"][0]["height"] == 0


@pytest.mark.parametrize("code", ["cap_money_day", "21610", "quiet_hours", "smtp_550"])
def test_codes_are_explained(code):
    assert explain_code(code).endswith(".")


def test_an_unknown_code_speaks_for_itself():
    assert explain_code("99999") == explain_code("cap_nothing") == ""
