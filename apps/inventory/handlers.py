"""Reactions to what happens to stock: staff are told."""

from datetime import datetime

from django.conf import settings

from apps.inventory import selectors
from apps.inventory.events import LedgerDiffers, StockRanLow
from apps.notifications import services as notifications
from apps.notifications.states import AlertKind, Topic
from bakery.kernel.outbox import CRITICAL, handles


@handles(StockRanLow)
def mail_low_stock(event: StockRanLow, *, at: datetime) -> None:
    """Mail the bakers once for a dip; the console lists it as well."""
    stock = selectors.stock_of(event.variant_id)
    if stock is None:
        return
    context = {
        "product": stock.variant.product.name,
        "size": stock.variant.name,
        "sku": stock.variant.sku,
        "available": event.available,
        "low_at": event.low_at,
    }
    for mailbox in settings.STOCK_EMAILS or settings.ALERT_EMAILS:
        notifications.send_mail(
            template="inventory/mail/low_stock",
            to=mailbox,
            context=context,
            topic=Topic.STAFF,
            dedupe_key=f"low-stock:{event.variant_id}:{event.since}:{mailbox}",
            at=at,
        )


@handles(LedgerDiffers, queue=CRITICAL)
def alert_difference(event: LedgerDiffers, *, at: datetime) -> None:
    """Text the shop: a balance that its ledger does not explain is a bug or a hand in the rows."""
    notifications.raise_alert(
        key=f"ledger:{event.day}",
        text=f"Stock and its ledger differ in {event.differences} places. See the console, Stock.",
        at=at,
        kind=AlertKind.SYSTEM,
    )
