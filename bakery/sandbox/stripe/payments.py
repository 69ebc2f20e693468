"""Payment intents and charges: one attempt to pay, and what follows from it."""

from typing import Any

from bakery.sandbox.ids import make_token
from bakery.sandbox.store import Document
from bakery.sandbox.stripe.cards import BY_SLUG, TestCard
from bakery.sandbox.stripe.errors import missing
from bakery.sandbox.stripe.events import emit
from bakery.sandbox.stripe.objects import make_object, save
from bakery.sandbox.world import World

FEE_BASIS_POINTS = 290
FEE_FIXED = 30
SETTLE_AFTER_S = 20.0
_PAYOUT_DELAY_S = 2 * 86_400


def require(world: World, kind: str, key: str, *, param: str = "id") -> Document:
    """Return an object; Stripe's 404 (400 for a reference in a parameter) if there is none."""
    found = world.store.get(kind, key)
    if found is None:
        error = missing(kind.rpartition(".")[2], key, param=param)
        error.status = 404 if param == "id" else 400
        raise error
    return found


def compute_fee(amount: int) -> int:
    """Return Stripe's fee of 2.9 % + 30 on `amount`, all in minor units, half rounded up."""
    return (amount * FEE_BASIS_POINTS + 5_000) // 10_000 + FEE_FIXED


def make_intent(world: World, *, amount: int, currency: str, **values: Any) -> Document:
    """Save a new payment intent and announce it."""
    intent = make_object(
        world,
        "payment_intent",
        amount=amount,
        amount_capturable=0,
        amount_received=0,
        amount_details={"tip": {}},
        capture_method="automatic_async",
        confirmation_method="automatic",
        currency=currency,
        payment_method_types=["card"],
        payment_method_options={},
        status="requires_payment_method",
    )
    intent |= values
    intent["client_secret"] = f"{intent['id']}_secret_{make_token(24)}"
    save(world, intent)
    emit(world, "payment_intent.created", intent)
    return intent


def make_payment_method(
    world: World, *, card: TestCard, currency: str, details: Document
) -> Document:
    """Save the payment method that a test card stands for. `details` are billing details."""
    kind = card.method_type(currency)
    billing = {"address": None, "email": None, "name": None, "phone": None, "tax_id": None}
    method = make_object(
        world,
        "payment_method",
        type=kind,
        allow_redisplay="limited",
        billing_details=billing | details,
        **{kind: _describe_method(world, card)},
    )
    return save(
        world, {k: v for k, v in method.items() if v is not None or k in {"customer", "metadata"}}
    )


def _describe_method(world: World, card: TestCard) -> Document:
    if card.is_bank_debit:
        return {"last4": card.last4, "bank_name": "Sandbox Bank", "fingerprint": "sandboxbank"}
    year = 1970 + world.clock.unix() // 31_556_952 + 3
    return {
        "brand": "visa",
        "checks": {"address_line1_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": "visa",
        "exp_month": 12,
        "exp_year": year,
        "fingerprint": f"sandbox{card.last4}",
        "funding": "credit",
        "last4": card.last4,
        "networks": {"available": ["visa"], "preferred": None},
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _make_charge(world: World, intent: Document, method: Document) -> Document:
    return make_object(
        world,
        "charge",
        amount=intent["amount"],
        amount_captured=0,
        amount_refunded=0,
        billing_details=method["billing_details"],
        calculated_statement_descriptor="SANDBOX BAKERY",
        captured=False,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        fraud_details={},
        metadata=dict(intent["metadata"]),
        paid=False,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={"type": method["type"], method["type"]: method[method["type"]]},
        receipt_email=intent["receipt_email"],
        refunded=False,
        transfer_group=intent["transfer_group"],
        status="pending",
    )


def attempt(world: World, *, intent: Document, card: TestCard, details: Document) -> Document:
    """Try to pay `intent` with `card` (any challenge has been passed) and return the charge.

    The intent is left succeeded, requires_capture, processing (settles later) or
    requires_payment_method (declined); the matching events are emitted.
    """
    method = make_payment_method(world, card=card, currency=intent["currency"], details=details)
    charge = _make_charge(world, intent, method)
    charge["receipt_url"] = f"{world.url}/stripe/receipts/{charge['id']}"
    intent |= {
        "payment_method": method["id"],
        "latest_charge": charge["id"],
        "last_payment_error": None,
        "next_action": None,
    }
    world.store.save("charge_card", {"id": charge["id"], "slug": card.slug})
    if card.outcome == "decline":
        fail(world, intent=intent, charge=charge, card=card)
    elif card.outcome in {"settle_later", "fail_later"}:
        intent["status"] = "processing"
        save(world, charge)
        save(world, intent)
        emit(world, "charge.pending", charge)
        emit(world, "payment_intent.processing", intent)
    elif intent["capture_method"] == "manual":
        _authorize(world, intent=intent, charge=charge)
    else:
        succeed(world, intent=intent, charge=charge)
    return charge


def _authorize(world: World, *, intent: Document, charge: Document) -> None:
    charge |= {"status": "succeeded", "paid": True, "outcome": _approved()}
    intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
    save(world, charge)
    save(world, intent)
    emit(world, "charge.succeeded", charge)
    emit(world, "payment_intent.amount_capturable_updated", intent)


def succeed(world: World, *, intent: Document, charge: Document, amount: int | None = None) -> None:
    """Take the money of a charge; its balance transaction is announced afterwards.

    As with Stripe's asynchronous capture, `charge.succeeded` carries no balance transaction yet
    and `charge.updated` brings it.
    """
    was_authorized = charge["paid"]
    captured = intent["amount"] if amount is None else amount
    charge |= {
        "status": "succeeded",
        "paid": True,
        "captured": True,
        "amount_captured": captured,
        "outcome": _approved(),
        "failure_code": None,
        "failure_message": None,
    }
    intent |= {"status": "succeeded", "amount_received": captured, "amount_capturable": 0}
    save(world, charge)
    save(world, intent)
    emit(world, "charge.captured" if was_authorized else "charge.succeeded", charge)
    emit(world, "payment_intent.succeeded", intent)
    charge["balance_transaction"] = record_balance(
        world, kind="charge", amount=captured, fee=compute_fee(captured), source=charge
    )["id"]
    save(world, charge)
    emit(world, "charge.updated", charge, previous={"balance_transaction": None})


def fail(world: World, *, intent: Document, charge: Document, card: TestCard) -> None:
    """Record a refused attempt; the intent asks for another way to pay."""
    charge |= {
        "status": "failed",
        "failure_code": card.error_code,
        "failure_message": card.message,
        "outcome": {
            "network_status": "declined_by_network",
            "reason": card.decline_code or card.error_code,
            "risk_level": "normal",
            "seller_message": "The bank did not approve the payment.",
            "type": "issuer_declined",
        },
    }
    intent |= {
        "status": "requires_payment_method",
        "last_payment_error": describe_decline(card, charge["id"]),
    }
    save(world, charge)
    save(world, intent)
    emit(world, "charge.failed", charge)
    emit(world, "payment_intent.payment_failed", intent)


def describe_decline(card: TestCard, charge_id: str | None) -> Document:
    """Return the error body of a declined card."""
    error = {
        "type": "card_error",
        "code": card.error_code,
        "message": card.message,
        "charge": charge_id,
        "decline_code": card.decline_code or None,
    }
    return {name: value for name, value in error.items() if value is not None}


def _approved() -> Document:
    return {
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "risk_score": 12,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }


def record_balance(world: World, *, kind: str, amount: int, fee: int, source: Document) -> Document:
    """Save a movement of the balance: signed `amount` less `fee`, in minor units."""
    fees = [
        {
            "amount": fee,
            "application": None,
            "currency": source["currency"],
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    return save(
        world,
        make_object(
            world,
            "balance_transaction",
            amount=amount,
            available_on=world.clock.unix() + _PAYOUT_DELAY_S,
            balance_type="payments",
            currency=source["currency"],
            fee=fee,
            fee_details=fees if fee else [],
            net=amount - fee,
            reporting_category="dispute" if kind == "adjustment" else kind,
            source=source["id"],
            status="pending",
            type=kind,
        ),
    )


def card_of(world: World, charge_id: str) -> TestCard:
    """Return the test card that a charge was made with."""
    return BY_SLUG[require(world, "charge_card", charge_id)["slug"]]
