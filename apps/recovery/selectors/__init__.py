"""Reads of this app."""

from apps.recovery.selectors.attempts import (
    AttemptRow,
    attempt_rows,
    listed_attempts,
    represent,
)
from apps.recovery.selectors.funnel import Funnel, StepFigures, funnel
from apps.recovery.selectors.rules import current_policy, current_rules, history_of_rules

__all__ = [
    "AttemptRow",
    "Funnel",
    "StepFigures",
    "attempt_rows",
    "current_policy",
    "current_rules",
    "funnel",
    "history_of_rules",
    "listed_attempts",
    "represent",
]
