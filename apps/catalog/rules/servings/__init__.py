"""Servings: published charts, the estimate from them, and suggestions for a number of guests."""

from apps.catalog.rules.servings.charts import PARTY, STYLES, WEDDING
from apps.catalog.rules.servings.estimate import (
    STANDARD_HEIGHT,
    Estimate,
    Tier,
    TierServings,
    estimate,
    suggestion_for,
)
from apps.catalog.rules.servings.suggest import Suggestion, name_of, suggest

__all__ = [
    "PARTY",
    "STANDARD_HEIGHT",
    "STYLES",
    "WEDDING",
    "Estimate",
    "Suggestion",
    "Tier",
    "TierServings",
    "estimate",
    "name_of",
    "suggest",
    "suggestion_for",
]
