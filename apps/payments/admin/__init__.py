"""The console's pages about money."""

from apps.payments.admin import attempts, disputes, events, mirror, payments, refunds

__all__ = ["attempts", "disputes", "events", "mirror", "payments", "refunds"]
