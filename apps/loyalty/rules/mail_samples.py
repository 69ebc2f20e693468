"""Sample data of this app's mails, for previews."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from bakery.kernel import wording

_DAY = date(2026, 12, 31)


def _gift_card(language: str) -> Mapping[str, Any]:
    return {
        "amount": wording.amount_text(Decimal(50), "CAD", language),
        "greeting": "Zoë",
        "code": "GC-7K4M-2QXP-9RTD",
        "expires_on": wording.day_text(_DAY, language),
    }


def _points(language: str) -> Mapping[str, Any]:
    day = wording.day_text(_DAY, language)
    worth = wording.amount_text(Decimal("4.50"), "CAD", language)
    return {"total": 450, "worth": worth, "rows": [{"points": 450, "day": day}], "first_day": day}


# template, what tells it apart from others of the template, data
SAMPLES: list[tuple[str, str, Callable[[str], Mapping[str, Any]]]] = [
    ("loyalty/mail/gift_card", "", _gift_card),
    ("loyalty/mail/points_expiring", "", _points),
]
