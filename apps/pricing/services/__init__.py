"""Use cases of prices: estimates, their log, rates, and the versions of models."""

from apps.pricing.services.estimating import estimate_price
from apps.pricing.services.estimating_servings import estimate_servings
from apps.pricing.services.log import log_prediction, record_decision, record_labour
from apps.pricing.services.rates import set_rates
from apps.pricing.services.registry import Served, challengers, check_file, current_model
from apps.pricing.services.shadows import predict_shadows

__all__ = [
    "Served",
    "challengers",
    "check_file",
    "current_model",
    "estimate_price",
    "estimate_servings",
    "log_prediction",
    "predict_shadows",
    "record_decision",
    "record_labour",
    "set_rates",
]
