"""The console's pages about money."""

from apps.payments.admin import attempts, events, mirror, payments, refunds

__all__ = ["attempts", "events", "mirror", "payments", "refunds"]
