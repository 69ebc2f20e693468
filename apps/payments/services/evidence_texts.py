"""What an answer to a dispute may say, put in words from what the shop knows; people edit it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from apps.notifications.services import SaidMessage, read_messages
from apps.payments.models import Dispute
from apps.payments.rules.disputes import ANSWER_FIELDS
from apps.payments.selectors.evidence import EvidenceFacts, evidence_facts
from bakery.kernel import clock, money
from bakery.kernel.errors import NotFound

_LONGEST_MESSAGE = 400
# Notes of staff, alerts and prints are nobody else's business; messages are told with their words.
_TOLD_TO_THE_BANK = ("order", "payment")


def prepare_answer(*, dispute_id: int, at: datetime) -> dict[str, str]:
    """Return the words of an answer by Stripe's names: those kept by a person, else prepared ones.

    Raises `NotFound` ``dispute_not_found``.
    """
    dispute = Dispute.objects.select_related("payment").filter(pk=dispute_id).first()
    if dispute is None:
        raise NotFound("dispute_not_found", "There is no such dispute.")
    if dispute.answer:
        return dict(dispute.answer)
    facts = evidence_facts(dispute, at=at)
    said = read_messages(about=f"order:{facts.order.number}:")
    texts = {
        **_people(facts),
        "product_description": _goods(facts),
        "refund_policy_disclosure": "\n".join(facts.summary["terms"]),
        "refund_refusal_explanation": _refunds(facts),
        "uncategorized_text": _story(facts, said),
    }
    longest = {field.name: field.longest for field in ANSWER_FIELDS}
    return {name: text[: longest[name]] for name, text in texts.items() if text}


def _people(facts: EvidenceFacts) -> dict[str, str]:
    order, hand_over = facts.order, facts.summary["hand_over"]
    local = hand_over.at.astimezone(clock.shop_zone()) if hand_over else None
    day = f"{local:%Y-%m-%d}" if local else ""
    promised = f"{order.pickup_starts_at.astimezone(clock.shop_zone()):%Y-%m-%d}"
    address = order.delivery_address or {}
    parts = [
        address.get(name) or ""
        for name in ("recipient", "line1", "line2", "city", "region", "postcode", "country")
    ]
    return {
        "customer_name": order.customer_name,
        "customer_email_address": order.customer_email,
        "service_date": day or promised,
        "shipping_address": ", ".join(filter(None, parts)),
        "shipping_date": day if address else "",
    }


def _goods(facts: EvidenceFacts) -> str:
    order, view = facts.order, facts.summary["view"]
    rows = [f"Order {order.number}, placed {_when(order.placed_at)}:"]
    for line in view.lines:
        text = f', with the text "{line.message}" on it' if line.message else ""
        price = money.display(line.line_total, order.currency)
        rows.append(f"- {line.quantity} x {line.description}, {price}{text}")
        rows += [f"  as agreed, {label}: {said}" for label, said in line.details]
    rows += [
        f"  {row.label}: {money.display(row.amount, order.currency)}"
        for row in facts.summary["sums"]
    ]
    rows.append(f"To be picked up or delivered: {view.pickup.local}.")
    return "\n".join(rows)


def _refunds(facts: EvidenceFacts) -> str:
    refunds = facts.summary["refunds"]
    if not refunds:
        return "No refund was given for this order."
    return "\n".join(
        f"{money.display(row.amount, row.currency)} were given back on {_when(row.recorded_at)}."
        for row in refunds
    )


def _story(facts: EvidenceFacts, said: Iterable[SaidMessage]) -> str:
    parts = ["\n".join(_payments(facts)), _hand_over(facts), "\n".join(_known(facts))]
    events = [
        f"{_when(entry.at)}: {entry.title}"
        for entry in facts.summary["entries"]
        if entry.source in _TOLD_TO_THE_BANK and "ispute" not in entry.title
    ]
    parts.append("\n".join(["What happened:", *events]))
    messages = [_message(row) for row in said if row.sent_at]
    if messages:
        parts.append("\n\n".join(["Messages to the customer:", *messages]))
    return "\n\n".join(part for part in parts if part)


def _payments(facts: EvidenceFacts) -> list[str]:
    return [
        f"Paid {money.display(row.amount, row.currency)} by {row.method or 'card'} on"
        f" {_when(row.recorded_at)} on Stripe's own page."
        for row in facts.summary["payments"]
    ]


def _hand_over(facts: EvidenceFacts) -> str:
    order, row = facts.order, facts.summary["hand_over"]
    if row is None:
        return f"The order is {order.get_status_display()}."
    who = f" to {order.handed_to}" if order.handed_to else ""
    proofs = [("signed for", row.signature_id), ("photographed", row.photo_id)]
    also = "".join(f", {word}" for word, there in proofs if there)
    return f"Handed over{who} on {_when(row.at)}. How it was proved: {row.get_how_display()}{also}."


def _known(facts: EvidenceFacts) -> list[str]:
    customer: Mapping[str, Any] = facts.summary["customer"]
    rows = []
    if customer["account_since"]:
        rows.append(f"The customer has had an account since {_when(customer['account_since'])}.")
    if count := customer["earlier_paid_orders"]:
        rows.append(f"Orders paid before this one: {count}.")
    return rows


def _message(row: SaidMessage) -> str:
    text = " ".join(row.text.split())[:_LONGEST_MESSAGE]
    return (
        f"{_when(row.sent_at or row.created_at)} to {row.recipient}: {row.subject}\n{text}".strip()
    )


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(clock.shop_zone()):%Y-%m-%d %H:%M}"
