"""Reads of prices: rates, the log of predictions, and what a cake is described by."""

from apps.pricing.rules.estimates import (
    Costs,
    Neighbour,
    PriceEstimate,
    Reason,
    ServingsEstimate,
)
from apps.pricing.rules.formula import Rates
from apps.pricing.rules.geometry import Measures, measure_stack, measure_tier
from apps.pricing.rules.spec import CakeSpec, SpecTier, spec_as_json, spec_from_json
from apps.pricing.selectors.catalogue import estimated_labour
from apps.pricing.selectors.labour import labour_factor
from apps.pricing.selectors.log import PredictionRow, prediction, prediction_row
from apps.pricing.selectors.rates import rates_at

__all__ = [
    "CakeSpec",
    "Costs",
    "Measures",
    "Neighbour",
    "PredictionRow",
    "PriceEstimate",
    "Rates",
    "Reason",
    "ServingsEstimate",
    "SpecTier",
    "estimated_labour",
    "labour_factor",
    "measure_stack",
    "measure_tier",
    "prediction",
    "prediction_row",
    "rates_at",
    "spec_as_json",
    "spec_from_json",
]
