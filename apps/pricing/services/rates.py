"""Setting the rates that prices follow from: a new row from a day on, the old ones stay."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.pricing.models import PriceRates
from bakery.kernel import audit, clock
from bakery.kernel.errors import Invalid
from bakery.kernel.locks import advisory_lock
from bakery.kernel.money import quantum

RATE_FIELDS = (
    *("starts_on", "hourly_rate", "waste_percent", "overhead_percent", "target_margin"),
    *("floor_margin", "rush_days", "rush_percent", "price_step"),
)
MOST_RUSH_DAYS = 365
_CENT, _SHARE = Decimal("0.01"), Decimal("0.0001")
# Each field with its least and most, and to what it is rounded.
_NUMBERS: tuple[tuple[str, Decimal, Decimal, Decimal], ...] = (
    ("hourly_rate", _CENT, Decimal(1000), _CENT),
    ("waste_percent", Decimal(0), Decimal(100), _CENT),
    ("overhead_percent", Decimal(0), Decimal(500), _CENT),
    ("target_margin", Decimal(0), Decimal("0.95"), _SHARE),
    ("floor_margin", Decimal(0), Decimal("0.95"), _SHARE),
    ("rush_percent", Decimal(0), Decimal(500), _CENT),
    ("price_step", _CENT, Decimal(1000), _CENT),
)


def set_rates(*, values: Mapping[str, Any], actor: str, at: datetime) -> PriceRates:
    """Let other rates hold from ``starts_on`` on; what is not named stays as it is on that day.

    Of several rows from the same day the newest holds. Estimates that were logged keep theirs.
    Raises `Invalid` with ``details.field``: ``bad_day`` (before today), ``bad_rate``, and
    ``bad_margin`` for a floor above the target.
    """
    starts_on = _day(values.get("starts_on"), clock.shop_date(at))
    with transaction.atomic():
        # One after the other, or both would begin from the same row and the first were lost.
        advisory_lock("price-rates")
        held = PriceRates.objects.filter(starts_on__lte=starts_on)
        before = held.order_by("-starts_on", "-pk").first()
        merged = {name: getattr(before, name) for name in RATE_FIELDS} if before else {}
        checked = _checked({**merged, **values, "starts_on": starts_on})
        row = PriceRates.objects.create(**checked, actor=actor, at=at)
        changes = {
            name: [_plain(merged.get(name)), _plain(value)]
            for name, value in checked.items()
            if merged.get(name) != value
        }
        audit.record(
            actor=actor,
            action="price_rates.set",
            object_type="pricing.pricerates",
            object_id=row.pk,
            changes=changes,
            at=at,
        )
    return row


def _day(value: Any, today: date) -> date:
    if type(value) is not date or not clock.is_in_our_time(value):
        raise _wrong("bad_day", "Say from which day they hold.", "starts_on")
    if value < today:
        raise _wrong("bad_day", "Rates of days that are over stay as they were.", "starts_on")
    return value


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    checked: dict[str, Any] = {"starts_on": values["starts_on"]}
    for field, least, most, grain in _NUMBERS:
        value = values.get(field)
        if not isinstance(value, Decimal) or not value.is_finite() or not least <= value <= most:
            raise _wrong("bad_rate", f"From {least} to {most}.", field)
        checked[field] = value.quantize(grain)
    days = values.get("rush_days")
    if type(days) is not int or not 0 <= days <= MOST_RUSH_DAYS:
        raise _wrong("bad_rate", f"From 0 to {MOST_RUSH_DAYS} days.", "rush_days")
    checked["rush_days"] = days
    if checked["floor_margin"] > checked["target_margin"]:
        raise _wrong("bad_margin", "The floor is at most the margin aimed for.", "floor_margin")
    step = quantum(settings.SHOP_CURRENCY)
    if checked["price_step"] < step or checked["price_step"] % step:
        raise _wrong("bad_rate", f"A step is a multiple of {step}.", "price_step")
    return checked


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | date) else value


def _wrong(code: str, message: str, field: str) -> Invalid:
    return Invalid(code, message, details={"field": field})
