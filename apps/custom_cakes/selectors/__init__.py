"""Reads of custom cakes: what can be chosen, requests, and what staff decide from."""

from apps.custom_cakes.rules.facts import DesignFacts
from apps.custom_cakes.selectors.facts import diff_of, facts_of, servings_by_chart
from apps.custom_cakes.selectors.options import OptionFood, choices_of, options, options_with_food

__all__ = [
    "DesignFacts",
    "OptionFood",
    "choices_of",
    "diff_of",
    "facts_of",
    "options",
    "options_with_food",
    "servings_by_chart",
]
