"""Taking a person out of what Stripe sent about an order."""

import json

from django.db import transaction
from django.db.models import QuerySet

from apps.payments.models import (
    CheckoutAttempt,
    Dispute,
    Payment,
    Refund,
    RefundRequest,
    StripeEvent,
)
from apps.payments.rules.personal import without_person
from apps.payments.rules.subjects import parse_event
from apps.payments.services import ledger


def erase_payer(*, order_id: int) -> int:
    """Take who paid out of the stored events of an order, and what was written to ask for money.

    Sums, ids, dates and what cards were stay: the books and the law need them. Return how many
    events were changed. Again it changes nothing.
    """
    with transaction.atomic():
        ledger.lock_payments(order_id)
        RefundRequest.objects.filter(order_id=order_id).exclude(explanation="").update(
            explanation=""
        )
        changed = [event for event in _events(order_id).iterator() if _redact(event)]
        StripeEvent.objects.bulk_update(changed, ["payload"])
    return len(changed)


def _events(order_id: int) -> QuerySet[StripeEvent]:
    """Return the events about anything that Stripe has of the order."""
    attempts = CheckoutAttempt.objects.filter(order_id=order_id, session_id__isnull=False)
    payments = Payment.objects.filter(order_id=order_id)
    refunds = Refund.objects.filter(order_id=order_id, stripe_id__isnull=False)
    disputes = Dispute.objects.filter(order_id=order_id)
    ids = {
        *attempts.values_list("session_id", flat=True),
        *payments.values_list("payment_intent", flat=True),
        *payments.exclude(charge="").values_list("charge", flat=True),
        *refunds.values_list("stripe_id", flat=True),
        *disputes.values_list("stripe_id", flat=True),
    }
    return StripeEvent.objects.filter(object_id__in=ids)


def _redact(event: StripeEvent) -> bool:
    text = json.dumps(without_person(parse_event(event.payload)), indent=2)
    changed = text != event.payload
    event.payload = text
    return changed
