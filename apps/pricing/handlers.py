"""What follows from a prediction, and trainings that were asked for."""

import logging
from datetime import datetime

from apps.pricing import services
from apps.pricing.events import PredictionLogged, TrainingAsked
from apps.pricing.states import ModelKind
from bakery.kernel.errors import Conflict
from bakery.kernel.outbox import ML, handles

logger = logging.getLogger(__name__)


@handles(PredictionLogged, queue=ML, external=True)
def ask_challengers(event: PredictionLogged, *, at: datetime) -> None:
    """Let each challenger predict the same cake: files and inference, outside any transaction."""
    services.predict_shadows(prediction_id=event.prediction_id, at=at)


@handles(TrainingAsked, queue=ML, external=True)
def train(event: TrainingAsked, *, at: datetime) -> None:
    """Train it: seconds of CPU and a file, outside any transaction."""
    try:
        services.train(kind=ModelKind(event.model), actor=event.actor, at=at)
    except Conflict as error:
        # Somebody else's training will do.
        logger.info("training not begun", extra={"code": error.code})
