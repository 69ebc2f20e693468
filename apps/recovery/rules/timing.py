"""When a cart that was left is due for a reminder. Pure.

All times are elapsed time, so that a change of the clocks moves nothing.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Step:
    """A rule that is in force: ``delay`` after the last activity; ``id`` is its version's key."""

    id: int
    number: int
    delay: timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """``longest``: an older cart is left alone. ``gap``: between two reminders of one cart."""

    longest: timedelta
    gap: timedelta


def due_step(
    steps: Iterable[Step],
    *,
    touched_at: datetime,
    done: Collection[tuple[int, datetime]],
    limits: Limits,
    at: datetime,
) -> Step | None:
    """Return the step that a cart last touched at ``touched_at`` is due for, None when none is.

    A delay of an hour is over at 60:00 minutes, and a cart as old as ``limits.longest`` is too
    old. ``done`` are the steps that it had, with the moment of each. Of several that are due only
    the last is taken: after an outage nobody gets two at once. A step that was passed over is
    never made up for.
    """
    age = at - touched_at
    if age >= limits.longest or any(at - moment < limits.gap for _, moment in done):
        return None
    last = max((number for number, _ in done), default=0)
    due = [step for step in steps if step.number > last and step.delay <= age]
    return max(due, key=lambda step: step.number, default=None)
