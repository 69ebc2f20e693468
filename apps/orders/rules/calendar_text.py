"""Pickups as an iCalendar (RFC 5545)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event

CONFIRMED, TENTATIVE, CANCELLED = "CONFIRMED", "TENTATIVE", "CANCELLED"
_REFRESH = timedelta(hours=1)


@dataclass(frozen=True)
class Entry:
    """One event: ``sequence`` grows with every change of what it stands for."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    status: str
    sequence: int
    changed_at: datetime
    title: str
    text: str
    url: str
    place: str = ""


def calendar_of(entries: Iterable[Entry], *, name: str) -> bytes:
    """Return ``entries`` as the body of a subscribed calendar.

    Moments are written in UTC, which is right in every zone and on both sides of a change of the
    clocks; the reader's calendar shows them on its own wall.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Bakery platform//Pickups//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    for entry in entries:
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", entry.changed_at.astimezone(UTC))
    event.add("last-modified", entry.changed_at.astimezone(UTC))
    event.add("dtstart", entry.starts_at.astimezone(UTC))
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("status", entry.status)
    event.add("sequence", entry.sequence)
    event.add("summary", entry.title)
    event.add("description", entry.text)
    event.add("url", entry.url)
    if entry.place:
        event.add("location", entry.place)
    # Being told of a pickup does not make somebody busy.
    event.add("transp", "TRANSPARENT")
    return event
