"""What texts cost and how full the caps are, as the console shows it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from apps.notifications.rules.caps import Scope
from apps.notifications.selectors import sending
from apps.notifications.selectors.sending import CapUse, DaySpending
from bakery.kernel import breakers, money

_WIDTH, _HEIGHT, _FOOT, _GAP = 900, 180, 24, 4
_STATES = {
    breakers.CLOSED: "in use",
    breakers.OPEN: "left alone",
    breakers.TRIAL: "to be tried again",
}
_NAMES = {"twilio": "Twilio", "mail": "Mail", "stripe": "Stripe", "storage": "File storage"}


def spending_context(*, at: datetime) -> dict[str, Any]:
    """Return what the template of the page needs."""
    countries = sending.spending_by_country(at=at)
    days = sending.spending_by_day(at=at)
    return {
        "countries": [
            {
                "row": row,
                "today": _money(row.cost_today),
                "month": _money(row.cost_month),
            }
            for row in countries
        ],
        "today": _money(sum((row.cost_today for row in countries), Decimal(0))),
        "month": _money(sum((row.cost_month for row in countries), Decimal(0))),
        "caps": [
            {"row": row, "used": _amount(row, row.used), "cap": _amount(row, row.cap)}
            for row in sending.cap_use(at=at)
        ],
        "withheld": sending.withheld_today(at=at),
        "plot": bars(days),
        "dearest": _money(max(day.cost for day in days)),
        "providers": [_provider(row) for row in breakers.snapshots()],
        "allowed": ", ".join(settings.SMS_COUNTRIES) or "none",
        "currency": settings.SHOP_CURRENCY,
    }


def _money(amount: Decimal) -> str:
    return money.display(money.round_money(amount, settings.SHOP_CURRENCY), settings.SHOP_CURRENCY)


def _amount(row: CapUse, amount: Decimal) -> str:
    return _money(amount) if row.scope == Scope.MONEY_DAY else f"{amount:,f}"


def _provider(row: breakers.Snapshot) -> dict[str, Any]:
    after, pause = settings.BREAKERS[row.name]
    since = datetime.fromtimestamp(row.since, tz=UTC) if row.since else None
    return {
        "name": _NAMES.get(row.name, row.name),
        "state": _STATES[row.state],
        "is_well": row.state == breakers.CLOSED,
        "failures": row.failures,
        "since": since,
        "after": after,
        "pause": pause,
        "shared": row.shared,
    }


def bars(days: list[DaySpending]) -> dict[str, Any]:
    """Return the bars of a plot, one a day, in the units of its drawing."""
    most = max((day.cost for day in days), default=Decimal(0)) or Decimal(1)
    step = _WIDTH / len(days)
    room = _HEIGHT - _FOOT
    rows = []
    for number, day in enumerate(days):
        height = float(day.cost / most) * room
        rows.append(
            {
                "x": round(number * step + _GAP / 2, 1),
                "y": round(room - height, 1),
                "width": round(step - _GAP, 1),
                "height": round(height, 1),
                "middle": round(number * step + step / 2, 1),
                "title": f"{day.day:%a} {day.day.day} {day.day:%b}: {day.texts} texts, "
                f"{_money(day.cost)}",
                "label": f"{day.day.day} {day.day:%b}" if number % 7 == 3 else "",
            }
        )
    return {"width": _WIDTH, "height": _HEIGHT, "base": room, "bars": rows}
