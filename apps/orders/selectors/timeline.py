"""Everything that happened to an order, in one list."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings

from apps.accounts.models import User
from apps.notifications import selectors as notifications
from apps.orders.models import HandOver, Order, OrderEdit
from apps.orders.rules.alert_keys import alert_key
from apps.orders.states import Channel, OrderStatus, PictureKind, TenderKind
from bakery.kernel import money
from bakery.kernel.models import AuditEntry


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened: ``source`` is order, message, note, audit or payment."""

    at: datetime
    source: str
    title: str
    actor: str = ""
    detail: str = ""


# Staff may send the address of the payment page so often.
LINKS_SENT = tuple(f"pay_link_{number}" for number in range(1, 6))
_PLACED = {
    Channel.WEB.value: "placed",
    Channel.COUNTER.value: "placed at the counter",
    Channel.PHONE.value: "placed by phone",
    Channel.CUSTOM.value: "placed for an approved custom cake",
}
# By rows of their own, with more in them.
_TOLD_ELSEWHERE = ("order.tender", "order.edit")
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
        TimelineEntry(
            order.placed_at, "order", _PLACED[order.channel], actor=order.placed_by or "customer"
        ),
        *_moves(order),
        *_edits(order),
        *_tenders(order),
        *_notes(order),
        *_hand_over(order),
        *_prints(order),
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
    names = names_of(entry.actor for entry in entries)
    known = [replace(entry, actor=names.get(entry.actor, entry.actor)) for entry in entries]
    return sorted(known, key=lambda entry: entry.at)


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """Return how people call the accounts among ``actors``: one query."""
    ids = {int(tail) for actor in actors if (tail := actor.removeprefix("user:")).isdigit()}
    rows = User.objects.filter(pk__in=ids).values_list("pk", "full_name", "email")
    return {f"user:{pk}": full_name or email for pk, full_name, email in rows}


def _moves(order: Order) -> Iterator[TimelineEntry]:
    for move in order.transitions.all():
        title = str(OrderStatus(move.new).label)
        yield TimelineEntry(move.at, "order", title, move.actor, move.reason)


def _tenders(order: Order) -> Iterator[TimelineEntry]:
    # What was paid online is told by payments.
    for row in order.tenders.exclude(kind=TenderKind.ONLINE).order_by("pk"):
        title = f"{money.display(row.amount, row.currency)} {row.get_kind_display()}"
        yield TimelineEntry(row.taken_at, "payment", title, row.taken_by, row.ref)


def _notes(order: Order) -> Iterator[TimelineEntry]:
    for note in order.notes.all():
        title = "note for the kitchen" if note.on_ticket else "note"
        yield TimelineEntry(note.at, "note", title, note.by, note.text)
    for picture in order.pictures.exclude(kind=PictureKind.SIGNATURE):
        title = f"photo of {picture.get_kind_display()}"
        yield TimelineEntry(picture.at, "note", title, picture.by, picture.caption)


def _hand_over(order: Order) -> Iterator[TimelineEntry]:
    for row in HandOver.objects.filter(order_id=order.pk):
        proofs = (("signed", row.signature_id), ("photographed", row.photo_id))
        parts = [row.get_how_display(), *(word for word, there in proofs if there)]
        if order.handed_to:
            parts.append(f"to {order.handed_to}")
        detail = ", ".join(parts)
        yield TimelineEntry(
            row.at, "order", "handed over", row.by, f"{detail}. {row.reason}".rstrip(". ")
        )


def _prints(order: Order) -> Iterator[TimelineEntry]:
    for row in order.prints.all():
        part = f" for {row.station}" if row.station else ""
        detail = f"revision {row.revision}" if row.revision else ""
        title = f"{row.get_kind_display()}{part} {row.get_mark_display()}"
        yield TimelineEntry(row.at, "print", title, row.printed_by, detail)


def _messages(order: Order) -> Iterator[TimelineEntry]:
    changed = [changed_mail(revision) for revision in range(1, order.revision + 1)]
    rest = _balance_mails(order.balance_due_at)
    names = (*MAILS, *LINKS_SENT, *changed, *rest, pickup_reminder(order.pickup_starts_at))
    keys = [mail_key(order.number, name) for name in names]
    rows = [
        *notifications.messages_of(keys=keys),
        *notifications.messages_of(alert_key=alert_key(order.number)),
    ]
    for row in rows:
        detail = f"to {row.recipient}: {row.state} {row.error_code}".strip()
        yield TimelineEntry(row.at, "message", f"{row.channel} {row.kind}", detail=detail)


def _edits(order: Order) -> Iterator[TimelineEntry]:
    for edit in OrderEdit.objects.filter(order_id=order.pk) if order.revision else ():
        sums = [f"total {edit.delta:+} {order.currency}"] if edit.delta else []
        if edit.owed:
            sums.append(f"{edit.owed} {order.currency} to give back")
        detail = "; ".join([*edit.changes, *sums, *filter(None, [edit.reason])])
        title = f"changed (revision {edit.revision})"
        yield TimelineEntry(edit.at, "order", title, edit.actor, detail)


def _audit(order: Order) -> Iterator[TimelineEntry]:
    rows = AuditEntry.objects.filter(object_type="orders.order", object_id=str(order.pk))
    for row in rows.exclude(action__in=_TOLD_ELSEWHERE).order_by("seq"):
        yield TimelineEntry(row.at, "audit", row.action, row.actor, row.reason)


MAILS = (
    "order_received",
    "order_paid",
    "order_expired",
    "order_cancelled",
    "order_ready",
    "order_out",
    "order_waiting",
    "deposit_paid",
)


def changed_mail(revision: int) -> str:
    """Return the name of the mail about the change that made ``revision``."""
    return f"order_changed_{revision}"


def reminder_mail(days: int, due_at: datetime) -> str:
    """Return the name of the mail that the rest is due in so many days, or (0) was due then."""
    return f"balance_{days}_{due_at:%y%m%d%H%M}"


def pickup_reminder(starts_at: datetime) -> str:
    """Return the name of the reminder of a pickup at that moment."""
    return f"reminder_{starts_at:%y%m%d%H%M}"


def _balance_mails(due_at: datetime | None) -> list[str]:
    if due_at is None:
        return []
    return [reminder_mail(days, due_at) for days in (0, *settings.SHOP_BALANCE_REMINDER_DAYS)]


def mail_key(number: str, name: str) -> str:
    """Return the key under which the mail ``name`` about an order is sent once."""
    return f"order:{number}:{name}"
