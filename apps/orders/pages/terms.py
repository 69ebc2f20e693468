"""How an order is placed, out of what was typed on the checkout's page."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from apps.orders import selectors
from apps.orders.services import Address, Terms
from apps.orders.states import Fulfilment

_PARTS = ("line1", "line2", "city", "region", "postcode", "instructions")


def terms_of(data: Mapping[str, Any], *, user_id: int | None) -> Terms:
    """Return the terms in the cleaned ``data`` of a checkout's form, parts of which may miss.

    Raises `NotFound` ``address_not_found`` for an address that is not in the account's book.
    """
    is_delivery = data.get("fulfilment") == Fulfilment.DELIVERY
    is_offered = data.get("offer") and data.get("offer_slot") == data.get("slot_id")
    return Terms(
        fulfilment=Fulfilment.DELIVERY if is_delivery else Fulfilment.PICKUP,
        address=_address(data, user_id=user_id) if is_delivery else None,
        event_on=data.get("event_on"),
        event_confirmed=bool(data.get("event_confirmed")),
        note=data.get("note") or "",
        offer=data["offer"] if is_offered else None,
        language=data.get("language") or "",
    )


def _address(data: Mapping[str, Any], *, user_id: int | None) -> Address:
    if data.get("address_id"):
        return selectors.saved_address(data["address_id"], user_id=user_id)
    texts: dict[str, Any] = {name: str(data.get(name) or "") for name in _PARTS}
    return Address(
        recipient=data.get("recipient") or data.get("name") or "",
        phone=data.get("phone") or "",
        country=data.get("country") or settings.SHOP_COUNTRY,
        **texts,
    )
