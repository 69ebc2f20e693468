"""What others may read about payments."""

from apps.payments.selectors.money_left import refundable
from apps.payments.selectors.refund_mails import (
    RefundMail,
    asking_mail,
    refund_mail,
    rejection_mail,
)
from apps.payments.selectors.refund_pages import (
    CustomerRefund,
    console_refunds,
    customer_refunds,
    filtered_refunds,
    left_of,
    moves_of,
    open_dispute_of,
    preview_texts,
    refunds_part,
    refunds_to_decide,
    tax_of_lines,
)
from apps.payments.selectors.refunds import refund_by_public_id, refunds_of
from apps.payments.selectors.timeline import PaymentRow, payments_of, tell_timeline
from apps.payments.selectors.trouble import LastTry, decline_part, last_try

__all__ = [
    "CustomerRefund",
    "LastTry",
    "PaymentRow",
    "RefundMail",
    "asking_mail",
    "console_refunds",
    "customer_refunds",
    "decline_part",
    "filtered_refunds",
    "last_try",
    "left_of",
    "moves_of",
    "open_dispute_of",
    "payments_of",
    "preview_texts",
    "refund_by_public_id",
    "refund_mail",
    "refundable",
    "refunds_of",
    "refunds_part",
    "refunds_to_decide",
    "rejection_mail",
    "tax_of_lines",
    "tell_timeline",
]
