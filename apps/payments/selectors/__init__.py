"""What others may read about payments."""

from apps.payments.selectors.refunds import refund_by_public_id, refundable, refunds_of
from apps.payments.selectors.timeline import PaymentRow, payments_of, tell_timeline

__all__ = [
    "PaymentRow",
    "payments_of",
    "refund_by_public_id",
    "refundable",
    "refunds_of",
    "tell_timeline",
]
