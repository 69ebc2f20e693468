"""The console's pages of carts that were left."""

from apps.recovery.admin.attempts import AttemptAdmin

__all__ = ["AttemptAdmin"]
