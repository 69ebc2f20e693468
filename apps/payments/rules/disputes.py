"""What disputes are about, how long there is to answer, and what an answer may say. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.payments.states import DisputeStatus
from bakery.kernel.errors import Invalid

# Stripe: all texts of an answer together (docs.stripe.com/api/disputes/update, 2026-11).
MAX_ANSWER = 150_000
# When people are reminded, before the date; the last one says that it is over.
REMIND_BEFORE = (
    timedelta(days=7),
    timedelta(days=3),
    timedelta(days=1),
    timedelta(hours=12),
    timedelta(0),
)
_DAY = timedelta(days=1)
_SOON = timedelta(days=3)
# Stripe's own words for why (docs.stripe.com/disputes/categories, 2026-11), and ours.
_REASONS = {
    "bank_cannot_process": "the bank cannot process it",
    "check_returned": "check returned",
    "credit_not_processed": "a promised refund did not come",
    "customer_initiated": "the customer asked the bank",
    "debit_not_authorized": "debit not authorised",
    "duplicate": "paid twice",
    "fraudulent": "not made by the card's owner",
    "general": "no reason given",
    "incorrect_account_details": "wrong account details",
    "insufficient_funds": "insufficient funds",
    "noncompliant": "against the card network's rules",
    "product_not_received": "goods not received",
    "product_unacceptable": "goods not as described",
    "subscription_canceled": "subscription was cancelled",
    "unrecognized": "the customer does not recognise it",
}


@dataclass(frozen=True)
class AnswerField:
    """A text of an answer: Stripe's name for it, how staff read it, and its longest form."""

    name: str
    label: str
    help: str
    rows: int = 1
    longest: int = 20_000


# The fields of Stripe's evidence that a bakery can fill with words; those that take the id of an
# uploaded file are left out (docs.stripe.com/api/disputes/evidence_object, 2026-11).
ANSWER_FIELDS = (
    AnswerField("customer_name", "Customer", "Who ordered.", longest=500),
    AnswerField("customer_email_address", "E-mail", "Of the customer.", longest=500),
    AnswerField("customer_purchase_ip", "IP address", "From which it was bought.", longest=100),
    AnswerField("billing_address", "Billing address", "If it is known.", 2, 2_000),
    AnswerField("product_description", "What was sold", "Lines, prices, when it was paid.", 8),
    AnswerField(
        "service_date", "Day of pickup or delivery", "When it was handed out.", longest=500
    ),
    AnswerField("shipping_address", "Delivery address", "Of orders that were delivered.", 3, 2_000),
    AnswerField("shipping_date", "Day of delivery", "When it was delivered.", longest=500),
    AnswerField("refund_policy_disclosure", "How refunds work", "What the customer agreed to.", 4),
    AnswerField(
        "refund_refusal_explanation", "Why there is no refund", "Refunds that were given.", 3
    ),
    AnswerField(
        "uncategorized_text", "Everything else", "Timeline, messages, proof of pickup.", 14
    ),
)


def reason_words(reason: str) -> str:
    """Return why a payment is disputed, in words; one that is new to us as Stripe writes it."""
    return _REASONS.get(reason) or reason.replace("_", " ") or "no reason given"


def status_of(stripe_status: str) -> DisputeStatus | None:
    """Return our name of Stripe's status, None for one that we do not know.

    One that was prevented ended before any money was taken.
    """
    if stripe_status == "prevented":
        return DisputeStatus.WARNING_CLOSED
    return DisputeStatus(stripe_status) if stripe_status in DisputeStatus.values else None


def reminders_due(due_by: datetime, *, at: datetime) -> int:
    """Return how many of the reminders should have gone out by ``at``."""
    return sum(at >= due_by - before for before in REMIND_BEFORE)


def time_left(due_by: datetime, *, at: datetime) -> tuple[str, str]:
    """Return how long there is, in words, and how urgent that is: calm, soon, urgent or late."""
    left = due_by - at
    if left <= timedelta(0):
        return "past due", "late"
    if left < _DAY:
        hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
        return (_count(hours, "hour") if hours else _count(minutes, "minute")), "urgent"
    return _count(left // _DAY, "day"), "soon" if left <= _SOON else "calm"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'} left"


def check_answer(given: Mapping[str, object]) -> dict[str, str]:
    """Return the texts of an answer that say something, by Stripe's names.

    Raises `Invalid` ``bad_answer`` (with ``details.field``) for an unknown field, for what is no
    text or too long, and ``empty_answer``.
    """
    known = {field.name: field for field in ANSWER_FIELDS}
    texts: dict[str, str] = {}
    for name, value in given.items():
        field = known.get(name)
        if field is None or not isinstance(value, str) or "\x00" in value:
            raise _bad(name, "This is no text that Stripe takes.")
        text = value.replace("\r\n", "\n").strip()
        if len(text) > field.longest:
            raise _bad(name, f"{field.label} has at most {field.longest:,} characters.")
        if text:
            texts[name] = text
    if not texts:
        raise Invalid("empty_answer", "The answer says nothing.")
    if sum(map(len, texts.values())) > MAX_ANSWER:
        raise Invalid("bad_answer", f"An answer has at most {MAX_ANSWER:,} characters in all.")
    return texts


def _bad(name: str, message: str) -> Invalid:
    return Invalid("bad_answer", message, details={"field": name[:60]})
