"""How an order is placed, out of what a client sent."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from apps.orders import selectors
from apps.orders.services import Address, Terms
from apps.orders.states import Fulfilment


def terms_of(data: Mapping[str, Any], *, user_id: int | None) -> Terms:
    """Return the terms in the checked ``data`` of a checkout by ``user_id`` (None: a guest).

    Raises `NotFound` ``address_not_found`` for an address that is not in the account's book.
    """
    fulfilment = Fulfilment(data.get("fulfilment", Fulfilment.PICKUP))
    address = None
    if fulfilment == Fulfilment.DELIVERY and "address_id" in data:
        address = selectors.saved_address(data["address_id"], user_id=user_id)
    elif data.get("delivery"):
        given = dict(data["delivery"])
        address = Address(**{**given, "country": given["country"] or settings.SHOP_COUNTRY})
    return Terms(
        fulfilment=fulfilment,
        address=address,
        event_on=data.get("event_on"),
        event_confirmed=data.get("event_confirmed", False),
        note=data["note"],
        offer=data.get("waitlist"),
        language=data.get("language", ""),
    )
