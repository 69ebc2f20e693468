"""Links, the log and the console's pages: what was forged, erased or is absurd breaks nothing."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.test import Client

from apps.notifications.adapters import voice
from apps.notifications.models import Contact, Message
from apps.notifications.services import write_text
from apps.notifications.services.reading import write_anew
from apps.notifications.services.tokens import CONFIRM, MANAGE, UNSUBSCRIBE, make_token
from apps.notifications.states import Channel
from bakery.kernel.segments import count_segments
from tests.accounts.people import browser, staff

pytestmark = pytest.mark.django_db
PAGES = {MANAGE: "preferences", UNSUBSCRIBE: "unsubscribe", CONFIRM: "preferences/confirm"}


def test_a_token_opens_its_own_page_alone_and_only_for_what_may_be_chosen(at):
    mailbox, phone = (
        Contact.objects.create(channel=channel, address=address, created_at=at)
        for channel, address in (
            (Channel.EMAIL, "ada@example.com"),
            (Channel.SMS, "+14165550123"),
        )
    )
    opened = {
        (purpose, page, contact.channel, topic)
        for purpose in PAGES
        for contact, topic in ((mailbox, "cart"), (mailbox, "order"), (phone, "loyalty"))
        for page, path in PAGES.items()
        for token in [make_token(purpose=purpose, contact_id=contact.pk, topic=topic)]
        if Client().get(f"/{path}/{token}/").status_code != 404
    }
    assert opened == {
        *((MANAGE, MANAGE, *held) for held in (
            ("email", "cart"), ("email", "order"), ("sms", "loyalty"))),
        (UNSUBSCRIBE, UNSUBSCRIBE, "email", "cart"),
        (CONFIRM, CONFIRM, "email", "cart"),
    }  # fmt: skip


@pytest.mark.parametrize("token", ["x", "~", "1..~x", "²", "x" * 500, "1.cart.~" + "A" * 43])
@pytest.mark.parametrize("path", [*PAGES.values(), "api/v1/preferences", "cart/restore", "alerts"])
def test_what_is_no_token_of_ours_is_nowhere(path, token):
    address = f"/{path}/{token}" + ("" if path.startswith("api/") else "/")
    assert Client().get(address).status_code == 404
    assert Client().post(address).status_code in {404, 405}


def templates() -> list[tuple[str, str]]:
    """Every mail's template with its language."""
    files = (Path(settings.BASE_DIR) / "templates").glob("*/mail/[a-z]*.txt")
    found = []
    for file in files:
        name, _, language = file.stem.partition(".")
        found.append((f"{file.parts[-3]}/mail/{name}", language or "en"))
    return sorted(found)


def test_an_erased_mail_of_any_kind_is_still_a_row_with_a_page(at):
    rows = [
        Message(channel=Channel.EMAIL, template=template, language=language, recipient=recipient)
        for template, language in templates()
        for recipient in ("erased", "chef@example.com")
    ]
    assert len(rows) > 80
    assert all(write_anew(row=row)[1] for row in rows)
    manager = browser(staff("manager"), verified=True)
    erased = Message.objects.create(
        channel=Channel.EMAIL, template="orders/mail/order_paid", kind="order_paid", context={},
        recipient="erased", dedupe_key="order:1:paid", created_at=at,
    )  # fmt: skip
    assert manager.get(f"/api/v1/staff/messages/{erased.pk}").json()["text"] == "(erased)"
    page = f"/console/notifications/message/{erased.pk}"
    assert "(erased)" in manager.get(f"{page}/change/").content.decode()
    assert manager.get(f"{page}/mail/").status_code == 404


@pytest.mark.parametrize("name", ["cart_left", "cart_last_call"])
def test_a_french_reminder_is_in_the_cheap_alphabet(name):
    context = {"shop_name": "Sweet Rise Bakery", "pieces": 2}
    words = write_text(template=f"recovery/sms/{name}", context=context, language="fr")
    assert count_segments(words + "x" * 50) == 1


def test_nobody_finds_out_by_searching_what_the_log_masks(at):
    clerk = staff("cashier")
    clerk.user_permissions.add(Permission.objects.get(codename="view_message"))
    Message.objects.create(
        channel=Channel.SMS, kind="ready", recipient="+14165550123", body="Ready",
        dedupe_key="B-7:ready", created_at=at,
    )  # fmt: skip
    found = {
        (who, words): len(client.get(f"/api/v1/staff/messages?search={words}").json()["results"])
        for who, client in (
            ("clerk", browser(clerk, verified=True)),
            ("manager", browser(staff("manager"), verified=True)),
        )
        for words in ("5550123", "B-7")
    }
    assert found == {
        ("clerk", "5550123"): 0, ("clerk", "B-7"): 1,
        ("manager", "5550123"): 1, ("manager", "B-7"): 1,
    }  # fmt: skip
    page = browser(clerk, verified=True).get("/console/notifications/message/?q=5550123")
    assert "0123" not in page.content.decode().partition("result_list")[2]


def test_what_is_spoken_is_xml_whatever_was_typed():
    typed = "Ada\x0b <Say>&\x1b \ufffe\U0001f382"
    said = voice.speak([typed], language="en", digits_to="https://shop.example/?a=1&b=2")
    [word] = ElementTree.fromstring(said).iter("Say")  # noqa: S314 - it is our own
    assert word.text == "Ada  <Say>&   \U0001f382"
