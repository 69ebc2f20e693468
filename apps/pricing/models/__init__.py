"""Rates, versions of models, and the log of what was predicted and decided."""

from apps.pricing.models.log import Decision, LabourRecord, Prediction, ShadowPrediction
from apps.pricing.models.rates import PriceRates
from apps.pricing.models.versions import ModelPolicy, ModelVersion, TrainingRun, VersionTransition

__all__ = [
    "Decision",
    "LabourRecord",
    "ModelPolicy",
    "ModelVersion",
    "Prediction",
    "PriceRates",
    "ShadowPrediction",
    "TrainingRun",
    "VersionTransition",
]
