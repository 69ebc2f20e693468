"""What others may read about payments."""

from apps.payments.selectors.money_left import refundable
from apps.payments.selectors.refund_pages import (
    CustomerRefund,
    console_refunds,
    customer_refunds,
    filtered_refunds,
    moves_of,
    open_dispute_of,
    preview_texts,
    refunds_part,
    refunds_to_decide,
    tax_of_lines,
)
from apps.payments.selectors.refunds import refund_by_public_id, refunds_of
from apps.payments.selectors.timeline import PaymentRow, payments_of, tell_timeline

__all__ = [
    "CustomerRefund",
    "PaymentRow",
    "console_refunds",
    "customer_refunds",
    "filtered_refunds",
    "moves_of",
    "open_dispute_of",
    "payments_of",
    "preview_texts",
    "refund_by_public_id",
    "refundable",
    "refunds_of",
    "refunds_part",
    "refunds_to_decide",
    "tax_of_lines",
    "tell_timeline",
]
