"""Sample data of this app's mails, for previews."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from bakery.kernel import wording


def _document(language: str, *, is_credit: bool) -> Mapping[str, Any]:
    return {
        "number": "C-2026-000007" if is_credit else "R-2026-000042",
        "order_number": "SR-2611-4821",
        "customer_name": "Zoë Tremblay",
        "total": wording.amount_text(Decimal("62.55"), "CAD", language),
        "is_credit": is_credit,
        "corrects": "R-2026-000042",
        "days": 30,
        "link": "https://shop.example/receipts/SAMPLE/R-2026-000042.pdf",
    }


# template, what tells it apart from others of the template, data
SAMPLES: list[tuple[str, str, Callable[[str], Mapping[str, Any]]]] = [
    ("receipts/mail/document", "receipt", partial(_document, is_credit=False)),
    ("receipts/mail/document", "credit note", partial(_document, is_credit=True)),
]
