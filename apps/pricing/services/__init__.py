"""Use cases of prices: estimates, their log, rates, and the versions of models."""

from apps.pricing.services.asking import ask_training, ask_weekly_trainings
from apps.pricing.services.catalogue import (
    SizeDecision,
    Suggestion,
    decide_prices,
    suggest_prices,
)
from apps.pricing.services.estimating import estimate_price
from apps.pricing.services.estimating_servings import estimate_servings
from apps.pricing.services.log import log_prediction, record_decision, record_labour
from apps.pricing.services.promoting import promote, refuse, roll_back
from apps.pricing.services.rates import set_rates
from apps.pricing.services.registry import Served, challengers, check_file, current_model
from apps.pricing.services.shadows import predict_shadows
from apps.pricing.services.simulating import simulate_cakes
from apps.pricing.services.training import Trained, train
from apps.pricing.services.watching import drift, watch_models

__all__ = [
    "Served",
    "SizeDecision",
    "Suggestion",
    "Trained",
    "ask_training",
    "ask_weekly_trainings",
    "challengers",
    "check_file",
    "current_model",
    "decide_prices",
    "drift",
    "estimate_price",
    "estimate_servings",
    "log_prediction",
    "predict_shadows",
    "promote",
    "record_decision",
    "record_labour",
    "refuse",
    "roll_back",
    "set_rates",
    "simulate_cakes",
    "suggest_prices",
    "train",
    "watch_models",
]
