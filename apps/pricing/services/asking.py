"""Asking for a training: it takes seconds of CPU, which a worker of the ml queue has."""

from datetime import datetime

from django.db import transaction

from apps.pricing.events import TrainingAsked
from apps.pricing.selectors.versions import training_under_way
from apps.pricing.services.training import CUT_OFF_AFTER
from apps.pricing.states import ModelKind
from bakery.kernel import audit, outbox
from bakery.kernel.errors import Conflict


def ask_training(*, kind: ModelKind, actor: str, at: datetime) -> None:
    """Have a version of ``kind`` trained soon. Raises `Conflict` ``training_already``."""
    run = training_under_way(kind)
    if run is not None and run.started_at > at - CUT_OFF_AFTER:
        raise Conflict("training_already", "A training is under way already.")
    with transaction.atomic():
        outbox.emit(
            TrainingAsked(model=str(kind), actor=actor),
            key=f"train:{kind}:{at.isoformat()}",
            at=at,
        )
        audit.record(
            actor=actor,
            action="ask_training",
            object_type="pricing.modelversion",
            object_id=str(kind),
            at=at,
        )


def ask_weekly_trainings(*, at: datetime) -> int:
    """Have both kinds trained, unless that is going on; return how many were asked for."""
    asked = 0
    for kind in ModelKind:
        try:
            ask_training(kind=kind, actor="system", at=at)
        except Conflict:
            continue
        asked += 1
    return asked
