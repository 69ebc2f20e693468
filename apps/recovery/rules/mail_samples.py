"""Sample data of this app's mails and texts, for previews."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from bakery.kernel import wording

_ZONE = ZoneInfo("America/Toronto")
_AT = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)
_GOODS = {"en": ("Carrot cake", "8 inch"), "fr": ("Gâteau aux carottes", "8 po")}


def _cart(language: str) -> Mapping[str, Any]:
    name, size = _GOODS[language]
    total = wording.amount_text(Decimal("48.00"), "CAD", language)
    return {
        "lines": [{"quantity": 1, "name": name, "size": size, "total": total}],
        "total": total,
        "missing": 0,
        "pickup": wording.moment_text(_AT, _ZONE, language),
        "coupon": "",
        "link": "https://shop.example/cart/restore/SAMPLE/",
    }


# template, what tells it apart from others of the template, data
SAMPLES: list[tuple[str, str, Callable[[str], Mapping[str, Any]]]] = [
    (f"recovery/{channel}/{kind}", "", _cart)
    for channel in ("mail", "sms")
    for kind in ("cart_left", "cart_last_call")
]
