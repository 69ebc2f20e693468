"""The payment intents API: what Checkout does for the shop, done by hand."""

from bakery.sandbox.store import Document
from bakery.sandbox.stripe import payments, pricing
from bakery.sandbox.stripe.cards import BY_TOKEN, TestCard
from bakery.sandbox.stripe.errors import StripeError, invalid
from bakery.sandbox.stripe.events import emit
from bakery.sandbox.stripe.objects import merge_metadata, save
from bakery.sandbox.stripe.payments import require
from bakery.sandbox.world import World

_KIND = "payment_intent"
_KEPT = (
    "automatic_payment_methods",
    "capture_method",
    "customer",
    "description",
    "metadata",
    "payment_method_types",
    "receipt_email",
    "statement_descriptor",
    "transfer_group",
)
_CANCELABLE = frozenset(
    {"requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"}
)


def create_intent(world: World, params: Document) -> Document:
    """Make a payment intent, and confirm it at once with `confirm`."""
    currency = pricing.check_currency(params["currency"])
    pricing.check_amount(params["amount"], currency)
    if "customer" in params:
        require(world, "customer", params["customer"], param="customer")
    kept = {name: params[name] for name in _KEPT if name in params}
    intent = payments.make_intent(world, amount=params["amount"], currency=currency, **kept)
    if params.get("confirm"):
        return confirm_intent(world, intent["id"], params)
    return intent


def update_intent(world: World, intent_id: str, params: Document) -> Document:
    """Change what may still be changed."""
    intent = require(world, _KIND, intent_id)
    changed = {k: v for k, v in params.items() if k in {*_KEPT, "amount"} and k != "metadata"}
    if changed and intent["status"] in {"succeeded", "canceled", "processing"}:
        raise _unexpected_state(intent, "updated")
    if "amount" in changed:
        pricing.check_amount(changed["amount"], intent["currency"])
    intent |= changed
    intent["metadata"] = merge_metadata(intent["metadata"], params.get("metadata"))
    return save(world, intent)


def confirm_intent(world: World, intent_id: str, params: Document) -> Document:
    """Pay an intent with one of Stripe's test payment methods; a decline is a 402."""
    intent = require(world, _KIND, intent_id)
    if intent["status"] not in {"requires_payment_method", "requires_confirmation"}:
        raise _unexpected_state(intent, "confirmed")
    card = _find_card(params.get("payment_method"))
    details = {"email": params.get("receipt_email"), "name": None}
    payments.attempt(world, intent=intent, card=card, details=details)
    error = intent["last_payment_error"]
    if error is not None:
        reported = {k: v for k, v in error.items() if k not in {"type", "code", "message"}}
        raise StripeError(
            402,
            error["message"],
            error_type="card_error",
            code=error["code"],
            payment_intent=dict(intent),
            **reported,
        )
    return intent


def _find_card(token: str | None) -> TestCard:
    if token is None:
        raise invalid("You must provide a payment method to confirm.", param="payment_method")
    card = BY_TOKEN.get(token)
    if card is None:
        raise invalid(
            f"No such PaymentMethod: '{token}'", param="payment_method", code="resource_missing"
        )
    return card


def capture_intent(world: World, intent_id: str, params: Document) -> Document:
    """Take the authorized money, or `amount_to_capture` of it."""
    intent = require(world, _KIND, intent_id)
    if intent["status"] != "requires_capture":
        raise _unexpected_state(intent, "captured")
    amount: int = params.get("amount_to_capture") or intent["amount"]
    if not 0 < amount <= intent["amount_capturable"]:
        raise invalid(
            "The amount to capture is above what was authorized.",
            param="amount_to_capture",
            code="amount_too_large",
        )
    charge = require(world, "charge", intent["latest_charge"])
    payments.succeed(world, intent=intent, charge=charge, amount=amount)
    for session in world.store.all("checkout.session"):
        if session["payment_intent"] == intent_id:
            save(world, session | {"payment_status": "paid"})
    return intent


def cancel_intent(world: World, intent_id: str, params: Document) -> Document:
    """Give up an intent that has not been paid."""
    intent = require(world, _KIND, intent_id)
    if intent["status"] not in _CANCELABLE:
        raise _unexpected_state(intent, "canceled")
    intent |= {
        "status": "canceled",
        "canceled_at": world.clock.unix(),
        "cancellation_reason": params.get("cancellation_reason"),
        "amount_capturable": 0,
    }
    save(world, intent)
    emit(world, "payment_intent.canceled", intent)
    return intent


def _unexpected_state(intent: Document, done: str) -> StripeError:
    return StripeError(
        400,
        f"This PaymentIntent could not be {done} because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=dict(intent),
    )
