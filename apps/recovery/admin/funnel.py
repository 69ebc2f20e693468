"""The funnel as a page, and as a file."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.recovery.rules.intervals import Difference, Share
from apps.recovery.selectors import Funnel, StepFigures
from bakery.edge.spreadsheets import csv_reply
from bakery.kernel import clock, money

WINDOWS = (7, 28, 90)
_WIDTH, _HEIGHT, _FLOOR, _BAR = 760, 160, 140, 320
_HEADER = (
    "step", "planned", "withheld", "sent", "delivered", "opened", "clicked", "restored",
    "recovered", "held out", "revenue", "currency",
)  # fmt: skip
REASONS = {
    "bought": "bought meanwhile",
    "active_again": "active again",
    "cart_empty": "emptied, or taken into an account",
    "cart_gone": "deleted",
    "sold_out": "sold out",
    "no_pickup": "no pickup time",
    "switched_off": "switched off",
    "expired": "too late",
    "stopped": "answered STOP",
    "withdrawn": "consent withdrawn",
    "no_consent": "no consent",
    "consent_expired": "consent ended",
    "suppressed": "mailbox returns mail",
    "no_postal_address": "the shop has no postal address",
    "quiet_hours": "quiet hours until it was too late",
    "country_not_served": "country not served",
    "no_attempt": "no attempt",
}


def window(request: HttpRequest, at: datetime) -> tuple[int, datetime]:
    """Return the days that were asked for, one of `WINDOWS`, and the moment they begin."""
    text = request.GET.get("days", "")
    asked = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
    days = asked if asked in WINDOWS else WINDOWS[1]
    return days, clock.start_of_shop_day(clock.shop_date(at) - timedelta(days=days - 1))


def csv_of(found: Funnel, days: int) -> HttpResponse:
    """Return the funnel as a file, one row for each step."""
    rows = [
        (
            *(row.step, row.planned, row.withheld, row.sent, row.delivered, row.opened),
            *(row.clicked, row.restored, row.recovered, row.held_out, row.revenue),
            settings.SHOP_CURRENCY,
        )
        for row in found.steps
    ]
    return csv_reply(f"cart-reminders-{days}-days.csv", _HEADER, rows)


def funnel_context(found: Funnel, *, days: int, since: datetime, at: datetime) -> dict[str, Any]:
    """Return what the page shows."""
    return {
        "windows": WINDOWS,
        "days": days,
        "found": found,
        "steps": [_step(row) for row in found.steps],
        "reasons": [(REASONS.get(code, code or "unknown"), count) for code, count in found.reasons],
        "plot": plot(found.days, first=clock.shop_date(since), last=clock.shop_date(at)),
        "groups": [
            (label, count, *(_percent(part) if part else ("-", "")))
            for label, count, part in (
                ("Reminded", found.reminded_carts, found.reminded),
                ("Held out", found.held_out_carts, found.held_out),
            )
        ],
        "effect": _effect(found.effect),
    }


def _step(row: StepFigures) -> dict[str, Any]:
    most = max((count for _, count in row.stages), default=0)
    return {
        "row": row,
        "revenue": money.display(row.revenue, settings.SHOP_CURRENCY),
        "stages": [
            (name, count, round(count / most * _BAR, 1) if most else 0, _of(count, row.planned))
            for name, count in row.stages
        ],
    }


def _of(count: int, whole: int) -> str:
    return f"{count / whole:.0%}" if whole else "-"


def _percent(part: Share) -> tuple[str, str]:
    return f"{part.value:.1%}", f"{part.low:.1%} to {part.high:.1%}"


def _effect(effect: Difference | None) -> dict[str, Any] | None:
    if effect is None:
        return None
    points = [f"{100 * x:+.1f}" for x in (effect.value, effect.low, effect.high)]
    return {"value": points[0], "low": points[1], "high": points[2], "is_clear": effect.is_clear}


def plot(
    days: list[tuple[date, int, int, int]], *, first: date, last: date
) -> dict[str, Any] | None:
    """Return bars of what was planned, sent and recovered on each day; None without any."""
    most = max((planned for _, planned, _, _ in days), default=0)
    if not most:
        return None
    count = (last - first).days + 1
    wide = _WIDTH / count
    bars = []
    for day, *numbers in days:
        left = (day - first).days * wide
        for place, number in enumerate(numbers):
            high = number / most * (_FLOOR - 10)
            bars.append(
                {
                    "x": round(left + place * wide * 0.3, 1),
                    "y": round(_FLOOR - high, 1),
                    "width": round(max(wide * 0.26, 1), 1),
                    "height": round(high, 1),
                    "kind": place + 1,
                    "title": f"{day:%d %b}: {('planned', 'sent', 'recovered')[place]} {number}",
                }
            )
    marks = [first + (last - first) * part / 4 for part in range(5)] if count > 4 else [first, last]
    return {
        "width": _WIDTH,
        "height": _HEIGHT,
        "floor": _FLOOR,
        "bars": bars,
        "ticks": [
            {
                # The first and the last word end with the plot.
                "x": round(min((day - first).days * wide + (day == last) * wide, _WIDTH), 1),
                "label": f"{day.day} {day:%b}",
            }
            for day in dict.fromkeys(marks)
        ],
        "most": most,
    }
