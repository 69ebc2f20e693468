"""Whether somebody has bought before: asked by promotions for a first order."""

from django.db.models import Q
from django.db.models.functions import Lower

from apps.orders.models import Order
from apps.orders.states import OrderStatus

# Paid, but nothing was sold in the end.
_UNDONE = (OrderStatus.CANCELLED, OrderStatus.PAID_UNFULFILLABLE)


def has_paid_before(user_id: int | None, email: str) -> bool:
    """Tell whether an account, or a mailbox as it is spelled here, has an order that was paid.

    Orders that were called off do not count. Other spellings of a mailbox are the business of
    promotions, which count uses by mailbox.
    """
    mailbox = email.strip()
    theirs = Q(pk__in=[])
    if user_id is not None:
        theirs |= Q(user_id=user_id)
    if mailbox:
        theirs |= Q(customer_email=mailbox) | Q(user=None, mailbox=mailbox.lower())
    paid = Order.objects.alias(mailbox=Lower("customer_email")).exclude(paid_at=None)
    return paid.exclude(status__in=_UNDONE).filter(theirs).exists()
