"""State machines: transition tables and the only function that writes a status column."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.apps import apps
from django.db import models
from django.db.transaction import atomic

from bakery.kernel.errors import Conflict


class TransitionRecord(models.Model):
    """A row of history: who moved the subject from ``old`` to ``new``, when and why.

    Concrete models add ``subject``, a foreign key to what moved.
    """

    old = models.CharField(max_length=40)
    new = models.CharField(max_length=40)
    actor = models.CharField(max_length=200)
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        abstract = True
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.old} -> {self.new} by {self.actor}"


@dataclass(frozen=True)
class StateMachine:
    """Allowed moves of one status column.

    ``moves`` maps each state to the states it may become; a state that maps to nothing is final.
    ``history`` names the model (a `TransitionRecord`) that keeps the record of moves, as
    ``"app_label.Model"``, because states are below models; a callable returning it will do too.
    """

    name: str
    moves: Mapping[str, frozenset[str]]
    column: str = "status"
    history: str | Callable[[], type[TransitionRecord]] | None = field(default=None)

    def sources(self, to: str) -> set[str]:
        """Return the states from which ``to`` may be reached."""
        return {old for old, news in self.moves.items() if to in news}

    def allows(self, old: str, to: str) -> bool:
        """Tell whether ``old`` may become ``to``."""
        return to in self.moves.get(old, frozenset())

    def history_model(self) -> type[TransitionRecord] | None:
        """Return the model of the record of moves, None when this machine keeps none."""
        if isinstance(self.history, str):
            return cast("type[TransitionRecord]", apps.get_model(self.history))
        return self.history() if self.history else None

    def is_final(self, state: str) -> bool:
        """Tell whether nothing follows ``state``."""
        return not self.moves.get(state)


def transition(
    subject: Any,
    *,
    machine: StateMachine,
    to: str,
    actor: str,
    at: datetime,
    reason: str = "",
    **columns: Any,
) -> None:
    """Move ``subject`` to ``to`` by compare-and-set, and write the history row.

    ``columns`` are written by the same UPDATE. The move succeeds only from the state that this
    object was read in, so of two racing callers one wins. Raises `Conflict` with the code
    ``illegal_transition`` otherwise. Status and history are written in one transaction: the
    caller's, or one of its own.
    """
    old = getattr(subject, machine.column)
    moved = False
    if machine.allows(old, to):
        with atomic(savepoint=False):
            moved = bool(
                type(subject)
                ._default_manager.filter(pk=subject.pk, **{machine.column: old})
                .update(**{machine.column: to}, **columns)
            )
            history = machine.history_model()
            if moved and history is not None:
                record: dict[str, Any] = {"subject": subject, "old": old, "new": to}
                history._default_manager.create(**record, actor=actor, at=at, reason=reason)
    if not moved:
        raise Conflict(
            "illegal_transition",
            f"This {machine.name} cannot go from {old} to {to} now.",
            details={"from": old, "to": to},
        )
    for name, value in {machine.column: to, **columns}.items():
        setattr(subject, name, value)
