"""Sample data of this app's mails and texts, for previews."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from bakery.kernel import wording

_ZONE = ZoneInfo("America/Toronto")
_DAY = date(2026, 11, 28)
_STARTS = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)
_ENDS = datetime(2026, 11, 28, 15, 30, tzinfo=UTC)
_UNTIL = datetime(2026, 11, 25, 23, 0, tzinfo=UTC)
_KEY = "7c0d3f52-1d0e-4d4a-9a57-0f6a6f2b1c11"
_WORDS = {
    "en": ("Carrot cake, 8 inch", "Happy birthday, Zoë", "Sourdough loaf, 800 g", "Subtotal"),
    "fr": ("Gâteau aux carottes, 8 po", "Bonne fête, Zoé", "Pain au levain, 800 g", "Sous-total"),
}
_CONTAINS = {
    "en": ("Contains: wheat, egg, milk, walnut", "Contains: wheat"),
    "fr": ("Contient\u00a0: blé, œufs, lait, noix", "Contient\u00a0: blé"),
}
_CHANGES = {
    "en": ["Pickup is now Sat 28 Nov 10:00, was Fri 27 Nov 10:00"],
    "fr": ["La cueillette est maintenant sam. 28 nov. 10\u00a0h, était ven. 27 nov. 10\u00a0h"],
}


def _order(language: str, **more: object) -> Mapping[str, Any]:
    amount = partial(_amount, language)
    moment = partial(wording.moment_text, zone=_ZONE, language=language)
    return {
        "number": "SR-2611-4821",
        "path": f"/orders/{_KEY}/",
        "pay_path": "/pay/fA0_Uh0OTUqaVw9qbysc.SIGNED/",
        "customer_name": "Zoë Tremblay",
        "pickup": wording.span_text(_STARTS, _ENDS, _ZONE, language),
        "when": moment(_STARTS),
        "place": "12 King Street West, Toronto",
        "is_delivery": False,
        "pickup_code": "K7P4QX",
        "total": amount("55.35"),
        "due": amount("35.35"),
        "due_now": amount("55.35"),
        "pay_until": moment(_UNTIL),
        "deposit": "",
        "rest": amount("35.35"),
        "rest_until": moment(_UNTIL),
        "nothing_due": False,
        "was_paid": True,
        "hours": wording.hours_text(time(8), time(18), language),
        **_what_was_bought(language),
        **more,
    }


def _what_was_bought(language: str) -> Mapping[str, Any]:
    amount = partial(_amount, language)
    cake, message, bread, subtotal = _WORDS[language]
    contains = _CONTAINS[language]
    return {
        "lines": [
            {
                "description": cake,
                "quantity": 1,
                "message": message,
                "total": amount("48.00"),
                "discount": amount("-5.00"),
                "contains": contains[0],
            },
            {
                "description": bread,
                "quantity": 1,
                "message": "",
                "total": amount("12.35"),
                "discount": "",
                "contains": contains[1],
            },
        ],
        "sums": [
            {"kind": "subtotal", "label": subtotal, "amount": amount("55.35")},
            {"kind": "total", "label": "Total", "amount": amount("55.35")},
        ],
    }


def _with_deposit(language: str) -> Mapping[str, Any]:
    return _order(language, deposit=_amount(language, "20.00"))


def _brought(language: str) -> Mapping[str, Any]:
    return _order(
        language, is_delivery=True, pickup_code="", place="4 Elm Street, Toronto, M5G 1H1"
    )


def _changed(language: str) -> Mapping[str, Any]:
    return _order(language, changes=_CHANGES[language], due=_amount(language, "7.00"), owed="")


def _waiting(language: str) -> Mapping[str, Any]:
    return {
        "path": f"/waitlist/{_KEY}/",
        "day": wording.day_text(_DAY, language),
        "pickup": wording.span_text(_STARTS, _ENDS, _ZONE, language),
        "until": wording.moment_text(_UNTIL, _ZONE, language),
    }


def _claim(_language: str) -> Mapping[str, Any]:
    return {"link": "https://shop.example/account/claim/?token=SAMPLE"}


def _amount(language: str, figure: str) -> str:
    return wording.amount_text(Decimal(figure), "CAD", language)


_MAILS: dict[str, Callable[[str], Mapping[str, Any]]] = {
    "order_received": _order,
    "order_paid": _order,
    "deposit_paid": _with_deposit,
    "balance_reminder": _order,
    "balance_overdue": _order,
    "balance_to_pay": _order,
    "order_changed": _changed,
    "order_expired": _order,
    "order_cancelled": _order,
    "order_ready": _order,
    "order_out": _brought,
    "order_reminder": _order,
    "order_waiting": _order,
    "claim_orders": _claim,
    "wait_joined": _waiting,
    "wait_offer": _waiting,
    "wait_lapsed": _waiting,
    "wait_in_vain": _waiting,
}
# template, what tells it apart from others of the template, data
SAMPLES: list[tuple[str, str, Callable[[str], Mapping[str, Any]]]] = [
    *((f"orders/mail/{name}", "", data) for name, data in _MAILS.items()),
    ("orders/mail/order_received", "deposit", _with_deposit),
    ("orders/mail/order_ready", "delivery", _brought),
    ("orders/mail/order_reminder", "delivery", _brought),
    ("orders/sms/pay_link", "", _order),
    ("orders/sms/order_ready", "", _order),
    ("orders/sms/order_ready", "delivery", _brought),
    ("orders/sms/order_reminder", "", _order),
]
