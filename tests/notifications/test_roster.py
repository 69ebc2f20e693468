"""Who is told: the people on duty in their order; and taking charge by answering a text."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.notifications import services
from apps.notifications.models import Alert, AlertContact, Message
from apps.notifications.rules.duty import is_on_duty
from apps.notifications.rules.replies import read_reply
from apps.notifications.services.roster import people_on_duty
from apps.notifications.states import AlertKind, MessageState
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.models import AuditEntry

FIRST, SECOND = "+14165550101", "+14165550102"
# A Friday, 15:00 in Toronto.
FRIDAY = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)


def duty(day, clock, **hours):
    given = {"weekdays": [], "from_time": None, "to_time": None, **hours}
    return is_on_duty(datetime(2026, 11, day, *clock, tzinfo=UTC), **given)


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        (27, (19, 59), False),
        (27, (20, 0), True),
        (28, (3, 59), True),  # still Friday's shift
        (28, (4, 0), False),
        (28, (20, 30), False),
        (27, (3, 0), False),  # Thursday's shift was nobody's
    ],
)
def test_a_night_shift_belongs_to_the_day_it_began_on(day, clock, expected):
    night = {"weekdays": [4], "from_time": time(20), "to_time": time(4)}
    assert duty(day, clock, **night) is expected


def test_without_times_all_day_and_with_one_until_or_from_midnight():
    assert duty(27, (0, 0))
    assert duty(27, (23, 59), weekdays=[4])
    assert not duty(28, (0, 0), weekdays=[4])
    assert duty(27, (23, 59), weekdays=[4], from_time=time(18))
    assert not duty(28, (0, 0), weekdays=[4], from_time=time(18))
    assert duty(27, (0, 0), weekdays=[4], to_time=time(6))
    assert not duty(27, (6, 0), to_time=time(6))


def names(at=FRIDAY, kind=AlertKind.CAKE):
    return [
        person.name or person.phone or person.email for person in people_on_duty(kind=kind, at=at)
    ]


@pytest.mark.django_db
def test_the_roster_in_its_order_and_settings_only_without_one(settings):
    settings.ALERT_PHONES, settings.ALERT_EMAILS = [FIRST, "mistyped"], ["shop@b.example"]
    assert names() == [FIRST, "shop@b.example"]
    late = AlertContact.objects.create(name="Late", phone=FIRST, position=2, from_time=time(18))
    AlertContact.objects.create(name="Early", phone=SECOND, position=1, to_time=time(12))
    assert names() == ["Early", "Late"]  # nobody is on duty: then everybody
    assert names(at=FRIDAY + timedelta(hours=4)) == ["Late"]
    AlertContact.objects.create(name="Boss", email="b@b.example", position=0, kinds=["money"])
    assert names(kind=AlertKind.MONEY, at=FRIDAY + timedelta(hours=4)) == ["Boss", "Late"]
    assert names(at=FRIDAY + timedelta(hours=4)) == ["Late"]
    AlertContact.objects.exclude(name="Boss").update(is_active=False)
    assert names() == ["Boss"]  # nobody of that kind: then everybody
    AlertContact.objects.update(is_active=False)
    assert names() == [FIRST, "shop@b.example"]
    late.refresh_from_db()


@pytest.mark.django_db
def test_keeping_the_roster_is_audited_and_refuses_what_reaches_nobody():
    wish = services.ContactWish(name=" Ada  B ", phone="+1 (416) 555-0101", weekdays=[5, 4, 5])
    contact = services.add_contact(wish=wish, actor="user:1", at=FRIDAY)
    assert (contact.name, contact.phone, contact.weekdays) == ("Ada B", FIRST, [4, 5])
    [entry] = AuditEntry.objects.filter(action="alert_contact.add")
    assert entry.changes["phone"] == [None, "…0101"]
    for change, code in (
        ({"phone": "12"}, "bad_phone"),
        ({"phone": ""}, "not_reachable"),
        ({"email": "x@"}, "bad_address"),
        ({"name": "\x00"}, "bad_name"),
        ({"language": "xx"}, "bad_language"),
        ({"position": -1}, "bad_position"),
        ({"kinds": ["cake", "x"]}, "bad_kind"),
        ({"weekdays": [7]}, "bad_weekday"),
    ):
        with pytest.raises(Invalid) as refused:
            services.change_contact(
                contact_id=contact.pk,
                wish=services.ContactWish(**change),
                actor="user:1",
                at=FRIDAY,
            )
        assert refused.value.code == code
    with pytest.raises(Conflict):
        services.add_contact(wish=wish, actor="user:1", at=FRIDAY)
    off = services.ContactWish(is_active=False)
    services.change_contact(contact_id=contact.pk, wish=off, actor="user:1", at=FRIDAY)
    assert services.add_contact(wish=wish, actor="user:1", at=FRIDAY).pk != contact.pk
    with pytest.raises(NotFound):
        services.change_contact(contact_id=0, wish=off, actor="user:1", at=FRIDAY)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("OK", ""), (" ok. ", ""), ("Okay!", ""), ("OK 4821", "4821"), ("4821", "4821"),
        ("ok#4821", "4821"), ("vu", ""), ("d'accord 4821", "4821"), ("Reçu", ""),
    ],
)  # fmt: skip
def test_answers_that_take_charge(body, code):
    assert read_reply(body).code == code


@pytest.mark.parametrize(
    "body",
    ["", " ", "no", "ok?no", "okra", "OK 1", "is 4821 ok", "STOP", "ok " * 40, "\x00", "٤٨٢١ x"],
)
def test_answers_that_do_not(body):
    assert read_reply(body) is None


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60))
def test_any_answer_is_read_without_an_error(body):
    reply = read_reply(body)
    assert reply is None or reply.code == "" or reply.code.isdecimal()


@pytest.fixture
def cake(settings):
    settings.ALERT_PHONES = [FIRST, SECOND]

    def raise_it(number, **given):
        alert = services.raise_alert(
            key=f"cake-order:B-{number}",
            text=f"CAKE B-{number} for Sat 10:00",
            at=FRIDAY,
            kind=AlertKind.CAKE,
            **given,
        )
        # Only what was handed over can have been read.
        Message.objects.filter(alert=alert).update(state=MessageState.SENT)
        return alert

    return raise_it


def reply(body, sender=FIRST):
    return services.acknowledge_by_reply(sender=sender, body=body, at=FRIDAY)


@pytest.mark.django_db
def test_with_one_open_ok_is_enough_and_with_several_the_code(cake):
    assert reply("OK") == "Nothing is open. Thank you."
    one = cake(1)
    assert reply("OK") == "Thank you. CAKE B-1 for Sat 10:00 is yours."
    assert reply("OK") == "Nothing is open. Thank you."
    two, three = cake(2), cake(3)
    asked = reply("ok")
    assert asked.startswith("Open: ")
    for alert in (two, three):
        assert alert.reply_code in asked
    assert "B-3" in reply(f"OK {three.reply_code}")
    assert Alert.objects.get(pk=two.pk).acknowledged_at is None
    assert "yours" in reply("OK")  # one is left
    assert reply(f"OK {two.reply_code}", sender=SECOND) == (
        "CAKE B-2 for Sat 10:00 was taken by …0101."
    )
    assert reply("0000") == "Nothing open has the code 0000."
    one.refresh_from_db()
    assert one.acknowledged_by == "reply:…0101"


@pytest.mark.django_db
def test_ok_means_what_one_was_texted_about(cake):
    cake(1)
    assert "and a code" in reply("OK", sender=SECOND)  # the second was texted about none
    assert Alert.objects.unacknowledged().count() == 1


@pytest.mark.django_db
def test_a_stranger_and_a_remark_are_left_to_others(cake):
    cake(1)
    assert reply("OK", sender="+14165559999") is None
    assert reply("what cake?") is None
    assert Alert.objects.unacknowledged().count() == 1


@pytest.mark.django_db
def test_a_french_reader_is_answered_in_french(cake):
    AlertContact.objects.create(name="Bea", phone=FIRST, language="fr")
    cake(1, words={"fr": {"text": "GÂTEAU B-1"}})
    assert reply("Reçu") == "Merci. GÂTEAU B-1 est à vous."
    assert Alert.objects.get().acknowledged_by == "reply:Bea …0101"
