"""What follows from a prediction."""

from datetime import datetime

from apps.pricing import services
from apps.pricing.events import PredictionLogged
from bakery.kernel.outbox import ML, handles


@handles(PredictionLogged, queue=ML, external=True)
def ask_challengers(event: PredictionLogged, *, at: datetime) -> None:
    """Let each challenger predict the same cake: files and inference, outside any transaction."""
    services.predict_shadows(prediction_id=event.prediction_id, at=at)
