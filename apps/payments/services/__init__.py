"""What payments does: open a checkout, take in Stripe's events, apply what they mean."""

from apps.payments.rules.refund_plan import Refundable, RefundLine, RefundPreview, WayShare
from apps.payments.services.asking import preview_refund, request_refund_of
from apps.payments.services.cancellation import (
    close_checkouts,
    close_outdated,
)
from apps.payments.services.checkout import CheckoutLink, open_checkout
from apps.payments.services.deciding import (
    approve_refund,
    reject_refund,
    try_refund_again,
    withdraw_refund,
)
from apps.payments.services.giving_back import give_back_by_hand
from apps.payments.services.ingestion import receive_event
from apps.payments.services.refunding import request_edit_refund, request_refunds
from apps.payments.services.settlement import apply_event, check_attempt
from apps.payments.services.sweeping import check_open_attempts, retry_events

__all__ = [
    "CheckoutLink",
    "RefundLine",
    "RefundPreview",
    "Refundable",
    "WayShare",
    "apply_event",
    "approve_refund",
    "check_attempt",
    "check_open_attempts",
    "close_checkouts",
    "close_outdated",
    "give_back_by_hand",
    "open_checkout",
    "preview_refund",
    "receive_event",
    "reject_refund",
    "request_edit_refund",
    "request_refund_of",
    "request_refunds",
    "retry_events",
    "try_refund_again",
    "withdraw_refund",
]
