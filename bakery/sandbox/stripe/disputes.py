"""Disputes and early fraud warnings."""

from typing import Any

from bakery.sandbox.store import Document
from bakery.sandbox.stripe.errors import invalid
from bakery.sandbox.stripe.events import emit
from bakery.sandbox.stripe.objects import make_object, merge_metadata, save
from bakery.sandbox.stripe.payments import record_balance, require
from bakery.sandbox.world import World

DISPUTE_FEE = 1500
_EVIDENCE_PERIOD_S = 7 * 86_400
_CLOSED = frozenset({"won", "lost", "warning_closed", "prevented"})
_EVIDENCE_FIELDS = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


def open_dispute(
    world: World,
    charge_id: str,
    *,
    reason: str = "fraudulent",
    amount: int | None = None,
    inquiry: bool = False,
) -> Document:
    """Dispute a paid charge; the money is withdrawn at once unless it is only an inquiry.

    `amount` in minor units, the whole charge by default.
    """
    charge = require(world, "charge", charge_id)
    if not charge["paid"] or charge["disputed"]:
        raise invalid("Only a paid, undisputed charge can be disputed.")
    dispute = _make_dispute(world, charge, reason=reason, inquiry=inquiry)
    if amount is not None:
        dispute["amount"] = amount
    charge["disputed"] = True
    save(world, charge)
    save(world, dispute)
    emit(world, "charge.dispute.created", dispute)
    if not inquiry:
        _move_funds(world, dispute, sign=-1)
        emit(world, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def _make_dispute(world: World, charge: Document, *, reason: str, inquiry: bool) -> Document:
    return make_object(
        world,
        "dispute",
        amount=charge["amount"],
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence=dict.fromkeys(_EVIDENCE_FIELDS) | {"enhanced_evidence": {}},
        evidence_details={
            "due_by": world.clock.unix() + _EVIDENCE_PERIOD_S,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        is_charge_refundable=inquiry,
        network_reason_code="10.4" if reason == "fraudulent" else "13.1",
        payment_intent=charge["payment_intent"],
        payment_method_details={
            "type": "card",
            "card": {
                "brand": "visa",
                "case_type": "inquiry" if inquiry else "chargeback",
                "network_reason_code": "10.4",
            },
        },
        reason=reason,
        status="warning_needs_response" if inquiry else "needs_response",
    )


def _move_funds(world: World, dispute: Document, *, sign: int) -> None:
    movement = record_balance(
        world,
        kind="adjustment",
        amount=sign * dispute["amount"],
        fee=DISPUTE_FEE if sign < 0 else 0,
        source=dispute,
    )
    dispute["balance_transactions"] = [*dispute["balance_transactions"], movement]
    save(world, dispute)


def update_dispute(world: World, dispute_id: str, params: Document) -> Document:
    """Add evidence; with `submit` (the default) send it to the bank.

    As in Stripe's test mode, `uncategorized_text` of "winning_evidence" or "losing_evidence"
    decides the dispute.
    """
    dispute = require(world, "dispute", dispute_id)
    if dispute["status"] in _CLOSED or dispute["status"].endswith("under_review"):
        raise invalid("This dispute has been closed or its evidence is already submitted.")
    evidence = params.get("evidence", {})
    _merge_evidence(dispute, evidence if isinstance(evidence, dict) else {})
    dispute["metadata"] = merge_metadata(dispute["metadata"], params.get("metadata"))
    if evidence and params.get("submit", True):
        dispute["evidence_details"]["submission_count"] += 1
        was_inquiry = dispute["status"].startswith("warning")
        dispute["status"] = "warning_under_review" if was_inquiry else "under_review"
    save(world, dispute)
    emit(world, "charge.dispute.updated", dispute, previous={})
    verdict = {"winning_evidence": "won", "losing_evidence": "lost"}.get(
        dispute["evidence"]["uncategorized_text"] or ""
    )
    if verdict and dispute["status"].endswith("under_review"):
        decide_dispute(world, dispute_id, verdict=verdict)
    return dispute


def _merge_evidence(dispute: Document, evidence: dict[str, Any]) -> None:
    dispute["evidence"] |= {name: value or None for name, value in evidence.items()}
    given = any(v for k, v in dispute["evidence"].items() if k != "enhanced_evidence")
    dispute["evidence_details"]["has_evidence"] = given


def close_dispute(world: World, dispute_id: str) -> Document:
    """Accept the loss."""
    dispute = require(world, "dispute", dispute_id)
    if dispute["status"] in _CLOSED:
        raise invalid("This dispute is already closed.")
    return decide_dispute(world, dispute_id, verdict="lost")


def decide_dispute(world: World, dispute_id: str, *, verdict: str) -> Document:
    """End a dispute as "won" (the money comes back) or "lost"; an inquiry just closes."""
    dispute = require(world, "dispute", dispute_id)
    if verdict not in {"won", "lost"} or dispute["status"] in _CLOSED:
        raise invalid("An open dispute can be won or lost.", param="verdict")
    inquiry = dispute["status"].startswith("warning")
    dispute["status"] = "warning_closed" if inquiry else verdict
    save(world, dispute)
    emit(world, "charge.dispute.closed", dispute)
    if verdict == "won" and not inquiry:
        _move_funds(world, dispute, sign=1)
        emit(world, "charge.dispute.funds_reinstated", dispute)
    return dispute


def warn_of_fraud(world: World, charge_id: str) -> Document:
    """Announce an early fraud warning about a charge."""
    charge = require(world, "charge", charge_id)
    warning = make_object(
        world,
        "radar.early_fraud_warning",
        actionable=not charge["refunded"],
        charge=charge_id,
        fraud_type="unauthorized_use_of_card",
        payment_intent=charge["payment_intent"],
    )
    save(world, warning)
    emit(world, "radar.early_fraud_warning.created", warning)
    return warning
