"""What challengers would have predicted: logged beside, shown to nobody who buys."""

import logging
from datetime import datetime

from apps.pricing.adapters import booster
from apps.pricing.models import Prediction, ShadowPrediction
from apps.pricing.rules.artefact import BadArtefact
from apps.pricing.rules.features import MONOTONE, NAMES
from apps.pricing.rules.formula import corrected_price, cost_plus
from apps.pricing.rules.spec import spec_from_json
from apps.pricing.selectors.rates import rates_at
from apps.pricing.services.registry import challengers
from apps.pricing.states import ModelKind
from bakery.kernel.errors import Invalid
from bakery.kernel.money import round_money

logger = logging.getLogger(__name__)


def predict_shadows(*, prediction_id: int, at: datetime) -> int:
    """Log what each challenger says of a logged prediction; return how many did. Idempotent.

    From the features as they were logged, so that both saw the same cake. Inference and files:
    never inside a transaction.
    """
    row = Prediction.objects.filter(pk=prediction_id).first()
    if row is None or set(row.features) != set(NAMES):
        return 0
    try:
        spec = spec_from_json(row.spec)
    except Invalid:
        return 0
    rates, values = rates_at(row.at), [float(row.features[name]) for name in NAMES]
    parts, found = cost_plus(spec, rates), []
    for served in challengers(kind=ModelKind.PRICE):
        if served.artefact is None or served.version_id is None:
            continue
        try:
            correction = booster.correct_one(
                served.artefact, values, names=NAMES, monotone=MONOTONE
            )
        except BadArtefact as error:
            logger.warning("challenger not asked", extra={"code": str(error)})
            continue
        price = round_money(corrected_price(parts, rates, correction), row.currency)
        found.append(
            ShadowPrediction(prediction=row, version_id=served.version_id, price=price, at=at)
        )
    ShadowPrediction.objects.bulk_create(found, ignore_conflicts=True)
    return len(found)
