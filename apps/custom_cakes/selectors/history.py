"""What happened to a request, by whom and when, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from apps.custom_cakes.models import (
    CakePhoto,
    CakeRequest,
    CakeRevision,
    Quote,
    RequestMessage,
    RequestTransition,
)
from apps.custom_cakes.rules.showing import status_text
from apps.custom_cakes.states import Author
from bakery.kernel import money
from bakery.kernel.models import AuditEntry

_LONGEST = 200
_SUBJECT, _NOTE = "custom_cakes.cakerequest", "custom_cakes.note"


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One thing that happened; ``by`` is an actor such as "user:7", or customer."""

    at: datetime
    text: str
    by: str

    def as_json(self) -> dict[str, str]:
        """Return it as it is sent."""
        return {"at": self.at.isoformat(), "text": self.text, "by": self.by}


def history_of(request_id: int) -> list[HistoryRow]:
    """Return everything that happened to a request, the oldest first: six statements."""
    rows = [
        *_moves(RequestTransition.objects.filter(subject_id=request_id)),
        *_revisions(CakeRevision.objects.filter(request_id=request_id)),
        *_messages(RequestMessage.objects.filter(request_id=request_id)),
        *_offers(Quote.objects.filter(request_id=request_id)),
        *_photos(CakePhoto.objects.filter(request_id=request_id)),
        *_notes(request_id),
    ]
    return sorted(rows, key=attrgetter("at"))


def changes_since(request: CakeRequest, version: int) -> list[HistoryRow]:
    """Return what happened after ``request`` had ``version``, the oldest first.

    Each change counts the version up by one and has one moment of its own.
    """
    rows = history_of(request.pk)
    moments = sorted({row.at for row in rows}, reverse=True)[: max(request.version - version, 0)]
    return [row for row in rows if row.at in moments]


def _moves(rows: Iterable[RequestTransition]) -> Iterable[HistoryRow]:
    for row in rows:
        why = f": {row.reason}" if row.reason else ""
        yield HistoryRow(row.at, f"{status_text(row.new)}{why}", row.actor)


def _revisions(rows: Iterable[CakeRevision]) -> Iterable[HistoryRow]:
    for row in rows:
        text = "Asked for" if row.previous_id is None else f"Changed the cake (revision {row.no})"
        yield HistoryRow(row.at, text, row.by)


def _messages(rows: Iterable[RequestMessage]) -> Iterable[HistoryRow]:
    for row in rows:
        who = "The shop wrote" if row.author == Author.STAFF else "The customer wrote"
        yield HistoryRow(row.at, f"{who}: {_short(row.text)}", row.by or row.author)


def _offers(rows: Iterable[Quote]) -> Iterable[HistoryRow]:
    for row in rows:
        price = money.display(row.price, row.currency)
        yield HistoryRow(row.made_at, f"Offer {row.no}: {price}", row.made_by)


def _photos(rows: Iterable[Any]) -> Iterable[HistoryRow]:
    for row in rows:
        yield HistoryRow(row.at, "Picture added", row.by)
        if row.removed_at is not None:
            yield HistoryRow(row.removed_at, "Picture removed", row.by)


def _notes(request_id: int) -> Iterable[HistoryRow]:
    # What a note said before is kept nowhere: it may be about a person, who may be forgotten.
    entries = AuditEntry.objects.filter(object_type=_SUBJECT, object_id=str(request_id))
    for row in entries.filter(action=_NOTE):
        yield HistoryRow(row.at, "The shop changed its note", row.actor)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
