"""The rates in force on a day."""

from datetime import datetime

from apps.pricing.models import PriceRates
from apps.pricing.rules.formula import Rates
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

_FIELDS = (
    *("starts_on", "hourly_rate", "waste_percent", "overhead_percent", "target_margin"),
    *("floor_margin", "rush_days", "rush_percent", "price_step"),
)


def rates_at(at: datetime) -> Rates:
    """Return the rates that hold at ``at``; one query. Raises `NotFound` before the first ones."""
    rows = PriceRates.objects.filter(starts_on__lte=clock.shop_date(at))
    row = rows.order_by("-starts_on", "-pk").values(*_FIELDS).first()
    if row is None:
        raise NotFound("rates_not_found", "There are no rates yet on that day.")
    return Rates(**row)
