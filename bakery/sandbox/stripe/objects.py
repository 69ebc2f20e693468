"""Makes Stripe objects with every field that the SDK declares."""

import functools
from typing import Any

import stripe
from stripe import checkout

from bakery.sandbox.ids import make_token
from bakery.sandbox.store import Document
from bakery.sandbox.world import World

API_VERSION = stripe.api_version
# Present only when expanded, or only on deleted objects.
_ABSENT_BY_DEFAULT = frozenset({"OBJECT_NAME", "deleted", "line_items", "refunds", "last_response"})

_TYPES: dict[str, Any] = {
    "account": stripe.Account,
    "balance_transaction": stripe.BalanceTransaction,
    "charge": stripe.Charge,
    "checkout.session": checkout.Session,
    "coupon": stripe.Coupon,
    "customer": stripe.Customer,
    "discount": stripe.Discount,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "item": stripe.LineItem,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "price": stripe.Price,
    "product": stripe.Product,
    "promotion_code": stripe.PromotionCode,
    "radar.early_fraud_warning": stripe.radar.EarlyFraudWarning,
    "refund": stripe.Refund,
    "webhook_endpoint": stripe.WebhookEndpoint,
}

PREFIXES = {
    "balance_transaction": "txn",
    "charge": "ch",
    "checkout.session": "cs_test",
    "customer": "cus",
    "discount": "di",
    "dispute": "du",
    "event": "evt",
    "item": "li",
    "payment_intent": "pi",
    "payment_method": "pm",
    "price": "price",
    "product": "prod",
    "promotion_code": "promo",
    "radar.early_fraud_warning": "issfr",
    "refund": "re",
    "webhook_endpoint": "we",
}


@functools.cache
def declared_fields(kind: str) -> tuple[str, ...]:
    """Return the field names that the SDK declares for an object."""
    return tuple(name for name in _TYPES[kind].__annotations__ if name not in _ABSENT_BY_DEFAULT)


def make_id(kind: str) -> str:
    """Return a new id with the object's prefix."""
    length = 58 if kind == "checkout.session" else 24
    return f"{PREFIXES[kind]}_{make_token(length)}"


def make_object(world: World, kind: str, **values: Any) -> Document:
    """Return a new object, unsaved: all declared fields null, then `values` over them."""
    made: Document = dict.fromkeys(declared_fields(kind))
    made["object"] = kind
    if kind in PREFIXES:
        made["id"] = make_id(kind)
    if "created" in made:
        made["created"] = world.clock.unix()
    if "livemode" in made:
        made["livemode"] = False
    if "metadata" in made:
        made["metadata"] = {}
    return made | values


def save(world: World, obj: Document) -> Document:
    """Store an object under its own kind and return it."""
    return world.store.save(obj["object"], obj)


def merge_metadata(current: dict[str, str] | None, change: Any) -> dict[str, str]:
    """Apply Stripe's rule: an empty value removes the key, an empty string removes all."""
    if change in ("", None):
        return {} if change == "" else dict(current or {})
    merged = dict(current or {}) | change
    return {key: value for key, value in merged.items() if value != ""}
