"""Texts to the shop's number: STOP at once, and whatever else people write."""

from contextlib import suppress
from datetime import timedelta

import pytest
import requests
from twilio.request_validator import RequestValidator

from apps.accounts import selectors as accounts_selectors
from apps.accounts import services as accounts
from apps.notifications import services
from apps.notifications.models import (
    Contact,
    InboundText,
    Message,
    Subscription,
    SubscriptionRecord,
)
from apps.notifications.rules.keywords import Keyword, keyword_of
from apps.notifications.services import gates
from apps.notifications.states import Channel, InboundMeaning, MessageState, Topic
from bakery.kernel.errors import Unavailable
from tests.accounts import people

PHONE = "+14165550123"
PATH = "/webhooks/twilio/inbound/"


@pytest.mark.parametrize(
    ("body", "keyword"),
    [
        *[
            (word, Keyword.STOP)
            for word in (
                "STOP", "stop.", " Stop! ", "STOPALL", "stop all", "Unsubscribe", "CANCEL", "End",
                "quit", "ARRET", "Arrêt", "arre\u0302t", "opt-out", "REVOKE", "«Stop»",
            )
        ],
        *[(word, Keyword.START) for word in ("start", "UNSTOP")],
        *[(word, Keyword.YES) for word in ("Yes!", "OUI", "yes.")],
        *[(word, Keyword.HELP) for word in ("help?", "AIDE", "Info")],
        *[
            (word, None)
            for word in (
                "stop by the shop at 5?", "yes please", "", "\u200b", "STOP 4821", "OK", "stopp",
                "please stop", "🛑", "cancel my order", "s t o p",
            )
        ],
    ],
)  # fmt: skip
def test_only_the_whole_word_is_a_request(body, keyword):
    found = keyword_of(body)
    assert (found and found[0]) == keyword


@pytest.fixture
def take(at, db):
    """Take one text in as if the provider had sent it."""
    count = iter(range(1, 1000))

    def text(body, *, sender=PHONE, sid=None, told=""):
        return services.take_text(
            sid=sid or f"SM{next(count)}", sender=sender, body=body, at=at, told=told
        )

    return text


def ask(at, topic=Topic.CART, **more):
    given = {"channel": Channel.SMS, "address": PHONE, "topic": topic, "source": "checkout"}
    return services.subscribe(**{**given, "wording": "Text me", "at": at, **more})


def refusal(topic, at):
    return services.refusal_of(channel=Channel.SMS, address=PHONE, topic=topic, at=at)


@pytest.mark.parametrize("word", ["YES", "oui", "Start"])
def test_a_yes_confirms_what_was_asked(take, at, word):
    ask(at)
    assert "cart" in (answer := take(word)) or "panier" in answer
    assert refusal(Topic.CART, at) == ""
    assert refusal(Topic.NEWS, at) == "no_consent"
    proof = SubscriptionRecord.objects.order_by("pk").last()
    assert (proof.state, proof.source, proof.wording) == ("confirmed", "sms_reply", "Text me")
    assert InboundText.objects.get().meaning == InboundMeaning.CONFIRM


def test_a_yes_that_nobody_asked_for_is_for_people_to_read(take):
    assert take("Yes") == ""
    assert InboundText.objects.get().meaning == InboundMeaning.OTHER
    assert not Contact.objects.exists()


def test_stop_is_answered_once_and_takes_everything_back(take, at):
    ask(at)
    take("YES")
    assert "no more texts" in take("Stop")
    assert take("STOP") == ""
    assert refusal(Topic.CART, at) == refusal(Topic.ORDER, at) == "stopped"
    assert refusal(Topic.STAFF, at) == ""
    assert Subscription.objects.get().state == "withdrawn"


def test_a_start_brings_back_texts_about_orders_and_no_advertising(take, at):
    ask(at)
    take("YES")
    take("STOP")
    assert "about your orders" in take("START")
    assert refusal(Topic.ORDER, at) == ""
    assert refusal(Topic.CART, at) == "withdrawn"


def test_what_was_asked_for_a_stopped_number_is_asked_again_when_it_starts(take, at):
    take("STOP")
    ask(at)
    assert not Message.objects.exists()
    take("YES")
    assert refusal(Topic.CART, at) == "no_consent"
    assert Message.objects.get().kind == "opt_in"
    take("YES")
    assert refusal(Topic.CART, at) == ""


def test_the_answer_is_in_the_language_of_the_word(take, at):
    assert "vous ne recevrez plus" in take("ARRÊT")
    ask(at, language="fr")
    assert "Appelez-nous" in take("HELP") or "textos" in take("AIDE")


def test_help_names_the_shop_and_its_phone(take, settings):
    settings.SHOP_PHONE = "+1 416 555 0100"
    answer = take("HELP")
    for word in (settings.SHOP_NAME, settings.SHOP_PHONE, "STOP"):
        assert word in answer


def test_the_same_text_twice_is_one(take):
    assert take("STOP", sid="SM1")
    take("START", sid="SM2")
    assert take("STOP", sid="SM1") == ""
    assert Contact.objects.get().stopped_at is None
    assert InboundText.objects.count() == 2


def test_what_the_provider_answered_itself_is_done_and_not_answered(take, at):
    assert take("ça suffit", told="STOP") == ""
    assert refusal(Topic.ORDER, at) == "stopped"


@pytest.mark.parametrize(
    ("sender", "body"),
    [
        ("+14165550123", "a\x00b" * 3000),
        ("72345", "STOP"),
        ("A" * 400, "STOP"),
        ("+14165550123", ""),
        ("+14165550123", "\ud83d\ude00" * 10),
    ],
)
def test_absurd_texts_are_kept_for_people(take, sender, body):
    text = body.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert take(text, sender=sender) == ""
    row = InboundText.objects.get()
    assert row.meaning == InboundMeaning.OTHER
    assert len(row.body) <= 1600


def test_an_account_with_the_number_says_no_as_well(take, at, drain_outbox):
    ada = people.customer(phone=PHONE)
    accounts.record_consents(
        user_id=ada.pk, decisions={"marketing_sms": True}, source="account", at=at
    )
    drain_outbox()
    take("YES")
    assert refusal(Topic.NEWS, at) == ""
    take("STOP")
    assert accounts_selectors.consents(ada.pk)["marketing_sms"] is False
    drain_outbox()
    take("START")
    assert refusal(Topic.NEWS, at) == "withdrawn"


def post(public, settings, *, token=None, **form):
    form = {"MessageSid": "SM1", "From": PHONE, "To": settings.TWILIO_FROM, **form}
    signer = RequestValidator(token or settings.TWILIO_AUTH_TOKEN)
    signature = signer.compute_signature(public.url + PATH, form)
    return requests.post(
        public.url + PATH, data=form, headers={"X-Twilio-Signature": signature}, timeout=10
    )


@pytest.mark.django_db(transaction=True)
def test_forged_texts_are_refused_and_change_nothing(public, settings):
    assert post(public, settings, token="not-the-token", Body="STOP").status_code == 403
    unsigned = requests.post(public.url + PATH, data={"Body": "STOP", "From": PHONE}, timeout=60)
    assert unsigned.status_code == 403
    assert post(public, settings, Body="STOP", MessageSid="").status_code == 400
    assert post(public, settings, Body="STOP", From="").status_code == 400
    assert not InboundText.objects.exists()
    answer = post(public, settings, Body="a\x00stop")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml")
    assert "<Response />" in post(public, settings, Body="STOP").text


@pytest.mark.django_db(transaction=True)
def test_after_a_stop_no_text_but_an_alert_reaches_twilio(
    sandbox, public, text, drain_outbox, wait_until, settings, at
):
    """S6, over HTTP: a phone answers STOP, and whatever was queued for it is withheld."""
    settings.SHOP_ADDRESS = ["12 King Street"]
    sandbox.twilio.set_inbound_url(public.url + PATH)
    for topic in Topic.values:
        text(dedupe_key=f"q:{topic}", topic=topic)
    sandbox.twilio.reply("Stop!", from_=PHONE, to=settings.TWILIO_FROM)
    wait_until(lambda: Contact.objects.filter(stopped_at__isnull=False).exists())
    drain_outbox()
    states = dict(Message.objects.values_list("topic", "state"))
    staff = states.pop(Topic.STAFF)
    assert set(states.values()) == {MessageState.WITHHELD}
    assert staff != MessageState.WITHHELD
    reached = [m for m in sandbox.twilio.messages(PHONE) if m["direction"] == "outbound-api"]
    assert len(reached) <= 1
    answers = wait_until(
        lambda: [m for m in sandbox.twilio.messages(PHONE) if m["direction"] == "outbound-reply"]
    )
    assert len(answers) == 1


def _stop_between_two_attempts(sandbox, text, at):
    """One attempt fails at the provider; STOP comes; the text is tried again."""
    sandbox.twilio.add_fault("status", method="POST", status=500)
    message = text(topic=Topic.ORDER)
    with suppress(Unavailable):
        services.deliver_message(message_id=message.pk, at=at)
    assert sandbox.twilio.messages(PHONE) == []
    services.take_text(sid="SM9", sender=PHONE, body="STOP", at=at)
    services.deliver_message(message_id=message.pk, at=at + timedelta(minutes=11))
    message.refresh_from_db()
    return message


@pytest.mark.django_db(transaction=True)
def test_a_stop_between_two_attempts_ends_the_second(sandbox, public, text, at):
    message = _stop_between_two_attempts(sandbox, text, at)
    assert (message.state, message.error_code) == (MessageState.WITHHELD, "stopped")


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_judging_each_attempt_a_stop_comes_too_late(
    sandbox, public, text, at, monkeypatch
):
    monkeypatch.setattr(gates, "judge", lambda message, at: gates.OPEN)
    message = _stop_between_two_attempts(sandbox, text, at)
    assert message.state != MessageState.WITHHELD
