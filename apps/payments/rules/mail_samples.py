"""Sample data of this app's mails, for previews."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from bakery.kernel import wording

_NOTES = {
    "en": "The cake was collected and eaten.\nPlease call us if we got something wrong.",
    "fr": "Le gâteau a été cueilli et mangé.\nAppelez-nous si nous avons mal compris.",
}


def _refund(language: str, **more: object) -> Mapping[str, Any]:
    return {
        "number": "SR-2611-4821",
        "path": "/orders/7c0d3f52-1d0e-4d4a-9a57-0f6a6f2b1c11/",
        "customer_name": "Zoë Tremblay",
        "amount": wording.amount_text(Decimal("12.50"), "CAD", language),
        "note": _NOTES[language],
        **more,
    }


# template, what tells it apart from others of the template, data
SAMPLES: list[tuple[str, str, Callable[[str], Mapping[str, Any]]]] = [
    ("payments/mail/refund_given", "card", partial(_refund, to_card=True)),
    ("payments/mail/refund_given", "gift card", partial(_refund, to_gift_card=True)),
    ("payments/mail/refund_given", "counter", _refund),
    ("payments/mail/refund_asked", "", _refund),
    ("payments/mail/refund_rejected", "", _refund),
]
