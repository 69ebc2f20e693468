"""What stands in the way of one alert, or of one person, keeps no other from being told."""

from datetime import timedelta

import pytest

from apps.notifications import services
from apps.notifications.adapters.outcome import DeliveryFailure, Receipt
from apps.notifications.models import Alert, AlertContact, Message
from apps.notifications.rules import Verdict
from apps.notifications.services import alerts, attempts, delivery
from apps.notifications.states import AlertKind, AlertState, MessageState
from bakery.kernel.errors import Unavailable

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, OTHER = "+14165550101", "+14165550102"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def raise_cake(at, key="cake-order:B-1"):
    return services.raise_alert(key=key, text="CAKE B-1 Sat", at=at, kind=AlertKind.CAKE)


def told(channel):
    rows = Message.objects.filter(channel=channel).order_by("pk")
    return list(rows.values_list("recipient", flat=True))


def test_an_alert_that_cannot_be_escalated_keeps_no_other(at, public, monkeypatch):
    first, second = raise_cake(at), raise_cake(at + MINUTE, "cake-order:B-2")
    climb = alerts.climb

    def fail(alert, **given):
        if alert.pk == first.pk:
            raise RuntimeError("this one does not work")
        return climb(alert, **given)

    monkeypatch.setattr(alerts, "climb", fail)
    with pytest.raises(RuntimeError, match="does not work"):
        services.escalate_overdue(at=at + 4 * MINUTE)
    levels = dict(Alert.objects.values_list("pk", "level"))
    assert levels == {first.pk: 0, second.pk: 1}
    monkeypatch.undo()
    assert services.escalate_overdue(at=at + 4 * MINUTE) == 1


def test_numbers_named_twice_are_called_once(at, public, settings):
    settings.ALERT_PHONES = [FIRST, FIRST, OTHER]
    raise_cake(at)
    for minutes in (2, 7, 17):
        assert services.escalate_overdue(at=at + minutes * MINUTE) == 1
    assert told("sms") == [FIRST, OTHER]
    assert told("voice") == [FIRST, OTHER] * 2


def test_a_mistyped_mailbox_or_number_stops_no_alert(at, public, settings):
    settings.ALERT_EMAILS = ["manager(at)bakery", "manager@bakery.example"]
    raise_cake(at)
    assert services.escalate_overdue(at=at + 2 * MINUTE) == 1
    assert told("email") == ["manager@bakery.example"]
    AlertContact.objects.bulk_create(
        [
            AlertContact(name="Ada", phone="0416 555", email="nowhere", position=1),
            AlertContact(name="Bea", phone=OTHER, email="bea@", position=2),
        ]
    )
    raise_cake(at, "cake-order:B-2")
    assert services.escalate_overdue(at=at + 2 * MINUTE) == 1
    assert told("sms")[2:] == [OTHER, OTHER]


def test_with_nobody_usable_on_the_roster_the_settings_are_told(at, public):
    AlertContact.objects.create(name="Ada", phone="0416 555")
    raise_cake(at)
    assert told("sms") == [FIRST]


def start(message_id, at):
    message = attempts.begin_attempt(message_id, at=at)
    assert message is not None
    return message


def refused(code="503", **given):
    return DeliveryFailure(code, Verdict.TRANSIENT, **given)


def accepted(sid="SM1", state=MessageState.SENDING):
    return Receipt(provider_sid=sid, state=state)


def test_a_slow_attempt_leaves_the_message_to_the_one_begun_after_it(at, text):
    """Otherwise the second one's failure finds it queued, and nobody ever tries again."""
    message = text()
    slow = start(message.pk, at)
    quick = start(message.pk, at + 30 * SECOND)
    with pytest.raises(Unavailable):
        delivery._note_failure(slow, refused(), at=at + 31 * SECOND)
    assert delivery._note_failure(quick, refused(), at=at + 32 * SECOND)
    message.refresh_from_db()
    assert (message.state, message.ambiguous) == (MessageState.QUEUED, True)


@pytest.mark.control
def test_control_a_slow_attempt_that_settles_takes_the_other_one_s_retry(at, text):
    message = text()
    slow = start(message.pk, at)
    quick = start(message.pk, at + 30 * SECOND)
    slow.attempted_at = quick.attempted_at  # as if they could not be told apart
    assert delivery._note_failure(slow, refused(), at=at + 31 * SECOND)
    assert not delivery._note_failure(quick, refused(), at=at + 32 * SECOND)


def test_a_bad_end_that_is_told_before_the_answer_is_not_undone_by_it(at, text):
    """The second try was queued with a new reference; the answer is about the first."""
    message = text()
    begun = start(message.pk, at)
    services.record_receipt(
        reference=begun.reference,
        provider_sid="SM1",
        status="undelivered",
        error_code="30003",
        at=at,
    )
    delivery._note_handed_over(begun, accepted(), at=at)
    message.refresh_from_db()
    assert (message.state, message.provider_sid, message.resends) == ("queued", "", 1)
    assert message.cost is not None
    again = start(message.pk, at + 3 * MINUTE)
    delivery._note_handed_over(again, accepted("SM2"), at=at + 3 * MINUTE)
    message.refresh_from_db()
    assert message.provider_sid == "SM2"


def test_what_may_be_out_is_looked_up_also_after_it_was_put_off(at, text):
    message = text()
    start(message.pk, at)  # and died
    Message.objects.filter(pk=message.pk).update(not_before=at + 5 * MINUTE)
    assert attempts.begin_attempt(message.pk, at=at + MINUTE) is None
    message.refresh_from_db()
    assert (message.state, message.ambiguous) == (MessageState.QUEUED, True)


def test_a_report_about_what_was_withheld_too_late_is_believed(at, public):
    alert = raise_cake(at)
    message = Message.objects.get()
    begun = start(message.pk, at)  # went out, and its process died
    services.acknowledge_alert(key=alert.key, by="board:1", at=at)
    assert attempts.begin_attempt(message.pk, at=at + MINUTE) is None
    message.refresh_from_db()
    assert (message.state, message.error_code) == (MessageState.WITHHELD, "acknowledged")
    told = {"reference": begun.reference, "provider_sid": "SM1", "error_code": "", "at": at}
    assert services.record_receipt(status="delivered", **told)
    message.refresh_from_db()
    assert message.state == MessageState.DELIVERED


def test_nothing_is_sent_to_somebody_erased_during_an_attempt(at, text):
    message = text()
    start(message.pk, at)
    services.erase_messages(recipients=[message.recipient], at=at)
    assert attempts.begin_attempt(message.pk, at=at + MINUTE) is None
    message.refresh_from_db()
    assert (message.state, message.error_code) == (MessageState.WITHHELD, "erased")


@pytest.mark.parametrize("state", [MessageState.QUEUED, MessageState.UNDELIVERED])
def test_ok_takes_no_charge_of_what_its_sender_was_not_told(at, public, state):
    raise_cake(at)
    Message.objects.update(state=state)
    answer = services.take_text(sid="SM9", sender=FIRST, body="OK", at=at)
    alert = Alert.objects.get()
    assert alert.reply_code in answer
    assert alert.state != AlertState.ACKNOWLEDGED
    Message.objects.update(state=MessageState.SENT)
    services.take_text(sid="SM10", sender=FIRST, body="OK", at=at)
    alert.refresh_from_db()
    assert alert.state == AlertState.ACKNOWLEDGED


def test_who_is_on_the_roster_and_stops_texts_is_told_of(at, public):
    AlertContact.objects.create(name="Ada", phone=FIRST, position=1)
    AlertContact.objects.create(name="Bea", phone=OTHER, position=2)
    for number in range(2):
        services.take_text(sid=f"SM{number}", sender=FIRST, body="STOP", at=at)
    services.take_text(sid="SM5", sender="+14165559999", body="STOP", at=at)
    alert = Alert.objects.get()
    assert "Ada" in alert.text
    assert alert.kind == AlertKind.SYSTEM
    # Twilio refuses it with 21610: the next is told at once, and by mail.
    first = Message.objects.get()
    begun = start(first.pk, at)
    delivery._note_failure(begun, DeliveryFailure("21610", Verdict.PERMANENT), at=at)
    assert told("sms") == [FIRST, OTHER]


def test_a_provider_left_alone_for_a_moment_rings_nobody_up(at, public):
    """Mails go out at once; texts to two people wait, and calls come in their time."""
    alert = raise_cake(at)
    alone = refused("breaker_open", was_tried=False, retry_after=20)
    for _ in range(2):
        for message in Message.objects.filter(state=MessageState.QUEUED, channel="sms"):
            delivery._note_failure(start(message.pk, at), alone, at=at)
            Message.objects.filter(pk=message.pk).update(not_before=None)
    alert.refresh_from_db()
    assert alert.level == 1
    assert (told("sms"), told("voice")) == ([FIRST, OTHER], [])
    assert told("email") == ["manager@bakery.example"]
    assert services.escalate_overdue(at=at + 6 * MINUTE) == 1
    assert told("voice") == [FIRST, OTHER]
