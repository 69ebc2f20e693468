"""What mails about refunds say."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.orders.selectors import mail_of
from apps.payments.models import Refund, RefundRequest, RefundReversal
from apps.payments.states import ASKED_FOR, RefundWay
from bakery.kernel import wording


@dataclass(frozen=True)
class RefundMail:
    """A mail to the customer of an order."""

    template: str
    to: str
    context: dict[str, Any]
    language: str


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
        "to_card": refund.way == RefundWay.STRIPE,
        "to_gift_card": refund.way == RefundWay.GIFT_CARD,
    }
    return _mail("payments/mail/refund_given", refund, more, at=at)


def rejection_mail(request_id: int, *, at: datetime) -> RefundMail | None:
    """Return the mail about a refund that was asked for and rejected, None without a mailbox."""
    request = RefundRequest.objects.get(pk=request_id)
    if request.reason not in ASKED_FOR or request.requested_by == "stripe":
        # Nobody was told that it might come.
        return None
    return _mail("payments/mail/refund_rejected", request, {"note": request.decision_note}, at=at)


def asking_mail(request_id: int, *, at: datetime) -> RefundMail | None:
    """Return the mail that a refund which the customer asked for is looked at."""
    request = RefundRequest.objects.get(pk=request_id)
    if request.reason not in ASKED_FOR or request.requested_by == "stripe":
        return None
    return _mail("payments/mail/refund_asked", request, {}, at=at)


def _mail(
    template: str, money: Refund | RefundRequest, more: dict[str, Any], *, at: datetime
) -> RefundMail | None:
    mail = mail_of(money.order_id, at=at)
    if not mail.to:
        return None
    context = {key: mail.context[key] for key in ("number", "path", "customer_name")}
    amount = wording.amount_text(money.amount, money.currency, mail.language)
    return RefundMail(template, mail.to, {**context, "amount": amount, **more}, mail.language)
