"""The demo bakery's rule of deposits: half of what costs much."""

from datetime import datetime
from decimal import Decimal

from apps.orders import services
from apps.orders.models import DepositRule
from bakery.demo.delivery import ACTOR
from bakery.kernel import clock


def seed_deposits(*, at: datetime) -> bool:
    """Write the demo's rule and return whether it was new; an installation with one keeps its."""
    if DepositRule.objects.exists():
        return False
    services.add_deposit_rule(
        values={
            "name": "Half above 150",
            "starts_on": clock.shop_date(at),
            "percent": Decimal(50),
            "minimum_total": Decimal(150),
            "balance_days": 3,
        },
        actor=ACTOR,
        at=at,
    )
    return True
