"""Forgetting carts that nobody will order any more."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.orders.models import Cart, CartEvent, MailboxClaim

_BATCH = 5000


def purge_carts(*, at: datetime) -> int:
    """Delete carts untouched, and what was done with carts, for `settings.CART_KEEP_DAYS`.

    Ordered carts go as well: their orders have everything. Claims of mailboxes go a week after
    their link ended. At most 5,000 carts and events a run; returns the number of rows.
    """
    before = at - timedelta(days=settings.CART_KEEP_DAYS)
    carts = Cart.objects.filter(updated_at__lt=before).order_by("updated_at").values("pk")[:_BATCH]
    events = CartEvent.objects.filter(at__lt=before).order_by("at").values("pk")[:_BATCH]
    with transaction.atomic():
        gone, _ = Cart.objects.filter(pk__in=list(carts.values_list("pk", flat=True))).delete()
        forgotten, _ = CartEvent.objects.filter(
            pk__in=list(events.values_list("pk", flat=True))
        ).delete()
        claims, _ = MailboxClaim.objects.filter(expires_at__lt=at - timedelta(days=7)).delete()
    return gone + forgotten + claims
