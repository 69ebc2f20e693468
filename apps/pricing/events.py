"""Facts about prices that our own handlers act on."""

from dataclasses import dataclass
from typing import ClassVar

from bakery.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PredictionLogged(Event):
    """A price was predicted, and there are challengers that would answer as well."""

    kind: ClassVar[str] = "pricing.prediction_logged"
    prediction_id: int


@dataclass(frozen=True, kw_only=True)
class TrainingAsked(Event):
    """A version of a kind of model is to be trained."""

    kind: ClassVar[str] = "pricing.training_asked"
    model: str
    actor: str
