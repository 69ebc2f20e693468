"""Sample data of this app's mails, for previews."""

from collections.abc import Mapping
from typing import Any

_LOW: Mapping[str, Any] = {
    "product": "Croissant",
    "size": "6",
    "sku": "CRO-6",
    "available": 4,
    "low_at": 10,
}
# template, what tells it apart from others of the template, data
SAMPLES: list[tuple[str, str, Mapping[str, Any]]] = [("inventory/mail/low_stock", "", _LOW)]
