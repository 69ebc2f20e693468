"""A model with a status, for tests of state machines; its tables exist only while they run."""

from django.db import models

from bakery.kernel.states import StateMachine, TransitionRecord

MOVES = {
    "new": frozenset({"sent", "lost"}),
    "sent": frozenset({"there", "lost"}),
    "there": frozenset(),
    "lost": frozenset(),
}
TABLES = """
CREATE TABLE tests_parcel (id bigserial PRIMARY KEY, status text NOT NULL, note text NOT NULL);
CREATE TABLE tests_parcelmove (
    id bigserial PRIMARY KEY, subject_id bigint NOT NULL, old text NOT NULL, new text NOT NULL,
    actor text NOT NULL, reason text NOT NULL, at timestamptz NOT NULL);
"""


class Parcel(models.Model):
    """What moves."""

    status = models.TextField(default="new")
    note = models.TextField(default="")

    class Meta:
        app_label = "tests"

    def __str__(self):
        return f"parcel {self.pk}"


class ParcelMove(TransitionRecord):
    """How it moved."""

    subject = models.ForeignKey(Parcel, models.CASCADE, db_constraint=False)

    class Meta(TransitionRecord.Meta):
        app_label = "tests"


MACHINE = StateMachine("parcel", MOVES, history=lambda: ParcelMove)
