"""What a customer does on the hosted page: pays, is challenged, is declined."""

from bakery.sandbox.store import Document
from bakery.sandbox.stripe import payments, pricing
from bakery.sandbox.stripe.cards import BY_SLUG, TestCard
from bakery.sandbox.stripe.checkout import KIND, details_of, make_customer
from bakery.sandbox.stripe.disputes import open_dispute, warn_of_fraud
from bakery.sandbox.stripe.errors import invalid
from bakery.sandbox.stripe.events import emit
from bakery.sandbox.stripe.objects import save
from bakery.sandbox.stripe.payments import require
from bakery.sandbox.world import World

CHALLENGE_FAILED = TestCard(
    slug="challenge_failed",
    label="",
    number="4000 0000 0000 3220",
    note="",
    token="",
    outcome="decline",
    error_code="payment_intent_authentication_failure",
    message="We are unable to authenticate your payment method. Choose another one.",
)
_COPIED_TO_INTENT = (
    "capture_method",
    "description",
    "metadata",
    "receipt_email",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)


def pay_session(
    world: World,
    session_id: str,
    *,
    card: str = "success",
    email: str = "",
    name: str = "",
    challenge: str = "pass",
) -> Document:
    """Pay a session as its customer would and return {"result", "session", "error", "url"}.

    `card` is a slug of `CARDS`; `challenge` ("pass", "fail", "stop") answers the bank's page.
    The result is "paid", "processing", "declined", "challenge", "already_complete" or "expired".
    """
    session = require(world, KIND, session_id)
    chosen = BY_SLUG.get(card)
    if chosen is None:
        raise invalid(f"Unknown card; one of {', '.join(BY_SLUG)}.", param="card")
    if session["status"] != "open":
        done = session["status"] == "complete"
        return _report(session, "already_complete" if done else "expired")
    contact = _read_contact(world, session, email=email, name=name)
    if session["payment_status"] == "no_payment_required":
        _complete(world, session, contact, payment_status="no_payment_required")
        return _report(session, "paid")
    intent = _get_intent(world, session, contact)
    if chosen.outcome == "challenge" and challenge == "stop":
        return _challenge(world, session, intent)
    if chosen.outcome == "challenge" and challenge == "fail":
        chosen = CHALLENGE_FAILED
    charge = payments.attempt(world, intent=intent, card=chosen, details=contact)
    if chosen.outcome == "decline":
        return _report(session, "declined", error=intent["last_payment_error"])
    return _finish(world, session, charge, chosen, contact)


def _report(session: Document, result: str, *, error: Document | None = None) -> Document:
    url = None
    if result in {"paid", "processing", "already_complete"}:
        url = (session["success_url"] or "").replace("{CHECKOUT_SESSION_ID}", session["id"])
    return {"result": result, "session": session, "error": error, "url": url}


def _read_contact(world: World, session: Document, *, email: str, name: str) -> Document:
    customer = world.store.get("customer", session["customer"] or "") or {}
    known_email = customer.get("email") or session["customer_email"]
    return {
        "email": known_email or email or "customer@example.com",
        "name": name or customer.get("name") or "Demo Customer",
    }


def _get_intent(world: World, session: Document, contact: Document) -> Document:
    if session["payment_intent"]:
        intent = require(world, "payment_intent", session["payment_intent"])
        intent["amount"] = session["amount_total"]
        return intent
    if session["customer_creation"] == "always":
        session["customer"] = make_customer(world, **contact)["id"]
    wanted = details_of(world, session["id"])["intent"]
    intent = payments.make_intent(
        world,
        amount=session["amount_total"],
        currency=session["currency"],
        customer=session["customer"],
        payment_method_types=session["payment_method_types"],
        **{name: wanted[name] for name in _COPIED_TO_INTENT if name in wanted},
    )
    session["payment_intent"] = intent["id"]
    save(world, session)
    return intent


def _challenge(world: World, session: Document, intent: Document) -> Document:
    url = f"{world.url}/stripe/pay/{session['id']}/challenge"
    intent |= {
        "status": "requires_action",
        "next_action": {
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": session["url"], "url": url},
        },
    }
    save(world, intent)
    emit(world, "payment_intent.requires_action", intent)
    return _report(session, "challenge") | {"url": url}


def _finish(
    world: World, session: Document, charge: Document, card: TestCard, contact: Document
) -> Document:
    later = card.outcome in {"settle_later", "fail_later"}
    unpaid = later or not charge["captured"]
    _complete(world, session, contact, payment_status="unpaid" if unpaid else "paid")
    if later:
        world.scheduler.add(
            "stripe.settle",
            delay_s=payments.SETTLE_AFTER_S,
            args={"session": session["id"], "succeeds": card.outcome == "settle_later"},
        )
    if card.then == "dispute":
        open_dispute(world, charge["id"])
    elif card.then == "early_fraud_warning":
        warn_of_fraud(world, charge["id"])
    return _report(session, "processing" if later else "paid")


def _complete(world: World, session: Document, contact: Document, *, payment_status: str) -> None:
    session |= {
        "status": "complete",
        "payment_status": payment_status,
        "url": None,
        "customer_details": {
            "address": None,
            "business_name": None,
            "email": contact["email"],
            "individual_name": None,
            "name": contact["name"],
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
    }
    save(world, session)
    pricing.count_redemption(world, details_of(world, session["id"])["discount"] or {})
    emit(world, "checkout.session.completed", session)


def settle_session(world: World, session_id: str, *, succeeds: bool) -> Document:
    """Let a delayed payment arrive or fail; a session that waits for none is refused."""
    session = require(world, KIND, session_id)
    intent = world.store.get("payment_intent", session["payment_intent"] or "")
    if intent is None or intent["status"] != "processing":
        raise invalid("This session is not waiting for a delayed payment.")
    charge = require(world, "charge", intent["latest_charge"])
    if succeeds:
        payments.succeed(world, intent=intent, charge=charge)
        session["payment_status"] = "paid"
        save(world, session)
        emit(world, "checkout.session.async_payment_succeeded", session)
    else:
        payments.fail(world, intent=intent, charge=charge, card=BY_SLUG["async_failure"])
        emit(world, "checkout.session.async_payment_failed", session)
    return session


def settle_if_processing(world: World, session_id: str, *, succeeds: bool) -> None:
    """Settle a delayed payment that was not settled by hand before."""
    session = world.store.get(KIND, session_id) or {}
    intent = world.store.get("payment_intent", session.get("payment_intent") or "")
    if intent is not None and intent["status"] == "processing":
        settle_session(world, session_id, succeeds=succeeds)
