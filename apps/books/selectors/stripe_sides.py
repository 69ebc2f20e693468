"""Our records of money that moved at Stripe, to be compared with Stripe's own."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db.models import Q

from apps.books.rules.matching import OurRow
from apps.payments.models import DisputeMove, Payment, Refund, RefundReversal
from apps.payments.states import RefundWay


def our_rows(
    *, names: Collection[str], since: datetime, until: datetime
) -> tuple[list[OurRow], frozenset[str]]:
    """Return our records of these names or of this time, and the names of those of this time.

    Four statements. Names are `matching.StripeRow.name`.
    """
    by_group: dict[str, list[str]] = {}
    for name in names:
        group, _, thing = name.partition(":")
        by_group.setdefault(group, []).append(thing)
    now = Q(recorded_at__gte=since, recorded_at__lte=until)
    rows = [
        *_payments(now | Q(payment_intent__in=by_group.get("charge", []))),
        *_refunds(now | Q(stripe_id__in=by_group.get("refund", []))),
        *_reversals(now | Q(refund__stripe_id__in=by_group.get("reversal", []))),
        *_dispute_moves(now | Q(balance_transaction__in=by_group.get("dispute", []))),
    ]
    return rows, frozenset(row.name for row in rows if since <= row.recorded_at <= until)


def _payments(wanted: Q) -> Iterator[OurRow]:
    for row in Payment.objects.filter(wanted):
        yield OurRow(
            f"charge:{row.payment_intent}",
            f"payment:{row.pk}",
            row.amount,
            row.fee,
            row.currency,
            row.order_id,
            row.recorded_at,
            row.charge,
        )


def _refunds(wanted: Q) -> Iterator[OurRow]:
    rows = Refund.objects.filter(wanted, way=RefundWay.STRIPE).exclude(stripe_id=None)
    for row in rows:
        yield OurRow(
            f"refund:{row.stripe_id}",
            f"refund:{row.pk}",
            -row.amount,
            None,
            row.currency,
            row.order_id,
            row.recorded_at,
            str(row.stripe_id),
        )


def _reversals(wanted: Q) -> Iterator[OurRow]:
    rows = RefundReversal.objects.filter(wanted, refund__way=RefundWay.STRIPE)
    for row in rows.exclude(refund__stripe_id=None).select_related("refund"):
        yield OurRow(
            f"reversal:{row.refund.stripe_id}",
            f"refund-reversal:{row.pk}",
            row.refund.amount,
            None,
            row.refund.currency,
            row.refund.order_id,
            row.recorded_at,
            str(row.refund.stripe_id),
        )


def _dispute_moves(wanted: Q) -> Iterator[OurRow]:
    for row in DisputeMove.objects.filter(wanted).select_related("dispute"):
        yield OurRow(
            f"dispute:{row.balance_transaction}",
            f"dispute-move:{row.pk}",
            row.amount,
            row.fee,
            row.currency,
            row.dispute.order_id,
            row.recorded_at,
            row.dispute.stripe_id,
        )
