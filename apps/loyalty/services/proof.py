"""What the nightly comparison of balances and ledgers found is somebody's to look at."""

from datetime import datetime

from django.db import transaction

from apps.loyalty.events import LoyaltyDiffers
from apps.loyalty.selectors.proof import loyalty_differences
from bakery.kernel import clock, outbox


def report_loyalty_differences(*, at: datetime) -> int:
    """Compare points and gift cards with their ledgers; alert once a day if any differ."""
    found = len(loyalty_differences())
    if found:
        day = clock.shop_date(at).isoformat()
        with transaction.atomic():
            outbox.emit(LoyaltyDiffers(day=day, differences=found), key=day, at=at)
    return found
