"""How much of a payment goes back: the guard that makes it never more than was captured.

Steps of other use cases, which hold `ledger.lock_payments` of the order.
"""

from decimal import Decimal

from django.db.models import F, Sum

from apps.payments.models import Dispute, Payment, PaymentBalance, Refund, RefundRequest
from apps.payments.states import BLOCKING_DISPUTES, RefundStatus
from bakery.kernel.errors import Conflict

_ZERO = Decimal(0)
_UNDER_WAY = (RefundStatus.APPROVED, RefundStatus.SENT)


def reserve(payment: Payment, amount: Decimal) -> None:
    """Set ``amount`` of a payment aside to go back; raise `Conflict` ``too_much`` beyond it.

    One conditional UPDATE decides, and the table's constraint holds whoever else writes.
    """
    row = PaymentBalance(payment=payment, captured=payment.amount)
    PaymentBalance.objects.bulk_create([row], ignore_conflicts=True)
    raised = PaymentBalance.objects.filter(
        payment=payment, refunding__lte=F("captured") - amount
    ).update(refunding=F("refunding") + amount)
    if not raised:
        raise Conflict(
            "too_much", "So much of this payment is not left: look at what else went back."
        )


def settle(payment: Payment) -> None:
    """Bring the balance of a payment to what its rows say, after something went back or failed.

    What was refunded in Stripe's dashboard is in it too; it may have taken what was set aside.
    """
    gone = Refund.objects.filter(payment=payment, reversal=None)
    under_way = RefundRequest.objects.filter(payment=payment, status__in=_UNDER_WAY)
    waiting = under_way.exclude(pk__in=gone.exclude(request=None).values("request"))
    total = sum(
        (rows.aggregate(sum=Sum("amount"))["sum"] or _ZERO for rows in (gone, waiting)), _ZERO
    )
    PaymentBalance.objects.update_or_create(
        payment=payment,
        defaults={"captured": payment.amount, "refunding": min(total, payment.amount)},
    )


def require_undisputed(payment: Payment | None) -> None:
    """Raise `Conflict` ``payment_disputed`` while a payment's bank decides, or took it back."""
    if payment is None:
        return
    if Dispute.objects.filter(payment=payment, status__in=BLOCKING_DISPUTES).exists():
        raise Conflict(
            "payment_disputed",
            "The customer disputes this payment with their bank: answer that instead.",
        )
