"""Dead letters: rows of the outbox that were given up, until a person replays or discards them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Min
from django.db.models.functions import Left

from bakery.kernel import audit, locks, outbox
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.models import OutboxMessage

_OBJECT = "kernel.outboxmessage"
# Errors are alike when they begin alike: what follows are numbers of rows and of requests.
_ALIKE = 60
REPLAYED_AT_ONCE = 500


@dataclass(frozen=True)
class Pile:
    """The dead letters of one handler: how many, and since when the oldest is dead."""

    handler: str
    count: int
    since: datetime


def piles() -> list[Pile]:
    """Return the dead letters that nobody has decided about by handler, the oldest pile first."""
    rows = (
        OutboxMessage.objects.dead()
        .values("handler")
        .annotate(count=Count("pk"), since=Min("dead_at"))
        .order_by("since")
    )
    return [Pile(**row) for row in rows]


def count() -> int:
    """Return how many dead letters wait for a decision."""
    return OutboxMessage.objects.dead().count()


def replay(row_id: int, *, actor: str, at: datetime) -> OutboxMessage:
    """Give a dead letter a fresh set of attempts, audited; return its row.

    One that was discarded may come back as well. Raises `NotFound`, and `Conflict` with the code
    ``not_dead`` for a row that is waiting or done.
    """
    with transaction.atomic():
        row = _dead(row_id)
        changes = {"state": ["discarded" if row.discarded_at else "dead", "waiting"]}
        row.dead_at = row.discarded_at = None
        row.discarded_by = row.discard_reason = ""
        row.attempts, row.not_before = 0, at
        row.save(
            update_fields=[
                "dead_at", "discarded_at", "discarded_by", "discard_reason", "attempts",
                "not_before",
            ]
        )  # fmt: skip
        _record(row, actor=actor, action="replay", changes=changes, at=at)
        outbox.wake_after_commit(row.queue)
    return row


def replay_many(row_ids: Iterable[int], *, actor: str, at: datetime) -> int:
    """Replay each that is still dead, each in its own transaction; return how many were."""
    replayed = 0
    for row_id in row_ids:
        try:
            replay(row_id, actor=actor, at=at)
        except (Conflict, NotFound):
            continue
        replayed += 1
    return replayed


def replay_alike(row_id: int, *, actor: str, at: datetime) -> int:
    """Replay every dead letter of the same handler whose error begins as this one's does.

    At most `REPLAYED_AT_ONCE`, the oldest first; returns how many.
    """
    with transaction.atomic():
        row = _dead(row_id)
    return replay_many(alike(row)[:REPLAYED_AT_ONCE], actor=actor, at=at)


def alike(row: OutboxMessage) -> list[int]:
    """Return the keys of the dead letters with the handler and the error of ``row``."""
    rows = OutboxMessage.objects.dead().annotate(start=Left("last_error", _ALIKE))
    like = rows.filter(handler=row.handler, start=row.last_error[:_ALIKE])
    return list(like.order_by("pk").values_list("pk", flat=True))


def discard(row_id: int, *, actor: str, reason: str, at: datetime) -> OutboxMessage:
    """Decide that it shall never happen: out of the list, kept with who and why, audited.

    Raises `NotFound`, `Conflict` (``not_dead``), `Invalid` (``reason_needed``).
    """
    reason = reason.strip()[:500]
    if not reason:
        raise Invalid("reason_needed", "Say why this shall never happen.")
    with transaction.atomic():
        row = _dead(row_id)
        if row.discarded_at is not None:
            raise Conflict("not_dead", "This one was discarded already.")
        row.discarded_at, row.discarded_by, row.discard_reason = at, actor, reason
        row.save(update_fields=["discarded_at", "discarded_by", "discard_reason"])
        changes = {"state": ["dead", "discarded"]}
        _record(row, actor=actor, action="discard", changes=changes, at=at, reason=reason)
    return row


def _dead(row_id: int) -> OutboxMessage:
    row = locks.lock_one(OutboxMessage.objects.filter(pk=row_id), what="dead_letter")
    if row.dead_at is None:
        raise Conflict("not_dead", "This one is not a dead letter (any more).")
    return row


def _record(
    row: OutboxMessage,
    *,
    actor: str,
    action: str,
    changes: dict[str, list[str]],
    at: datetime,
    reason: str = "",
) -> None:
    audit.record(
        actor=actor,
        action=f"{_OBJECT}.{action}",
        object_type=_OBJECT,
        object_id=row.pk,
        changes={**changes, "handler": [row.handler, row.handler]},
        reason=reason,
        at=at,
    )
