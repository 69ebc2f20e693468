"""What mails about refunds say."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.orders.selectors import mail_of
from apps.payments.models import Refund, RefundRequest, RefundReversal
from apps.payments.states import ASKED_FOR, RefundWay
from bakery.kernel import money


@dataclass(frozen=True)
class RefundMail:
    """A mail to the customer of an order."""

    template: str
    to: str
    context: dict[str, Any]


def refund_mail(refund_id: int, *, at: datetime) -> RefundMail | None:
    """Return the mail about money that went back, None without a mailbox.

    None too for what came back meanwhile, and for a further try of what the customer was told of.
    """
    refund = Refund.objects.get(pk=refund_id)
    earlier = Refund.objects.filter(request=refund.request_id, pk__lt=refund.pk)
    is_told = refund.request_id is not None and earlier.exists()
    if is_told or RefundReversal.objects.filter(refund=refund).exists():
        return None
    more = {
        "amount": money.display(refund.amount, refund.currency),
        "to_card": refund.way == RefundWay.STRIPE,
        "to_gift_card": refund.way == RefundWay.GIFT_CARD,
    }
    return _mail("payments/mail/refund_given", refund.order_id, more, at=at)


def rejection_mail(request_id: int, *, at: datetime) -> RefundMail | None:
    """Return the mail about a refund that was asked for and rejected, None without a mailbox."""
    request = RefundRequest.objects.get(pk=request_id)
    if request.reason not in ASKED_FOR or request.requested_by == "stripe":
        # Nobody was told that it might come.
        return None
    more = {
        "amount": money.display(request.amount, request.currency),
        "note": request.decision_note,
    }
    return _mail("payments/mail/refund_rejected", request.order_id, more, at=at)


def _mail(template: str, order_id: int, more: dict[str, Any], *, at: datetime) -> RefundMail | None:
    mail = mail_of(order_id, at=at)
    if not mail.to:
        return None
    wanted = ("number", "path", "customer_name")
    return RefundMail(template, mail.to, {key: mail.context[key] for key in wanted} | more)
