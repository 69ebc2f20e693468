"""Rules and their limits, who may be reminded of a cart, and what came of it."""

from apps.recovery.models.attempts import CartContact, RecoveryAttempt
from apps.recovery.models.rules import RecoveryPolicy, RecoveryRule

__all__ = ["CartContact", "RecoveryAttempt", "RecoveryPolicy", "RecoveryRule"]
