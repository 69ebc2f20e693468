"""How an order is placed, out of what was typed on the checkout's page."""

from collections.abc import Mapping
from typing import Any

from apps.orders.services import Terms


def terms_of(data: Mapping[str, Any]) -> Terms:
    """Return the terms in the cleaned ``data`` of a checkout's form, parts of which may miss."""
    return Terms(note=data.get("note") or "")
