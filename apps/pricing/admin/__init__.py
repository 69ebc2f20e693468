"""The console's pages of prices."""

from apps.pricing.admin.catalogue import DecisionAdmin
from apps.pricing.admin.log import PredictionAdmin
from apps.pricing.admin.rates import LabourRecordAdmin, PriceRatesAdmin
from apps.pricing.admin.versions import ModelVersionAdmin

__all__ = [
    "DecisionAdmin",
    "LabourRecordAdmin",
    "ModelVersionAdmin",
    "PredictionAdmin",
    "PriceRatesAdmin",
]
