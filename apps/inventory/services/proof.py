"""What the nightly comparison of balances and ledgers found is somebody's to look at."""

from datetime import datetime

from django.db import transaction

from apps.inventory.events import LedgerDiffers
from apps.inventory.selectors.ledger import ledger_differences
from apps.inventory.selectors.lots import lot_differences
from bakery.kernel import clock, outbox


def report_differences(*, at: datetime) -> int:
    """Compare all balances with their ledgers and lots, and alert once a day if any differ."""
    found = len(ledger_differences()) + len(lot_differences())
    if found:
        day = clock.shop_date(at).isoformat()
        with transaction.atomic():
            outbox.emit(LedgerDiffers(day=day, differences=found), key=day, at=at)
    return found
