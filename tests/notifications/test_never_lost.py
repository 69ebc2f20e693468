"""What stands in the way of one alert, or of one person, keeps no other from being told."""

from datetime import timedelta

import pytest

from apps.notifications import services
from apps.notifications.models import Alert, AlertContact, Message
from apps.notifications.services import alerts
from apps.notifications.states import AlertKind

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, SECOND = "+14165550101", "+14165550102"
MINUTE = timedelta(minutes=1)


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
    settings.ALERT_PHONES = [FIRST, FIRST, SECOND]
    raise_cake(at)
    for minutes in (2, 7, 17):
        assert services.escalate_overdue(at=at + minutes * MINUTE) == 1
    assert told("sms") == [FIRST, SECOND]
    assert told("voice") == [FIRST, SECOND] * 2


def test_a_mistyped_mailbox_or_number_stops_no_alert(at, public, settings):
    settings.ALERT_EMAILS = ["manager(at)bakery", "manager@bakery.example"]
    raise_cake(at)
    assert services.escalate_overdue(at=at + 2 * MINUTE) == 1
    assert told("email") == ["manager@bakery.example"]
    AlertContact.objects.bulk_create(
        [
            AlertContact(name="Ada", phone="0416 555", email="nowhere", position=1),
            AlertContact(name="Bea", phone=SECOND, email="bea@", position=2),
        ]
    )
    raise_cake(at, "cake-order:B-2")
    assert services.escalate_overdue(at=at + 2 * MINUTE) == 1
    assert told("sms")[2:] == [SECOND, SECOND]


def test_with_nobody_usable_on_the_roster_the_settings_are_told(at, public):
    AlertContact.objects.create(name="Ada", phone="0416 555")
    raise_cake(at)
    assert told("sms") == [FIRST]
