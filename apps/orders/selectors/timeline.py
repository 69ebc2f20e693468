"""Everything that happened to an order, in one list."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from apps.accounts.models import User
from apps.notifications import selectors as notifications
from apps.orders.models import Order
from apps.orders.rules.alert_keys import alert_key
from apps.orders.states import OrderStatus
from bakery.kernel.models import AuditEntry


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened: ``source`` is order, message, alert, audit or payment."""

    at: datetime
    source: str
    title: str
    actor: str = ""
    detail: str = ""


Source = Callable[[int], Iterable[TimelineEntry]]
_sources: list[Source] = []


def add_timeline_source(source: Source) -> None:
    """Let a higher app, such as payments, tell its part of every order; called at start-up.

    ``source`` gets the order's key and returns its entries.
    """
    if source not in _sources:
        _sources.append(source)


def timeline(order: Order) -> list[TimelineEntry]:
    """Return the order's history, messages, audit entries and what sources add, oldest first."""
    entries = [
        TimelineEntry(order.placed_at, "order", "placed", actor="customer"),
        *_moves(order),
        *_messages(order),
        *_audit(order),
        *(entry for source in _sources for entry in source(order.pk)),
    ]
    if order.acknowledged_at:
        entries.append(
            TimelineEntry(
                order.acknowledged_at, "order", "seen by the kitchen", order.acknowledged_by
            )
        )
    names = _names(entry.actor for entry in entries)
    known = [replace(entry, actor=names.get(entry.actor, entry.actor)) for entry in entries]
    return sorted(known, key=lambda entry: entry.at)


def _names(actors: Iterable[str]) -> dict[str, str]:
    """Return how people call the accounts among ``actors``: one query."""
    ids = {int(tail) for actor in actors if (tail := actor.removeprefix("user:")).isdigit()}
    rows = User.objects.filter(pk__in=ids).values_list("pk", "full_name", "email")
    return {f"user:{pk}": full_name or email for pk, full_name, email in rows}


def _moves(order: Order) -> Iterator[TimelineEntry]:
    for move in order.transitions.all():
        title = str(OrderStatus(move.new).label)
        yield TimelineEntry(move.at, "order", title, move.actor, move.reason)


def _messages(order: Order) -> Iterator[TimelineEntry]:
    keys = [mail_key(order.number, name) for name in MAILS]
    rows = [
        *notifications.messages_of(keys=keys),
        *notifications.messages_of(alert_key=alert_key(order.number)),
    ]
    for row in rows:
        detail = f"to {row.recipient}: {row.state} {row.error_code}".strip()
        yield TimelineEntry(row.at, "message", f"{row.channel} {row.kind}", detail=detail)


def _audit(order: Order) -> Iterator[TimelineEntry]:
    rows = AuditEntry.objects.filter(object_type="orders.order", object_id=str(order.pk))
    for row in rows.order_by("seq"):
        yield TimelineEntry(row.at, "audit", row.action, row.actor, row.reason)


MAILS = ("order_received", "order_paid", "order_expired", "order_cancelled", "order_ready")


def mail_key(number: str, name: str) -> str:
    """Return the key under which the mail ``name`` about an order is sent once."""
    return f"order:{number}:{name}"
