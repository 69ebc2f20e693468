"""The preference centre and the link below a mail: no log-in, at once, and nobody else's."""

import re
from datetime import timedelta
from email import message_from_string

import pytest
import requests

from apps.accounts import selectors as accounts_selectors
from apps.accounts import services as accounts
from apps.notifications import services
from apps.notifications.adapters.mail_reports import MailReport
from apps.notifications.models import Contact, Message, SubscriptionRecord
from apps.notifications.services.footers import footer_of, headers_of
from apps.notifications.services.mail_secrets import secret_context
from apps.notifications.states import Channel, MessageState, ReportKind, Topic
from tests.accounts import people

MAILBOX, PHONE = "ada@example.com", "+14165550123"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _address(settings):
    settings.SHOP_ADDRESS = ["12 King Street", "Toronto ON"]


def refusal(topic, at, *, channel=Channel.EMAIL, address=MAILBOX):
    return services.refusal_of(channel=channel, address=address, topic=topic, at=at)


def agree(at, *topics, language="en"):
    for topic in topics:
        services.subscribe(
            channel=Channel.EMAIL, address=MAILBOX, topic=topic, source="checkout", wording="w",
            at=at, proved=True, language=language,
        )  # fmt: skip


def mail(at, topic, **more):
    given = {"template": "notifications/mail/password_changed", "to": MAILBOX, "context": {}}
    return services.send_mail(**{**given, **more}, dedupe_key=f"{topic}:1", at=at, topic=topic)


def links(at, topic=Topic.CART):
    """Return the paths of the links below a mail about ``topic``."""
    footer = footer_of(mail(at, topic), at=at)
    paths = {name: re.sub(r"^https?://[^/]+", "", link) for name, link in footer.items()}
    return paths.get("unsubscribe_link"), paths.get("preferences_link")


def test_below_each_mail_stands_what_the_law_asks_for(at):
    agree(at, Topic.CART)
    footer = footer_of(mail(at, Topic.CART), at=at)
    assert footer["postal_address"] == "12 King Street, Toronto ON"
    assert headers_of(footer) == {
        "List-Unsubscribe": f"<{footer['unsubscribe_link']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    order = footer_of(mail(at, Topic.ORDER), at=at)
    assert "preferences_link" in order
    assert headers_of(order) == {}
    assert set(footer_of(mail(at, Topic.ACCOUNT), at=at)) == {"postal_address"}
    assert Contact.objects.count() == 1


def test_the_page_behind_the_link_speaks_as_the_first_mail_until_told_otherwise(at):
    footer_of(mail(at, Topic.ORDER, language="fr"), at=at)
    assert Contact.objects.get().language == "fr"
    footer_of(mail(at, Topic.LOYALTY, language="en"), at=at)
    assert Contact.objects.get().language == "fr"


@pytest.mark.django_db(transaction=True)
def test_a_mail_goes_out_with_its_headers_and_its_links(sandbox, public, at, drain_outbox, client):
    agree(at, Topic.NEWS)
    message = mail(at, Topic.NEWS)
    withheld = mail(at, Topic.CART)
    drain_outbox()
    sent = sandbox.mail.wait_for_mail(MAILBOX)
    raw = requests.get(f"{sandbox.twilio.client.url}/mails/{sent['id']}/source", timeout=60).text
    headers = message_from_string(raw)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = headers["List-Unsubscribe"].strip("\r\n <>")
    assert link.startswith(public.url)
    assert "12 King Street" in sent["text"]
    message.refresh_from_db()
    withheld.refresh_from_db()
    assert message.state == MessageState.SENT
    assert (withheld.state, withheld.error_code) == (MessageState.WITHHELD, "no_consent")


def test_one_press_of_a_mail_program_unsubscribes(client, at):
    agree(at, Topic.CART, Topic.NEWS)
    path, _ = links(at)
    client.handler.enforce_csrf_checks = True
    for _ in range(2):
        answer = client.post(path, ONE_CLICK)
        assert answer.status_code == 200
    assert (refusal(Topic.CART, at), refusal(Topic.NEWS, at)) == ("withdrawn", "")
    assert SubscriptionRecord.objects.filter(state="withdrawn").count() == 1


def test_a_scanner_that_follows_the_link_changes_nothing(client, at):
    agree(at, Topic.CART)
    path, _ = links(at)
    assert client.head(path).status_code == 200
    page = client.get(path)
    assert b"Yes, unsubscribe me" in page.content
    assert b"ada@" not in page.content
    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "same-origin"
    assert refusal(Topic.CART, at) == ""


def test_it_can_be_undone_on_the_page_that_did_it(client, at):
    agree(at, Topic.CART)
    path, _ = links(at)
    assert b"Undo" in client.post(path).content
    client.post(path, {"do": "undo"})
    assert refusal(Topic.CART, at) == ""


def test_the_link_works_long_after_the_mail(client, at, time_machine_ahead):
    agree(at, Topic.CART)
    path, _ = links(at)
    with time_machine_ahead(timedelta(days=400)):
        assert client.post(path, ONE_CLICK).status_code == 200
    assert refusal(Topic.CART, at) == "withdrawn"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token.replace(".", ".news", 1),
        lambda token: re.sub(r"^\d+", lambda number: str(int(number[0]) + 1), token),
        lambda token: "x",
        lambda token: "é" * 20,
        lambda token: "1" * 4000,
        lambda token: "~" * 5,
        lambda token: "..~" + token,
    ],
)
@pytest.mark.parametrize("page", ["unsubscribe", "preferences", "preferences/confirm"])
def test_no_address_but_a_signed_one_opens_anything(client, at, spoil, page):
    agree(at, Topic.CART, Topic.NEWS)
    unsubscribe, manage = links(at)
    token = (manage if page == "preferences" else unsubscribe).strip("/").rpartition("/")[2]
    for answer in (client.get, client.post):
        assert answer(f"/{page}/{spoil(token)}/").status_code == 404
    assert refusal(Topic.CART, at) == refusal(Topic.NEWS, at) == ""


def test_a_token_of_one_page_opens_no_other(client, at):
    agree(at, Topic.CART)
    unsubscribe, manage = (link.strip("/").rpartition("/")[2] for link in links(at))
    for path in (f"/preferences/{unsubscribe}/", f"/unsubscribe/{manage}/",
                 f"/preferences/confirm/{unsubscribe}/"):  # fmt: skip
        assert client.get(path).status_code == 404


def test_links_of_somebody_erased_open_nothing(client, at):
    agree(at, Topic.CART)
    services.withdraw(
        channel=Channel.EMAIL, address=MAILBOX, topic=Topic.NEWS, source="call", at=at
    )
    unsubscribe, manage = links(at)
    services.erase_messages(recipients=[MAILBOX], at=at)
    assert client.get(unsubscribe).status_code == client.get(manage).status_code == 404


def test_each_button_of_the_centre_counts_at_once_and_can_be_undone(client, at):
    agree(at, Topic.CART)
    _, path = links(at)
    off = {"channel": "email", "topic": "cart", "wanted": "off"}
    page = client.post(path, off, follow=True)
    assert refusal(Topic.CART, at) == "withdrawn"
    assert b"Undo" in page.content
    client.post(path, {**off, "wanted": "on"})
    assert refusal(Topic.CART, at) == ""
    proof = SubscriptionRecord.objects.order_by("pk").last()
    assert proof.source == "preference_centre"
    assert proof.wording.startswith("Mail me when I leave something in my cart")


def test_everything_is_switched_off_by_one_button(client, at):
    agree(at, Topic.CART, Topic.NEWS, Topic.MEASURE)
    _, path = links(at)
    client.post(path, {"do": "everything"})
    for topic in (Topic.CART, Topic.NEWS, Topic.LOYALTY, Topic.MEASURE):
        assert refusal(topic, at) == "withdrawn"
    assert refusal(Topic.ORDER, at) == ""


def test_the_language_is_chosen_and_the_page_speaks_it(client, at):
    agree(at, Topic.CART)
    unsubscribe, path = links(at)
    page = client.post(path, {"language": "fr"}, follow=True).content.decode()
    assert '<html lang="fr">' in page
    assert "Rappels de panier" in page
    assert "Oui, me désabonner" in client.get(unsubscribe).content.decode()
    assert Contact.objects.get().language == "fr"


@pytest.mark.parametrize(
    "form",
    [
        {"channel": "email", "topic": "order", "wanted": "off"},
        {"channel": "sms", "topic": "cart", "wanted": "on"},
        {"channel": "x" * 999, "topic": "\x00", "wanted": "on"},
        {"language": "tlh"},
        {},
    ],
)
def test_what_no_button_asks_for_is_refused(client, at, form):
    agree(at, Topic.CART)
    _, path = links(at)
    answer = client.post(path, form)
    assert answer.status_code == 400
    assert b'role="alert"' in answer.content
    assert refusal(Topic.CART, at) == ""


def test_a_typed_mailbox_confirms_by_the_mailed_link(client, at, drain_outbox):
    services.subscribe(
        channel=Channel.EMAIL, address=MAILBOX, topic=Topic.CART, source="checkout", wording="w",
        at=at,
    )  # fmt: skip
    message = Message.objects.get()
    link = secret_context(message, at=at)["link"]
    path = re.sub(r"^https?://[^/]+", "", link)
    assert b"Yes, I confirm" in client.get(path).content
    assert refusal(Topic.CART, at) == "no_consent"
    assert b"Thank you" in client.post(path).content
    assert refusal(Topic.CART, at) == ""
    assert b"Thank you" in client.post(path).content
    services.withdraw(
        channel=Channel.EMAIL, address=MAILBOX, topic=Topic.CART, source="call", at=at
    )
    assert b"Too late" in client.post(path).content
    assert refusal(Topic.CART, at) == "withdrawn"


def test_what_an_account_says_and_what_its_mailbox_said_agree(at, drain_outbox, client):
    ada = people.customer()
    said = {"user_id": ada.pk, "source": "account", "at": at}
    accounts.record_consents(decisions={"marketing_mail": True}, **said)
    drain_outbox()
    assert refusal(Topic.NEWS, at) == ""
    unsubscribe, _ = links(at, Topic.NEWS)
    client.post(unsubscribe, ONE_CLICK)
    assert accounts_selectors.consents(ada.pk)["marketing_mail"] is False
    drain_outbox()
    assert refusal(Topic.NEWS, at) == "withdrawn"
    accounts.record_consents(decisions={"marketing_mail": True}, **said)
    accounts.record_consents(decisions={"marketing_mail": False}, **said)
    drain_outbox()
    assert refusal(Topic.NEWS, at) == "withdrawn"


def test_no_to_news_in_the_account_is_no_to_reminders_as_well(at, drain_outbox):
    ada = people.customer()
    agree(at, Topic.CART)
    said = {"user_id": ada.pk, "source": "account", "at": at}
    accounts.record_consents(decisions={"marketing_mail": True}, **said)
    accounts.record_consents(decisions={"analytics": True}, **said)
    drain_outbox()
    assert refusal(Topic.CART, at) == ""
    accounts.record_consents(decisions={"marketing_mail": False}, **said)
    drain_outbox()
    assert refusal(Topic.CART, at) == "withdrawn"


def test_a_box_ticked_while_registering_counts_once_the_mailbox_is_confirmed(at, drain_outbox):
    accounts.request_registration(
        email=MAILBOX, password=people.PASSWORD, full_name="Ada", consents=["marketing_mail"], at=at
    )
    drain_outbox()
    assert refusal(Topic.NEWS, at) == "no_consent"
    user_id = accounts_selectors.owners_of(email=MAILBOX)[0].pk
    token = accounts.mint_mailbox_token(user_id=user_id, purpose="verify_mailbox", at=at)
    accounts.verify_mailbox(token=token, at=at)
    drain_outbox()
    assert refusal(Topic.NEWS, at) == ""


def test_the_account_shows_both_its_addresses_and_asks_the_phone(at, drain_outbox):
    ada = people.customer(phone=PHONE)
    mine = people.browser(ada)
    path = "/account/preferences/"
    assert b"By text message" in mine.get(path).content
    page = mine.post(path, {"channel": "sms", "topic": "cart", "wanted": "on"}, follow=True)
    assert b"to be confirmed" in page.content
    assert Message.objects.get().kind == "opt_in"
    assert refusal(Topic.CART, at, channel=Channel.SMS, address=PHONE) == "no_consent"
    assert people.browser().get(path).status_code == 302
    strict = people.browser(ada)
    strict.handler.enforce_csrf_checks = True
    assert strict.post(path, {"do": "everything"}).status_code == 403


def test_erasing_an_account_erases_its_contacts(at, drain_outbox):
    ada = people.customer(phone=PHONE)
    agree(at, Topic.CART)
    services.take_text(sid="SM1", sender=PHONE, body="STOP", at=at)
    accounts.anonymise_user(user_id=ada.pk, actor="customer", reason="asked", at=at)
    drain_outbox()
    kept = list(Contact.objects.values_list("channel", "address"))
    assert [channel for channel, _ in kept] == [Channel.SMS]
    assert kept[0][1].startswith("erased:")
    assert refusal(Topic.ORDER, at, channel=Channel.SMS, address=PHONE) == "stopped"


def test_nobody_agrees_for_another_account_that_has_the_same_number(at):
    ada, eve = (people.customer(mailbox, phone=PHONE) for mailbox in (MAILBOX, "eve@example.com"))
    owner = services.owner_of_account(user=eve)
    services.change_preferences(owner=owner, changes={"sms": {"news": True}}, at=at)
    held = {
        user.email: accounts_selectors.consents(user.pk)["marketing_sms"] for user in (ada, eve)
    }
    assert held == {MAILBOX: False, "eve@example.com": True}
    services.take_text(sid="SM1", sender=PHONE, body="STOP", at=at)
    assert accounts_selectors.consents(eve.pk)["marketing_sms"] is False


@pytest.mark.parametrize("way", ["staff", "mail provider"])
def test_news_taken_back_elsewhere_are_taken_back_from_the_account_too(at, way):
    user = people.customer(MAILBOX)
    services.change_preferences(
        owner=services.owner_of_account(user=user),
        changes={"email": {"news": True, "cart": True}},
        at=at,
    )
    if way == "staff":
        services.withdraw_on_request(
            contact_id=Contact.objects.get().pk, topics=["news"], actor="user:1", reason="rang",
            at=at,
        )  # fmt: skip
    else:
        report = MailReport(
            event_id="x:1", kind=ReportKind.UNSUBSCRIBED, reference=mail(at, Topic.NEWS).reference,
            provider_sid="", detail="", is_final=False, at=at,
        )  # fmt: skip
        services.record_mail_report(report=report, at=at)
    assert accounts_selectors.consents(user.pk)["marketing_mail"] is False
    assert (refusal(Topic.NEWS, at), refusal(Topic.CART, at)) == ("withdrawn", "")
