"""Reads of the console's board of alerts: what is open, who was told, how long it took."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Prefetch, QuerySet

from apps.accounts.models import User
from apps.notifications.models import Alert, AlertCheck, AlertContact, AlertLink, Message
from apps.notifications.rules import hash_token, mask
from apps.notifications.rules.wording import DEFAULT_LANGUAGE
from apps.notifications.states import AlertState
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

MAX_OPEN, MAX_PAST = 100, 50
_WEEKS = 12
# Median and 95th percentile of each week in which something was raised, in the shop's zone.
_TIMES = """
SELECT date_trunc('week', raised_at AT TIME ZONE %(zone)s)::date AS week, count(*),
       count(acknowledged_at), count(*) FILTER (WHERE level > 0),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM acknowledged_at - raised_at)),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM acknowledged_at - raised_at))
FROM notifications_alert
WHERE raised_at >= %(since)s AND raised_at < %(until)s
GROUP BY week ORDER BY week
"""


@dataclass(frozen=True, kw_only=True)
class Told:
    """One message of an alert: who, how, and what came of it."""

    channel: str
    who: str
    state: str
    error_code: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class AlertRow:
    """An alert as the board shows it."""

    alert: Alert
    by: str
    told: Sequence[Told]


@dataclass(frozen=True, kw_only=True)
class LinkedAlert:
    """What the page behind a link shows: in whose language, and who took charge."""

    alert: Alert
    text: str
    language: str
    by: str


@dataclass(frozen=True, kw_only=True)
class WeekOfAlerts:
    """How long it took in a week until somebody took charge; None when nobody did yet."""

    week: date
    raised: int
    acknowledged: int
    escalated: int
    median: timedelta | None
    p95: timedelta | None


def linked_alert(token: str) -> LinkedAlert:
    """Return the alert that a link opens, also a spent one; raise `NotFound` otherwise."""
    rows = AlertLink.objects.select_related("alert").filter(token_hash=hash_token(token))
    link = rows.first()
    if link is None:
        raise NotFound("link_not_found", "This link is not one of ours.")
    alert = link.alert
    contacts = AlertContact.objects.reached_at(link.recipient)
    language = contacts.values_list("language", flat=True).first() or DEFAULT_LANGUAGE
    return LinkedAlert(
        alert=alert,
        text=str((alert.words.get(language) or {}).get("text") or alert.text),
        language=language,
        by=_who(alert.acknowledged_by, _people({alert.acknowledged_by})),
    )


def _who(actor: str, people: Mapping[str, str]) -> str:
    """Return a person in place of "user:7", and whose link, reply or call it was."""
    return people.get(actor) or actor.partition(":")[2] or actor


def open_alerts() -> list[AlertRow]:
    """Return what nobody took charge of, the longest open first: five statements at most."""
    rows = Alert.objects.unacknowledged().order_by("raised_at", "pk")
    return _with_messages(rows[:MAX_OPEN])


def past_alerts() -> list[AlertRow]:
    """Return what somebody took charge of, the latest first: five statements at most."""
    rows = Alert.objects.filter(state=AlertState.ACKNOWLEDGED)
    return _with_messages(rows.order_by("-acknowledged_at", "-pk")[:MAX_PAST])


def open_alert_count() -> int:
    """Return how many alerts nobody took charge of."""
    return Alert.objects.unacknowledged().count()


def staff_alerts(*, is_open: bool | None = None, kind: str = "") -> QuerySet[Alert]:
    """Return alerts with their messages, for a list."""
    rows = Alert.objects.prefetch_related(_messages())
    if is_open is not None:
        rows = rows.unacknowledged() if is_open else rows.filter(state=AlertState.ACKNOWLEDGED)
    return rows.filter(kind=kind) if kind else rows


def described(alerts: Sequence[Alert]) -> list[AlertRow]:
    """Return rows of alerts that were read with their messages: two statements more."""
    names, people = _names(), _people({alert.acknowledged_by for alert in alerts})
    return [
        AlertRow(
            alert=alert,
            by=people.get(alert.acknowledged_by, alert.acknowledged_by.replace(":", ": ")),
            told=[_told(message, names) for message in alert.messages.all()],
        )
        for alert in alerts
    ]


def weeks_of_alerts(*, at: datetime) -> list[WeekOfAlerts]:
    """Return the last twelve weeks in which there were alerts, the oldest first."""
    zone = clock.shop_zone()
    monday = at.astimezone(zone).date()
    monday -= timedelta(days=monday.weekday(), weeks=_WEEKS - 1)
    values: dict[str, str | datetime] = {
        "zone": zone.key,
        "since": clock.start_of_shop_day(monday),
        "until": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TIMES, values)
        rows = cursor.fetchall()
    return [
        WeekOfAlerts(
            week=week,
            raised=raised,
            acknowledged=acknowledged,
            escalated=escalated,
            median=_seconds(median),
            p95=_seconds(p95),
        )
        for week, raised, acknowledged, escalated, median, p95 in rows
    ]


def last_check(name: str) -> AlertCheck | None:
    """Return what the newest search called ``name`` found."""
    return AlertCheck.objects.filter(name=name).order_by("-day").first()


def roster() -> QuerySet[AlertContact]:
    """Return who is told of alerts, in their order, those not on the roster any more too."""
    return AlertContact.objects.order_by("-is_active", "position", "pk")


def _seconds(value: float | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=round(value))


def _messages() -> "Prefetch[str]":
    return Prefetch("messages", queryset=Message.objects.order_by("created_at", "pk"))


def _with_messages(rows: QuerySet[Alert]) -> list[AlertRow]:
    return described(list(rows.prefetch_related(_messages())))


def _names() -> dict[str, str]:
    rows = AlertContact.objects.values_list("name", "phone", "email")
    return {address: name for name, *addresses in rows for address in addresses if address}


def _people(actors: set[str]) -> dict[str, str]:
    ids = {actor.removeprefix("user:") for actor in actors if actor.startswith("user:")}
    staff = User.objects.filter(pk__in=[pk for pk in ids if pk.isdecimal()])
    return {f"user:{pk}": email for pk, email in staff.values_list("pk", "email")}


def _told(message: Message, names: dict[str, str]) -> Told:
    name, masked = names.get(message.recipient, ""), mask(message.recipient)
    return Told(
        channel=message.get_channel_display(),
        who=f"{name} {masked}".strip(),
        state=message.get_state_display(),
        error_code=message.error_code,
        at=message.sent_at or message.created_at,
    )
