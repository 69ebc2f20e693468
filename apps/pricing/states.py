"""What is predicted, where an estimate comes from, and the life of a model's version."""

from django.db.models import TextChoices

from bakery.kernel.states import StateMachine


class ModelKind(TextChoices):
    """What a model predicts."""

    PRICE = "price", "price"
    SERVINGS = "servings", "servings"


class EstimateOrigin(TextChoices):
    """What an estimate follows from."""

    FORMULA = "formula", "the formula alone"
    MODEL = "model", "a trained model"


class Source(TextChoices):
    """What was priced."""

    CUSTOM = "custom", "custom cake"
    CATALOGUE = "catalogue", "size in the range"


class DataOrigin(TextChoices):
    """What a version learned from; simulated decisions never mix with real ones."""

    DECISIONS = "decisions", "decisions of this shop"
    SIMULATED = "simulated", "simulated decisions"


class EventType(TextChoices):
    """What is celebrated."""

    BIRTHDAY = "birthday", "birthday"
    WEDDING = "wedding", "wedding"
    ANNIVERSARY = "anniversary", "anniversary"
    BABY = "baby", "baby shower or christening"
    GRADUATION = "graduation", "graduation"
    CORPORATE = "corporate", "company event"
    HOLIDAY = "holiday", "holiday"
    OTHER = "other", "something else"


class VersionStatus(TextChoices):
    """Where a trained version stands."""

    CHALLENGER = "challenger", "runs beside, its predictions are only logged"
    CURRENT = "current", "in use"
    RETIRED = "retired", "was in use"
    REFUSED = "refused", "not good enough, or not trusted"


class TrainingState(TextChoices):
    """What became of a training."""

    RUNNING = "running", "under way"
    DONE = "done", "done"
    REFUSED = "refused", "nothing to learn from"
    FAILED = "failed", "went wrong"


_S = VersionStatus
VERSION_LIFE = StateMachine(
    name="model version",
    moves={
        _S.CHALLENGER: frozenset({_S.CURRENT, _S.REFUSED}),
        _S.CURRENT: frozenset({_S.RETIRED, _S.REFUSED}),
        # Back in use: a rollback.
        _S.RETIRED: frozenset({_S.CURRENT, _S.REFUSED}),
        _S.REFUSED: frozenset(),
    },
    history="pricing.VersionTransition",
)
_T = TrainingState
TRAINING_LIFE = StateMachine(
    name="training",
    moves={
        _T.RUNNING: frozenset({_T.DONE, _T.REFUSED, _T.FAILED}),
        _T.DONE: frozenset(),
        _T.REFUSED: frozenset(),
        _T.FAILED: frozenset(),
    },
    column="state",
)
