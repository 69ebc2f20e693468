"""Sample data of the mails about offers, for previews."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from bakery.kernel import wording

_ZONE = ZoneInfo("America/Toronto")
_STARTS = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)
_ENDS = datetime(2026, 11, 28, 16, 0, tzinfo=UTC)
_UNTIL = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
_REST = datetime(2026, 11, 26, 23, 0, tzinfo=UTC)
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
_TEXTS = {
    "en": {
        "title": "2 tiers, wedding",
        "serves": "38 to 52",
        "words": "Keep it cool until an hour before you cut it.",
        "changes": ["Tier 3 (top): 4 in round, left out", "Ready on Saturday 28 November 2026"],
        "text": "May the flowers be of sugar instead of fresh ones?",
    },
    "fr": {
        "title": "2 étages, mariage",
        "serves": "38 à 52",
        "words": "Gardez-le au frais jusqu'à une heure avant de le couper.",
        "changes": ["Étage 3 (haut) : rond de 4 po, retiré", "Prêt le samedi 28 novembre 2026"],
        "text": "Les fleurs peuvent-elles être en sucre plutôt que fraîches?",
    },
}


def _offer(language: str, **more: object) -> Mapping[str, Any]:
    texts = _TEXTS[language]
    return {
        "number": "B-261120-K7P4Q",
        "customer_name": "Zoë Tremblay",
        "path": "/custom-cakes/r/SAMPLE/",
        "pay_path": "/pay/SAMPLE/",
        "title": texts["title"],
        "rows": [{"label": label, "text": text} for label, text in _ROWS[language]],
        "inscription": "Zoë & Max",
        "serves": texts["serves"],
        "guests": 40,
        "words": texts["words"],
        "changes": [],
        "pickup": wording.span_text(_STARTS, _ENDS, _ZONE, language),
        "place": "12 King Street West, Toronto",
        "is_delivery": False,
        "is_renewal": False,
        "total": _amount(language, "485.90"),
        "due_now": _amount(language, "485.90"),
        "deposit": "",
        "rest": "",
        "rest_until": "",
        "pay_until": wording.moment_text(_UNTIL, _ZONE, language),
        **more,
    }


def _with_deposit(language: str) -> Mapping[str, Any]:
    return _offer(
        language,
        due_now=_amount(language, "242.95"),
        deposit=_amount(language, "242.95"),
        rest=_amount(language, "242.95"),
        rest_until=wording.moment_text(_REST, _ZONE, language),
    )


def _other(language: str) -> Mapping[str, Any]:
    return _offer(language, changes=_TEXTS[language]["changes"])


def _message(language: str) -> Mapping[str, Any]:
    return _offer(language, text=_TEXTS[language]["text"])


def _amount(language: str, amount: str) -> str:
    return partial(wording.amount_text, currency="CAD", language=language)(Decimal(amount))


# template, what tells it apart from others of the template, data
OFFER_SAMPLES: list[tuple[str, str, Callable[[str], Mapping[str, Any]]]] = [
    ("custom_cakes/mail/approved", "", _offer),
    ("custom_cakes/mail/approved", "with a deposit", _with_deposit),
    ("custom_cakes/mail/counter", "", _other),
    ("custom_cakes/mail/question", "", _message),
    ("custom_cakes/mail/rejected", "", _message),
    ("custom_cakes/mail/taken_back", "", _message),
    ("custom_cakes/mail/lapsed", "", _offer),
]
