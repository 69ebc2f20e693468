"""Keeping track of differences: new, seen again, gone; owned and explained by people."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts import selectors as accounts
from apps.books.models import Difference
from apps.books.rules.differences import OF_A_TIME, Finding
from apps.books.states import DIFFERENCE_MACHINE, DifferenceState
from bakery.kernel import audit, locks
from bakery.kernel.errors import Invalid
from bakery.kernel.locks import advisory_lock
from bakery.kernel.states import transition

_SYSTEM = "system"
_LONGEST = 500


@dataclass(frozen=True)
class Scope:
    """What was compared: the times at Stripe and in the journals, and which kinds were not."""

    windows: tuple[tuple[datetime, datetime], ...]
    without: frozenset[str] = frozenset()

    def covers(self, row: Difference) -> bool:
        """Tell whether ``row`` would have been found again if it were still there."""
        if row.kind in self.without:
            return False
        if row.kind not in OF_A_TIME:
            return True
        about = row.about_at
        return about is not None and any(since <= about <= until for since, until in self.windows)


@dataclass(frozen=True)
class Tally:
    """How many differences there are, how many of them are new, and how many are gone."""

    found: int
    new: int
    gone: int


def keep_track(*, findings: Iterable[Finding], scope: Scope, at: datetime) -> Tally:
    """Write down what was found and what is gone. A step of the caller's transaction."""
    advisory_lock("books:differences")
    wanted = {(found.kind.value, found.key): found for found in findings}
    live = Difference.objects.exclude(state=DifferenceState.GONE)
    known = {(row.kind, row.key): row for row in locks.locked(live)}
    gone = 0
    for name, row in known.items():
        if name not in wanted and scope.covers(row):
            _move(row, DifferenceState.GONE, at=at, gone_at=at)
            gone += 1
    new = sum(_see(found, known.get(name), at=at) for name, found in wanted.items())
    return Tally(len(wanted), new, gone)


def own_difference(*, difference_id: int, user_id: int | None, actor: str, at: datetime) -> None:
    """Let ``user_id`` look after a difference, or nobody. Raises `NotFound`, `Invalid`."""
    with transaction.atomic():
        row = _lock(difference_id)
        owner = None if user_id is None else accounts.user(user_id)
        if user_id is not None and not (owner and owner.is_active and owner.is_staff):
            raise Invalid("bad_owner", "Only active staff can own a difference.")
        before, row.owner_id = row.owner_id, user_id
        row.save(update_fields=["owner"])
        _audit(row, "own", actor, {"owner": [before, user_id]}, at=at)


def explain_difference(*, difference_id: int, text: str, actor: str, at: datetime) -> Difference:
    """Say why a difference is right as it is; it stays so until its amount changes or it is gone.

    Raises `NotFound` ``difference_not_found``, `Invalid` ``bad_explanation`` and `Conflict`
    ``illegal_transition`` for one that is gone.
    """
    text = text.strip()
    if not 3 <= len(text) <= _LONGEST or "\x00" in text:
        raise Invalid("bad_explanation", "Explain it in 3 to 500 characters.")
    with transaction.atomic():
        row = _lock(difference_id)
        columns: dict[str, Any] = {"explanation": text, "explained_by": actor, "explained_at": at}
        before = row.explanation
        if row.state == DifferenceState.EXPLAINED:
            Difference.objects.filter(pk=row.pk).update(**columns)
            row.explanation = text
        else:
            transition(
                row,
                machine=DIFFERENCE_MACHINE,
                to=DifferenceState.EXPLAINED,
                actor=actor,
                at=at,
                **columns,
            )
        _audit(row, "explain", actor, {"explanation": [before, text]}, at=at)
    return row


def _see(found: Finding, row: Difference | None, *, at: datetime) -> bool:
    """Write one difference down and return whether nobody knew of it before."""
    columns = {
        "order_id": found.order_id,
        "amount": found.amount,
        "currency": found.currency,
        "facts": dict(found.facts),
        "about_at": found.about_at,
        "seen_at": at,
    }
    if row is None:
        again = Difference.objects.filter(kind=found.kind, key=found.key).first()
        if again is None:
            Difference.objects.create(kind=found.kind, key=found.key, found_at=at, **columns)
            return True
        fresh = {"found_at": at, "gone_at": None, "owner": None, "explanation": ""}
        _move(again, DifferenceState.OPEN, at=at, **columns, **fresh, explained_by="")
        return True
    if row.state == DifferenceState.EXPLAINED and row.amount != found.amount:
        _move(row, DifferenceState.OPEN, at=at, **columns)
        return True
    Difference.objects.filter(pk=row.pk).update(**columns)
    return False


def _move(row: Difference, to: DifferenceState, *, at: datetime, **columns: Any) -> None:
    transition(row, machine=DIFFERENCE_MACHINE, to=to, actor=_SYSTEM, at=at, **columns)


def _lock(difference_id: int) -> Difference:
    return locks.lock_one(Difference.objects.filter(pk=difference_id), what="difference")


def _audit(
    row: Difference, what: str, actor: str, changes: dict[str, list[object]], *, at: datetime
) -> None:
    audit.record(
        actor=actor,
        action=f"difference.{what}",
        object_type="books.difference",
        object_id=row.pk,
        changes=changes,
        at=at,
    )
