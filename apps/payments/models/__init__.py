"""Attempts to collect money, what Stripe said, money that came, went back or is disputed."""

from apps.payments.models.attempts import CheckoutAttempt
from apps.payments.models.disputes import (
    Dispute,
    DisputeMove,
    DisputeTransition,
    EvidenceArchive,
    FraudWarning,
)
from apps.payments.models.events import StripeEvent
from apps.payments.models.listings import StripeListing
from apps.payments.models.payments import Payment
from apps.payments.models.refunds import (
    PaymentBalance,
    Refund,
    RefundRequest,
    RefundReversal,
    RefundTransition,
)

__all__ = [
    "CheckoutAttempt",
    "Dispute",
    "DisputeMove",
    "DisputeTransition",
    "EvidenceArchive",
    "FraudWarning",
    "Payment",
    "PaymentBalance",
    "Refund",
    "RefundRequest",
    "RefundReversal",
    "RefundTransition",
    "StripeEvent",
    "StripeListing",
]
