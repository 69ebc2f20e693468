"""Checkout sessions: made through the API, paid on the hosted page, or left to expire."""

import copy
import re
from typing import Any

from bakery.sandbox.store import Document
from bakery.sandbox.stripe import pricing
from bakery.sandbox.stripe.cards import default_method_types
from bakery.sandbox.stripe.errors import invalid, unimplemented
from bakery.sandbox.stripe.events import emit
from bakery.sandbox.stripe.objects import make_id, make_object, merge_metadata, save
from bakery.sandbox.stripe.payments import require
from bakery.sandbox.world import World

KIND = "checkout.session"
MIN_LIFETIME_S = 30 * 60
MAX_LIFETIME_S = 24 * 3600
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# Parameters that would change what is charged or collected and have no counterpart here.
_UNIMPLEMENTED = (
    "shipping_options",
    "optional_items",
    "subscription_data",
    "setup_intent_data",
    "payment_method_configuration",
    "custom_fields",
)
_SWITCHES = ("automatic_tax", "adaptive_pricing", "tax_id_collection", "invoice_creation")
_ECHOED = (
    "allow_promotion_codes",
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "consent_collection",
    "customer_creation",
    "customer_email",
    "integration_identifier",
    "locale",
    "metadata",
    "origin_context",
    "phone_number_collection",
    "submit_type",
    "success_url",
)


def create_session(world: World, params: Document) -> Document:
    """Make an open session whose amount is the sum of its line items less the discount."""
    _check_supported(params)
    expires_at = _read_expiry(world, params)
    _check_addresses(params)
    customer = params.get("customer")
    if customer is not None:
        require(world, "customer", customer, param="customer")
    items = pricing.build_line_items(world, params.get("line_items", []))
    currency = items[0]["currency"]
    subtotal = sum(item["amount_subtotal"] for item in items)
    found = _apply_discounts(world, params, items, subtotal, currency)
    discount = sum(item["amount_discount"] for item in items)
    total = subtotal - discount
    if total:
        pricing.check_amount(total, currency, param="line_items")
    session = _make_blank(world) | {name: params[name] for name in _ECHOED if name in params}
    session |= {
        "amount_subtotal": subtotal,
        "amount_total": total,
        "currency": currency,
        "customer": customer,
        "discounts": _describe_discounts(found),
        "expires_at": expires_at,
        "payment_method_types": params.get("payment_method_types")
        or default_method_types(currency),
        "payment_status": "unpaid" if total else "no_payment_required",
        "total_details": {"amount_discount": discount, "amount_shipping": 0, "amount_tax": 0},
    }
    session["customer_creation"] = session["customer_creation"] or (
        None if customer else "if_required"
    )
    session["url"] = f"{world.url}/stripe/pay/{session['id']}"
    _remember(world, session, items=items, params=params, found=found)
    world.scheduler.add(
        "stripe.expire",
        delay_s=expires_at - world.clock.now(),
        args={"session": session["id"]},
    )
    return save(world, session)


def _make_blank(world: World) -> Document:
    return make_object(
        world,
        KIND,
        adaptive_pricing={"enabled": False},
        automatic_tax={"enabled": False, "liability": None, "provider": None, "status": None},
        collected_information=dict.fromkeys(
            ("business_name", "individual_name", "shipping_details")
        ),
        custom_fields=[],
        custom_text=dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        invoice_creation=_no_invoice(),
        mode="payment",
        payment_method_collection="if_required",
        payment_method_options={"card": {"request_three_d_secure": "automatic"}},
        shipping_options=[],
        status="open",
        ui_mode="hosted_page",
    )


def _check_supported(params: Document) -> None:
    if params.get("mode", "payment") != "payment":
        raise unimplemented("modes other than payment", param="mode")
    if params.get("ui_mode", "hosted_page") not in {"hosted_page", "hosted"}:
        raise unimplemented("other pages than the hosted one", param="ui_mode")
    for name in _UNIMPLEMENTED:
        if params.get(name):
            raise unimplemented(name, param=name)
    for name in _SWITCHES:
        if params.get(name, {}).get("enabled"):
            raise unimplemented(name, param=name)


def _read_expiry(world: World, params: Document) -> int:
    now = world.clock.unix()
    expires_at = params.get("expires_at", now + MAX_LIFETIME_S)
    # A second of grace for the time that the request itself took.
    if not now + MIN_LIFETIME_S - 1 <= expires_at <= now + MAX_LIFETIME_S + 1:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from"
            " Checkout Session creation.",
            param="expires_at",
        )
    return int(expires_at)


def _check_addresses(params: Document) -> None:
    if "success_url" not in params:
        raise invalid(
            "Missing required param: success_url.", param="success_url", code="parameter_missing"
        )
    for name in ("success_url", "cancel_url"):
        if name in params and not params[name].startswith(("http://", "https://")):
            raise invalid("Not a valid URL", param=name, code="url_invalid")
    email = params.get("customer_email")
    if email is not None and not _EMAIL.fullmatch(email):
        raise invalid(
            f"Invalid email address: {email[:100]}", param="customer_email", code="email_invalid"
        )
    if email is not None and params.get("customer") is not None:
        raise invalid(
            "You may only specify one of these parameters: customer, customer_email.",
            param="customer_email",
        )


def _apply_discounts(
    world: World, params: Document, items: list[Document], subtotal: int, currency: str
) -> Document | None:
    wanted = params.get("discounts") or []
    if not wanted:
        return None
    if len(wanted) > 1:
        raise invalid("Only one discount is allowed.", param="discounts")
    if params.get("allow_promotion_codes"):
        raise invalid(
            "You may only specify one of these parameters: allow_promotion_codes, discounts.",
            param="allow_promotion_codes",
        )
    found = pricing.find_coupon(world, wanted[0], subtotal=subtotal, currency=currency)
    pricing.spread_discount(items, pricing.compute_discount(found["coupon"], subtotal))
    return found


def _describe_discounts(found: Document | None) -> list[Document]:
    if found is None:
        return []
    promotion = found["promotion_code"]
    return [
        {
            "coupon": found["coupon"]["id"] if promotion is None else None,
            "promotion_code": None if promotion is None else promotion["id"],
        }
    ]


def _no_invoice() -> Document:
    fields = (
        "account_tax_ids",
        "custom_fields",
        "description",
        "footer",
        "issuer",
        "rendering_options",
    )
    return {"enabled": False, "invoice_data": dict.fromkeys(fields) | {"metadata": {}}}


def _remember(
    world: World,
    session: Document,
    *,
    items: list[Document],
    params: Document,
    found: Document | None,
) -> None:
    world.store.save(
        "session_details",
        {
            "id": session["id"],
            "items": items,
            "intent": params.get("payment_intent_data", {}),
            "discount": found,
        },
    )


def details_of(world: World, session_id: str) -> Document:
    """Return what the sandbox keeps of a session beside the session itself."""
    return require(world, "session_details", session_id)


def update_session(world: World, session_id: str, params: Document) -> Document:
    """Change a session's metadata."""
    session = require(world, KIND, session_id)
    if set(params) - {"metadata"}:
        raise unimplemented("updates beyond metadata")
    session["metadata"] = merge_metadata(session["metadata"], params.get("metadata"))
    return save(world, session)


def expire_session(world: World, session_id: str) -> Document:
    """Close an open session unpaid; any other one is refused as Stripe refuses it."""
    session = require(world, KIND, session_id)
    if session["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout'
            f" Session has a status of `{session['status']}`."
        )
    session |= {"status": "expired", "url": None}
    save(world, session)
    intent = world.store.get("payment_intent", session["payment_intent"] or "")
    if intent is not None and intent["status"] not in {"succeeded", "canceled", "processing"}:
        intent |= {
            "status": "canceled",
            "canceled_at": world.clock.unix(),
            "cancellation_reason": "automatic",
        }
        save(world, intent)
        emit(world, "payment_intent.canceled", intent)
    emit(world, "checkout.session.expired", session)
    return session


def expire_if_open(world: World, session_id: str) -> None:
    """Expire a session that ran out of time; one that was paid meanwhile is left alone."""
    session = world.store.get(KIND, session_id)
    if session is not None and session["status"] == "open":
        expire_session(world, session_id)


def change_amount(world: World, session_id: str, *, amount: int) -> Document:
    """Bend the total of a session, so that it no longer agrees with what was ordered."""
    session = require(world, KIND, session_id)
    session["amount_total"] = amount
    save(world, session)
    for kind in ("payment_intent", "charge"):
        _bend_amount(world, kind, session, amount)
    return session


def _bend_amount(world: World, kind: str, session: Document, amount: int) -> None:
    intent = world.store.get("payment_intent", session["payment_intent"] or "")
    if intent is None:
        return
    target = (
        intent
        if kind == "payment_intent"
        else world.store.get("charge", intent["latest_charge"] or "")
    )
    if target is not None:
        target["amount"] = amount
        for taken in ("amount_received", "amount_captured"):
            if target.get(taken):
                target[taken] = amount
        save(world, target)


def list_items(world: World, session_id: str) -> list[Document]:
    """Return the line items of a session."""
    return copy.deepcopy(list(details_of(world, session_id)["items"]))


def make_customer(world: World, *, email: str | None, **values: Any) -> Document:
    """Save a customer and announce it."""
    customer = make_object(
        world,
        "customer",
        id=make_id("customer"),
        balance=0,
        delinquent=False,
        email=email,
        invoice_prefix=make_id("customer")[-8:].upper(),
        invoice_settings=dict.fromkeys(
            ("custom_fields", "default_payment_method", "footer", "rendering_options")
        ),
        preferred_locales=[],
        tax_exempt="none",
    )
    for absent in ("sources", "subscriptions", "tax", "tax_ids", "cash_balance"):
        customer.pop(absent, None)
    save(world, customer | values)
    emit(world, "customer.created", customer | values)
    return customer | values
