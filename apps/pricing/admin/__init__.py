"""The console's pages of prices."""

from apps.pricing.admin.catalogue import DecisionAdmin

__all__ = ["DecisionAdmin"]
