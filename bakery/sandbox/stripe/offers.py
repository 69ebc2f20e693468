"""Coupons, promotion codes, products, customers and webhook endpoints."""

import copy
from typing import Any

from bakery.sandbox.ids import make_token
from bakery.sandbox.store import Document
from bakery.sandbox.stripe import pricing
from bakery.sandbox.stripe.errors import StripeError, invalid, unimplemented
from bakery.sandbox.stripe.events import emit, make_endpoint, make_secret, save_endpoint
from bakery.sandbox.stripe.objects import make_object, merge_metadata, save
from bakery.sandbox.stripe.payments import require
from bakery.sandbox.world import World

ACCOUNT_ID = "acct_1SandboxBakery00"


def get_account(world: World) -> Document:
    """Return the account that the key belongs to."""
    return make_object(
        world,
        "account",
        id=ACCOUNT_ID,
        business_profile={"name": world.config.merchant_name, "url": world.config.shop_url or None},
        business_type="company",
        capabilities={"card_payments": "active", "transfers": "active"},
        charges_enabled=True,
        country="US",
        default_currency="usd",
        details_submitted=True,
        email="owner@example.com",
        payouts_enabled=True,
        settings={
            "branding": {
                "icon": None,
                "logo": None,
                "primary_color": None,
                "secondary_color": None,
            },
            "dashboard": {"display_name": world.config.merchant_name, "timezone": "Etc/UTC"},
            "payments": {"statement_descriptor": "SANDBOX BAKERY"},
        },
        tos_acceptance={"date": None},
        type="standard",
    )


def create_coupon(world: World, params: Document) -> Document:
    """Make a coupon of a percentage or of an amount, not both."""
    percent, amount = params.get("percent_off"), params.get("amount_off")
    if (percent is None) == (amount is None):
        raise invalid("Exactly one of percent_off or amount_off is required.", param="percent_off")
    if percent is not None and not 0 < percent <= 100:
        raise invalid("percent_off must be above 0 and at most 100.", param="percent_off")
    if amount is not None and (amount < 1 or "currency" not in params):
        raise invalid("amount_off needs a positive amount and a currency.", param="currency")
    for name in ("applies_to", "currency_options"):
        if params.get(name):
            raise unimplemented(name, param=name)
    key = params.get("id") or make_token(8)
    if world.store.get("coupon", key) is not None:
        raise invalid("Coupon already exists.", param="id", code="resource_already_exists")
    coupon = make_object(
        world,
        "coupon",
        id=key,
        amount_off=amount,
        currency=params.get("currency"),
        duration=params.get("duration", "once"),
        duration_in_months=params.get("duration_in_months"),
        max_redemptions=params.get("max_redemptions"),
        metadata=params.get("metadata") or {},
        name=params.get("name"),
        percent_off=percent,
        redeem_by=params.get("redeem_by"),
        times_redeemed=0,
        valid=True,
    )
    save(world, coupon)
    emit(world, "coupon.created", coupon)
    return coupon


def show_coupon(world: World, coupon: Document) -> Document:
    """Return a coupon with its validity as of now."""
    return coupon | {"valid": pricing.is_coupon_valid(world, coupon)}


def create_promotion_code(world: World, params: Document) -> Document:
    """Make a code that customers type in for a coupon."""
    coupon_id = params.get("promotion", {}).get("coupon")
    if coupon_id is None:
        raise invalid(
            "Missing required param: promotion[coupon].",
            param="promotion[coupon]",
            code="parameter_missing",
        )
    require(world, "coupon", coupon_id, param="promotion[coupon]")
    code = params.get("code") or make_token(8).upper()
    same = [p for p in world.store.all("promotion_code") if p["code"].lower() == code.lower()]
    if any(p["active"] for p in same):
        raise invalid("An active promotion code with this code already exists.", param="code")
    restrictions: Document = {
        "first_time_transaction": False,
        "minimum_amount": None,
        "minimum_amount_currency": None,
    }
    promotion = make_object(
        world,
        "promotion_code",
        active=params.get("active", True),
        code=code,
        customer=params.get("customer"),
        expires_at=params.get("expires_at"),
        max_redemptions=params.get("max_redemptions"),
        metadata=params.get("metadata") or {},
        promotion={"type": "coupon", "coupon": coupon_id},
        restrictions=restrictions | params.get("restrictions", {}),
        times_redeemed=0,
    )
    save(world, promotion)
    emit(world, "promotion_code.created", promotion)
    return promotion


def update_fields(world: World, kind: str, key: str, params: Document) -> Document:
    """Change plain fields and metadata of an object, and announce it."""
    obj = require(world, kind, key)
    changes = {name: value for name, value in params.items() if name != "metadata"}
    refused = [
        name for name, value in changes.items() if name not in obj or isinstance(value, dict | list)
    ]
    if refused:
        raise invalid(f"The sandbox cannot change {refused[0]} of this object.", param=refused[0])
    previous: dict[str, Any] = {name: obj[name] for name in changes if obj[name] != changes[name]}
    if params.get("metadata") is not None:
        previous["metadata"] = dict(obj["metadata"] or {})
        obj["metadata"] = merge_metadata(obj["metadata"], params["metadata"])
    obj |= {name: None if value == "" else value for name, value in changes.items()}
    save(world, obj)
    emit(world, f"{kind}.updated", obj, previous=copy.deepcopy(previous))
    return obj


def delete_object(world: World, kind: str, key: str) -> Document:
    """Remove an object and answer with Stripe's tombstone."""
    obj = require(world, kind, key)
    world.store.delete(kind, key)
    if kind != "webhook_endpoint":
        emit(world, f"{kind}.deleted", obj)
    return {"id": key, "object": kind, "deleted": True}


def create_endpoint(world: World, params: Document) -> Document:
    """Add a webhook endpoint; its secret is shown in this reply only."""
    if not params["url"].startswith(("http://", "https://")):
        raise invalid("Not a valid URL", param="url", code="url_invalid")
    endpoint = make_endpoint(
        world,
        url=params["url"],
        enabled_events=params["enabled_events"],
        api_version=params.get("api_version"),
        description=params.get("description") or None,
        metadata=params.get("metadata") or {},
    )
    secret = make_secret()
    save_endpoint(world, endpoint=endpoint, secrets=[secret])
    return endpoint | {"secret": secret}


def update_endpoint(world: World, key: str, params: Document) -> Document:
    """Change a webhook endpoint."""
    endpoint = require(world, "webhook_endpoint", key)
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    endpoint |= {k: v for k, v in params.items() if k in {"url", "enabled_events", "description"}}
    endpoint["metadata"] = merge_metadata(endpoint["metadata"], params.get("metadata"))
    return save(world, endpoint)


def move_method(world: World, key: str, *, customer: str | None) -> Document:
    """Attach a payment method to a customer, or detach it with None."""
    method = require(world, "payment_method", key)
    if customer is None and method["customer"] is None:
        raise StripeError(
            400,
            "The payment method is not attached to a customer.",
            error_type="invalid_request_error",
        )
    if customer is not None:
        require(world, "customer", customer, param="customer")
    method["customer"] = customer
    save(world, method)
    kind = "attached" if customer else "detached"
    emit(world, f"payment_method.{kind}", method)
    return method
