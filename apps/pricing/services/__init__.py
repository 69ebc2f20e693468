"""Use cases of prices: estimates, their log, rates, and the versions of models."""

from apps.pricing.services.registry import Served, challengers, check_file, current_model

__all__ = ["Served", "challengers", "check_file", "current_model"]
