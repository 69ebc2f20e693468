"""What in Stripe's objects is about a person, and how it is taken out. Pure."""

from collections.abc import Mapping
from typing import Any

# Blocks and fields of sessions, payment intents, charges, disputes and customers that say who paid
# or where they live: https://docs.stripe.com/api. What a card was is kept, but for its owner.
_BLOCKS = frozenset(
    {
        *("billing_details", "customer_details", "shipping", "shipping_details", "evidence"),
        *("collected_information", "receipt_email", "customer_email", "receipt_url"),
        *("address", "email", "phone", "fraud_details", "wallet", "individual_name"),
    }
)
# A name is a person's only in these; elsewhere it is a product's or an event's.
_NAMED = frozenset({"customer", "card", "customer_details", "billing_details"})


def without_person(data: Any, *, within: str = "") -> Any:
    """Return ``data`` with nothing in it that tells who paid; what it proves of money stays.

    ``within`` is the name of the block that ``data`` was found in.
    """
    if isinstance(data, Mapping):
        kind = str(data.get("object") or within)
        return {
            name: _emptied(value)
            if name in _BLOCKS or (name == "name" and kind in _NAMED)
            else without_person(value, within=name)
            for name, value in data.items()
        }
    if isinstance(data, list):
        return [without_person(item, within=within) for item in data]
    return data


def _emptied(value: Any) -> Any:
    """Return an empty value of the same kind, which what reads these objects can take."""
    if isinstance(value, Mapping):
        return {name: _emptied(inner) for name, inner in value.items()}
    return [] if isinstance(value, list) else None
