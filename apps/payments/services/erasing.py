"""Taking a person out of what Stripe sent about an order."""

import json
from datetime import datetime, timedelta

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
from apps.payments.states import OPEN_DISPUTES

# Longer than between two looks, so that nothing is missed when one of them is.
_LOOK_BACK = timedelta(days=7)


def erase_payer(*, order_id: int) -> int:
    """Take who paid out of the stored events of an order, and what was written about its money.

    Sums, ids, dates and what cards were stay: the books and the law need them; so does what was
    answered to a dispute, until it is over. Return how many events were changed. Again it changes
    nothing.
    """
    with transaction.atomic():
        ledger.lock_payments(order_id)
        RefundRequest.objects.filter(order_id=order_id).exclude(
            explanation="", decision_note=""
        ).update(explanation="", decision_note="")
        disputes = Dispute.objects.filter(order_id=order_id).exclude(status__in=OPEN_DISPUTES)
        disputes.exclude(answer={}).update(answer={})
        changed = [event for event in _events(order_id).iterator() if _redact(event)]
        StripeEvent.objects.bulk_update(changed, ["payload"])
    return len(changed)


def erase_late_payers(*, at: datetime) -> int:
    """Erase again what Stripe said in the last days about orders whose customer was erased before.

    A refund or a dispute brings the payer's name with it, however long ago the order was. Return
    how many events were changed.
    """
    said = StripeEvent.objects.filter(received_at__gte=at - _LOOK_BACK).values("object_id")
    found: set[int] = set()
    for rows in (
        CheckoutAttempt.objects.filter(session_id__in=said),
        Payment.objects.filter(payment_intent__in=said),
        Payment.objects.exclude(charge="").filter(charge__in=said),
        Refund.objects.filter(stripe_id__in=said),
        Dispute.objects.filter(stripe_id__in=said),
    ):
        gone = rows.filter(order__erased_at__isnull=False)
        found.update(gone.values_list("order_id", flat=True))
    return sum(erase_payer(order_id=order_id) for order_id in sorted(found))


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
