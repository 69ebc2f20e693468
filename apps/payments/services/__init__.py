"""What payments does: open a checkout, take in Stripe's events, apply what they mean."""

from apps.payments.adapters.stripe_listing import Movement
from apps.payments.rules.refund_plan import Refundable, RefundLine, RefundPreview, WayShare
from apps.payments.services.asking import preview_refund, request_refund_of
from apps.payments.services.cancellation import (
    close_checkouts,
    close_outdated,
)
from apps.payments.services.checkout import CheckoutLink, open_by_link, open_checkout
from apps.payments.services.customer_refunds import ask_as_customer, preview_for_customer
from apps.payments.services.deciding import (
    approve_refund,
    reject_refund,
    try_refund_again,
    withdraw_refund,
)
from apps.payments.services.disputes import (
    accept_loss,
    remind_of_disputes,
    save_draft,
    submit_answer,
    write_off,
)
from apps.payments.services.erasing import erase_late_payers, erase_payer
from apps.payments.services.evidence import (
    EvidenceVerdict,
    freeze_evidence,
    freeze_missing,
    read_evidence,
    verify_evidence,
)
from apps.payments.services.evidence_texts import prepare_answer
from apps.payments.services.finding import (
    Found,
    find_missed,
    learn_of,
    stripe_movements,
    stripe_movements_of,
)
from apps.payments.services.giving_back import give_back_by_hand, send_refund, settle_refunds
from apps.payments.services.ingestion import receive_event
from apps.payments.services.mirroring import mirror_dispute, mirror_refund, mirror_session
from apps.payments.services.refunding import request_edit_refund, request_refunds
from apps.payments.services.returning import take_goods_back
from apps.payments.services.settlement import apply_event, check_attempt
from apps.payments.services.sweeping import check_open_attempts, retry_events
from apps.payments.services.watching import count_refusal, watch, watch_stripe

__all__ = [
    "CheckoutLink",
    "EvidenceVerdict",
    "Found",
    "Movement",
    "RefundLine",
    "RefundPreview",
    "Refundable",
    "WayShare",
    "accept_loss",
    "apply_event",
    "approve_refund",
    "ask_as_customer",
    "check_attempt",
    "check_open_attempts",
    "close_checkouts",
    "close_outdated",
    "count_refusal",
    "erase_late_payers",
    "erase_payer",
    "find_missed",
    "freeze_evidence",
    "freeze_missing",
    "give_back_by_hand",
    "learn_of",
    "mirror_dispute",
    "mirror_refund",
    "mirror_session",
    "open_by_link",
    "open_checkout",
    "prepare_answer",
    "preview_for_customer",
    "preview_refund",
    "read_evidence",
    "receive_event",
    "reject_refund",
    "remind_of_disputes",
    "request_edit_refund",
    "request_refund_of",
    "request_refunds",
    "retry_events",
    "save_draft",
    "send_refund",
    "settle_refunds",
    "stripe_movements",
    "stripe_movements_of",
    "submit_answer",
    "take_goods_back",
    "try_refund_again",
    "verify_evidence",
    "watch",
    "watch_stripe",
    "withdraw_refund",
    "write_off",
]
