"""Reads: alerts by link, and what the console lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import CharField, Count, F, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat

from apps.accounts.models import User
from apps.notifications.models import Alert, AlertLink, Message
from apps.notifications.rules import hash_token
from apps.notifications.rules.escalation import ladder_of
from apps.notifications.selectors.contacts import inbound_text as inbound_text
from apps.notifications.selectors.contacts import kept_of as kept_of
from apps.notifications.states import AlertState
from bakery.kernel import clock
from bakery.kernel.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class MessageRow:
    """One message as a timeline shows it; the recipient is masked by the reader if need be."""

    channel: str
    kind: str
    recipient: str
    state: str
    error_code: str
    at: datetime


def alert_by_token(token: str) -> Alert:
    """Return the alert that a link opens, also a spent one; raise `NotFound` otherwise."""
    link = AlertLink.objects.select_related("alert").filter(token_hash=hash_token(token)).first()
    if link is None:
        raise NotFound("link_not_found", "This link is not one of ours.")
    return link.alert


def alert_of(key: str) -> Alert | None:
    """Return the alert with this key."""
    return Alert.objects.filter(key=key).first()


def open_alert_keys(key: str) -> list[str]:
    """Return the keys of what is open under ``key``: its own alert and those it is followed by."""
    rows = Alert.objects.unacknowledged().filter(under(key)).order_by("key")
    return list(rows.values_list("key", flat=True))


def alarm_after(kind: str, *, at: datetime) -> timedelta:
    """Return how long an alert of ``kind`` may wait before the next people are told."""
    return ladder_of(kind, clock.shop_date(at)).steps[0].after


def alert_states(keys: Sequence[str]) -> dict[str, bool]:
    """Return of which of ``keys`` there is an alert, and whether one under it is open."""
    found: dict[str, bool] = {}
    root = Func(F("key"), Value("/"), Value(1), function="split_part", output_field=CharField())
    wanted = Alert.objects.annotate(root=root)
    rows = wanted.filter(root__in=keys).values_list("root", "state")
    for key, state in rows:
        found[key] = found.get(key, False) or state != AlertState.ACKNOWLEDGED
    return found


def under(key: str, column: str = "key") -> Q:
    """Return the condition for ``key`` itself and for what follows it after a slash."""
    return Q(**{column: key}) | Q(**{f"{column}__startswith": f"{key}/"})


def messages_of(
    *, alert_key: str = "", recipient: str = "", keys: Sequence[str] = ()
) -> list[MessageRow]:
    """Return the messages of an alert, to a recipient, or with dedupe keys, oldest first."""
    rows = Message.objects.all()
    if alert_key:
        rows = rows.filter(under(alert_key, "alert__key"))
    if recipient:
        rows = rows.filter(recipient=recipient)
    if keys:
        rows = rows.filter(dedupe_key__in=keys)
    if not (alert_key or recipient or keys):
        return []
    return [
        MessageRow(
            channel=row.channel,
            kind=row.kind,
            recipient=row.recipient,
            state=row.state,
            error_code=row.error_code,
            at=row.sent_at or row.created_at,
        )
        for row in rows.order_by("created_at", "pk")[:200]
    ]


def written_keys(*, keys: Sequence[str]) -> set[str]:
    """Return those of the dedupe keys under which a message was written already."""
    rows = Message.objects.filter(dedupe_key__in=keys)
    return set(rows.values_list("dedupe_key", flat=True))


def kind_and_key_of(message_id: int) -> tuple[str, str]:
    """Return of which kind a message is and its dedupe key; both "" when there is none."""
    rows = Message.objects.filter(pk=message_id).values_list("kind", "dedupe_key")
    return rows.first() or ("", "")


def console_alerts() -> QuerySet[Alert]:
    """Return alerts with ``message_count`` and ``person``, the address of who acknowledged."""
    staff = User.objects.filter(is_staff=True).annotate(
        actor=Concat(Value("user:"), Cast("pk", CharField()))
    )
    person = staff.filter(actor=OuterRef("acknowledged_by")).values("email")[:1]
    return Alert.objects.annotate(message_count=Count("messages"), person=Subquery(person))


def console_messages() -> QuerySet[Message]:
    """Return messages with what the console's list shows of them."""
    return Message.objects.select_related("alert")
