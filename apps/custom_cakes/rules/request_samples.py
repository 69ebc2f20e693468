"""Sample data of the mails about requests, for previews."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from bakery.kernel import wording

_DAY = date(2026, 11, 28)
_ROWS = {
    "en": [
        ("Tier 1 (bottom)", "10 in round, 4 in high, 2 layers of Vanilla, filled with Raspberry"),
        ("Tier 2 (top)", "6 in round, 4 in high, 2 layers of Lemon"),
        ("Outside", "Buttercream"),
    ],
    "fr": [
        ("Étage 1 (bas)", "rond de 10 po, 4 po de haut, 2 couches de Vanille"),
        ("Étage 2 (haut)", "rond de 6 po, 4 po de haut, 2 couches de Citron"),
        ("Extérieur", "Crème au beurre"),
    ],
}


def _request(language: str, **more: object) -> Mapping[str, Any]:
    amount = partial(wording.amount_text, currency="CAD", language=language)
    low, high = amount(Decimal("210.00")), amount(Decimal("260.00"))
    return {
        "number": "B-261120-K7P4Q",
        "customer_name": "Zoë Tremblay",
        "path": "/custom-cakes/r/SAMPLE/",
        "rows": [{"label": label, "text": text} for label, text in _ROWS[language]],
        "inscription": "Zoë & Max",
        "guests": 40,
        "wanted": wording.day_text(_DAY, language),
        "range": f"{low} à {high}" if language == wording.FRENCH else f"{low} to {high}",
        "is_changed": False,
        **more,
    }


def _changed(language: str) -> Mapping[str, Any]:
    return _request(language, is_changed=True)


def _told(language: str, what: str = "new") -> Mapping[str, Any]:
    title = "2 étages, mariage" if language == wording.FRENCH else "2 tiers, wedding"
    return _request(language, request_id=1, what=what, title=title)


# template, what tells it apart from others of the template, data
REQUEST_SAMPLES: list[tuple[str, str, Callable[[str], Mapping[str, Any]]]] = [
    ("custom_cakes/mail/request_received", "", _request),
    ("custom_cakes/mail/request_received", "changed", _changed),
    ("custom_cakes/mail/request_passed", "", _request),
    ("custom_cakes/mail/shop_told", "", _told),
    ("custom_cakes/mail/shop_told", "answered", partial(_told, what="answered")),
]
