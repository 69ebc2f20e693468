"""What payments does: open a checkout, take in Stripe's events, apply what they mean."""

from apps.payments.services.cancellation import (
    close_checkouts,
    close_outdated,
)
from apps.payments.services.checkout import CheckoutLink, open_checkout
from apps.payments.services.ingestion import receive_event
from apps.payments.services.refunding import request_edit_refund, request_refunds
from apps.payments.services.settlement import apply_event, check_attempt
from apps.payments.services.sweeping import check_open_attempts, retry_events

__all__ = [
    "CheckoutLink",
    "apply_event",
    "check_attempt",
    "check_open_attempts",
    "close_checkouts",
    "close_outdated",
    "open_checkout",
    "receive_event",
    "request_edit_refund",
    "request_refunds",
    "retry_events",
]
