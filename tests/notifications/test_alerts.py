"""An alert is told to one, then to the next, until somebody takes charge; a link works once."""

import re
from datetime import timedelta

import pytest
import requests

from apps.notifications import rules, selectors, services
from apps.notifications.models import Alert, AlertLink, Message
from apps.notifications.states import AlertState
from bakery.kernel.errors import Conflict, NotFound, Unavailable
from bakery.kernel.models import OutboxMessage

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, SECOND = "+14165550101", "+14165550102"
LATER = rules.ESCALATE_AFTER + timedelta(seconds=1)


@pytest.fixture
def raised(at):
    def raise_it(key="cake-order:B-1"):
        return services.raise_alert(key=key, text="B-1 Sat 10:00 8 inch", at=at)

    return raise_it


def link_in(sandbox, to):
    [sent] = sandbox.twilio.messages(to)
    return re.search(r"https?://\S+", sent["body"])[0]


def test_an_alert_is_one_text_to_the_first_phone(sandbox, public, raised, drain_outbox):
    assert raised().pk == raised().pk
    drain_outbox()
    [sent] = sandbox.twilio.messages()
    assert sent["to"] == FIRST
    assert sent["body"].startswith("B-1 Sat 10:00 8 inch\n")
    assert rules.count_segments(sent["body"]) <= 2


def test_alerts_raised_in_parallel_are_one(public, at, parallel):
    results = parallel(
        8, lambda number: services.raise_alert(key="cake-order:B-9", text="x", at=at).pk
    )
    assert len(set(results)) == 1
    assert Message.objects.count() == 1


def test_an_alert_follows_its_text(sandbox, public, raised, drain_outbox, wait_until):
    alert = raised()
    drain_outbox()
    wait_until(lambda: Alert.objects.get(pk=alert.pk).state == AlertState.DELIVERED)
    assert AlertState.SENT in alert.transitions.values_list("new", flat=True)


def test_the_link_shows_on_get_and_acknowledges_on_post_once(sandbox, public, raised, drain_outbox):
    alert = raised()
    drain_outbox()
    link = link_in(sandbox, FIRST)
    for _ in range(2):  # a preview and a person
        shown = requests.get(link, timeout=60)
        assert shown.status_code == 200
        assert "B-1 Sat 10:00 8 inch" in shown.text
        assert shown.headers["Cache-Control"].startswith("max-age=0")
    alert.refresh_from_db()
    assert alert.acknowledged_at is None

    assert "Thank you" in requests.post(link, timeout=60).text
    alert.refresh_from_db()
    assert alert.state == AlertState.ACKNOWLEDGED
    assert alert.acknowledged_by == "link:…0101"
    again = requests.post(link, timeout=60)
    assert again.status_code == 200
    assert "Acknowledged" in again.text
    assert alert.transitions.filter(new=AlertState.ACKNOWLEDGED).count() == 1


def test_the_token_is_stored_as_a_hash_only(sandbox, public, raised, drain_outbox):
    raised()
    drain_outbox()
    token = link_in(sandbox, FIRST).rstrip("/").rpartition("/")[2]
    assert len(token) == 24
    assert not Message.objects.filter(body__contains=token).exists()
    assert not AlertLink.objects.filter(token_hash__contains=token).exists()
    assert selectors.alert_by_token(token).key == "cake-order:B-1"


@pytest.mark.parametrize("token", ["x", "A" * 24, "a" * 500])
def test_an_unknown_link_is_not_found(public, token):
    assert requests.get(f"{public.url}/alerts/{token}/", timeout=60).status_code == 404
    assert requests.post(f"{public.url}/alerts/{token}/", timeout=60).status_code == 404
    with pytest.raises(NotFound):
        services.acknowledge_by_link(token=token, at=None)


def test_of_two_taps_at_once_one_acknowledges(sandbox, public, raised, drain_outbox, at, parallel):
    alert = raised()
    drain_outbox()
    token = link_in(sandbox, FIRST).rstrip("/").rpartition("/")[2]
    results = parallel(6, lambda _: services.acknowledge_by_link(token=token, at=at))
    assert sum(isinstance(result, Conflict) for result in results) == 5
    assert alert.transitions.filter(new=AlertState.ACKNOWLEDGED).count() == 1


def test_acknowledging_from_the_board_stops_escalation(sandbox, public, raised, at):
    raised()
    key = "cake-order:B-1"
    assert services.acknowledge_alert(key=key, by="user:7", at=at)
    assert not services.acknowledge_alert(key=key, by="user:8", at=at)
    assert not services.acknowledge_alert(key="cake-order:none", by="user:8", at=at)
    assert services.escalate_overdue(at=at + LATER) == 0
    assert selectors.alert_of(key).acknowledged_by == "user:7"


def test_unacknowledged_for_five_minutes_it_goes_to_the_next_and_by_mail(
    sandbox, public, raised, at, drain_outbox
):
    alert = raised()
    drain_outbox()
    assert services.escalate_overdue(at=at + rules.ESCALATE_AFTER - timedelta(seconds=1)) == 0
    assert services.escalate_overdue(at=at + LATER) == 1
    assert services.escalate_overdue(at=at + LATER * 3) == 0
    OutboxMessage.objects.filter(done_at=None).update(not_before=at)  # the time has come
    drain_outbox()
    assert len(sandbox.twilio.messages(FIRST)) == 1
    assert len(sandbox.twilio.messages(SECOND)) == 1
    [mail] = sandbox.mail.mails()
    assert mail["recipients"] == ["manager@bakery.example"]
    # The next person's own link works, and the alert says who it was.
    requests.post(link_in(sandbox, SECOND), timeout=60)
    alert.refresh_from_db()
    assert (alert.state, alert.acknowledged_by) == (AlertState.ACKNOWLEDGED, "link:…0102")


def test_sweepers_in_parallel_escalate_once(public, raised, at, parallel):
    raised()
    results = parallel(6, lambda _: services.escalate_overdue(at=at + LATER))
    assert sum(results) == 1
    assert Message.objects.filter(recipient=SECOND).count() == 1


@pytest.mark.control
def test_control_without_the_level_guard_escalations_repeat(public, raised, at, monkeypatch):
    from apps.notifications.services import alerts

    alert = raised()
    alerts.escalate(alert, reason="late", at=at)
    alert.level, alert.state = 0, AlertState.SENT
    Alert.objects.filter(pk=alert.pk).update(level=0, state=AlertState.SENT)
    assert alerts.escalate(alert, reason="late", at=at)


@pytest.mark.parametrize("code", [30005, 30007])
def test_a_text_that_is_not_delivered_escalates_at_once(
    sandbox, public, raised, drain_outbox, wait_until, code
):
    sandbox.twilio.fail(FIRST, code)
    alert = raised()
    drain_outbox()
    wait_until(lambda: Alert.objects.get(pk=alert.pk).state == AlertState.ESCALATED)
    drain_outbox()
    assert len(sandbox.twilio.messages(SECOND)) == 1


def test_a_number_that_is_refused_escalates_at_once(sandbox, public, raised, drain_outbox):
    sandbox.twilio.fail(FIRST, 21211)
    alert = raised()
    drain_outbox()
    alert.refresh_from_db()
    assert alert.state == AlertState.ESCALATED
    assert len(sandbox.twilio.messages(SECOND)) == 1


def test_while_twilio_is_down_the_third_failure_goes_out_by_mail(
    sandbox, public, raised, at, drain_outbox
):
    raised()
    sandbox.twilio.add_fault("status", status=503, times=1000)
    [message] = Message.objects.all()
    for _ in range(rules.ATTEMPTS_BEFORE_ESCALATION):
        with pytest.raises(Unavailable):
            services.deliver_message(message_id=message.pk, at=at)
    # The mail goes out now; the text that is still being tried is left to later.
    OutboxMessage.objects.filter(payload={"message_id": message.pk}).update(not_before=at + LATER)
    drain_outbox()
    assert len(sandbox.mail.mails()) == 1
    message.refresh_from_db()
    assert message.state == "queued"  # the first text is still being tried


@pytest.mark.parametrize("phones", [[], ["not a number"]])
def test_without_a_usable_phone_the_mailboxes_are_told(
    sandbox, public, raised, drain_outbox, settings, phones
):
    settings.ALERT_PHONES = phones
    assert raised().state == AlertState.ESCALATED
    drain_outbox()
    assert len(sandbox.mail.mails()) == 1
    assert sandbox.twilio.messages() == []
