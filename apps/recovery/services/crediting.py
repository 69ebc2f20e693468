"""Which orders came back because of a reminder, or would have come without one.

Counted alike for people who were reminded and for those held out, from the moment at which their
reminder was due: only so can the two groups be compared.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from apps.recovery.models import RecoveryAttempt
from apps.recovery.selectors.people import keys_of_order, order_of
from apps.recovery.selectors.rules import current_policy
from bakery.kernel.locks import locked


def credit_order(*, order_id: int, at: datetime) -> bool:
    """Count a paid order for the latest reminder of its cart or its person; again is once.

    Only reminders of the policy's days before the order was placed. What is counted is what was
    ordered, without tax; refunds are not taken off. Returns whether it was counted.
    """
    policy = current_policy(at=at)
    order = order_of(order_id)
    if policy is None or order is None:
        return False
    whose = Q(person__in=keys_of_order(order))
    if order.cart_id is not None:
        whose |= Q(cart_id=order.cart_id)
    rows = RecoveryAttempt.objects.filter(
        whose,
        planned_at__lte=order.placed_at,
        planned_at__gt=order.placed_at - timedelta(days=policy.attribution_days),
    )
    with transaction.atomic():
        found = sorted(locked(rows), key=lambda row: (row.planned_at, row.pk))
        if not found or RecoveryAttempt.objects.filter(order=order).exists():
            return False
        latest = found[-1]
        if latest.order_id is not None:
            return False  # a second order of who came back already
        latest.order, latest.recovered_at = order, at
        latest.revenue, latest.currency = order.subtotal, order.currency
        latest.save(update_fields=["order", "recovered_at", "revenue", "currency"])
    return True
