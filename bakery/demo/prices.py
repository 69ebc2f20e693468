"""Past decisions on prices and a model in use, for the demo: all from a bakery that is made up."""

from datetime import datetime, timedelta

from django.db import transaction

from apps.pricing import services
from apps.pricing.models import ModelVersion, Prediction
from apps.pricing.states import ModelKind, Source
from bakery.kernel.errors import DomainError

ACTOR = "system"
_LEARNED_FROM, _DECIDED, _SEED = 500, 60, 11
_SUBJECT = "DEMO-"
_REASON = "Demo: what this made-up bakery charges"


def seed_prices(*, at: datetime) -> bool:
    """Train a model on simulated decisions, and decide on predicted prices of three months.

    Half of them were predicted by the formula, half by the model. Returns False, with nothing
    written, where that was done before or there are versions already; what else was decided in the
    demo does not matter.
    """
    if (
        Prediction.objects.filter(subject__startswith=_SUBJECT).exists()
        or ModelVersion.objects.exists()
    ):
        return False
    # The newest of another luck: the model has not seen them.
    cakes = services.simulate_cakes(n=12 * _DECIDED, seed=_SEED + 1, until=at, at=at)[-_DECIDED:]
    for no, cake in enumerate(cakes):
        if no == _DECIDED // 2:
            _train(at=cake.at)
        price = services.estimate_price(spec=cake.spec, at=cake.at)
        with transaction.atomic():
            logged = services.log_prediction(
                source=Source.CUSTOM,
                subject=f"{_SUBJECT}{no + 1:03}",
                spec=cake.spec,
                price=price,
                at=cake.at,
            )
            services.record_decision(
                prediction_id=logged,
                final_price=cake.price,
                reason=_REASON,
                actor=ACTOR,
                at=cake.at + timedelta(hours=3),
            )
    return True


def _train(*, at: datetime) -> None:
    """Put a model in use where the settings allow it; without one the formula speaks."""
    cakes = services.simulate_cakes(n=_LEARNED_FROM, seed=_SEED, until=at, at=at)
    try:
        services.train(kind=ModelKind.PRICE, actor=ACTOR, at=at, cakes=cakes)
    except DomainError:
        return
