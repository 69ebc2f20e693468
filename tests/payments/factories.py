"""Orders placed now, paid at the local Stripe, and its events as Stripe would post them."""

import hashlib
import hmac
import json
import time
from datetime import timedelta
from decimal import Decimal

from django.conf import settings

from apps.inventory.models import Stock
from apps.orders.models import Order
from apps.payments import services
from apps.payments.models import (
    CheckoutAttempt,
    Dispute,
    Payment,
    Refund,
    RefundRequest,
    StripeEvent,
)
from bakery.kernel import clock
from tests.orders.factories import make_cake, make_slot, place

WEBHOOK = "/webhooks/stripe/"


def place_now(*, stock=5, quantity=1, price="48.00", **options) -> Order:
    """Return an order of one cake that waits for its payment, placed at this moment."""
    at = options.pop("at", None) or clock.now()
    cake = options.pop("cake", None) or make_cake(price=price, stock=stock)
    slot = make_slot(at.replace(microsecond=0) + timedelta(days=7))
    return place(
        [(cake, quantity, "Happy birthday" if cake.message_max_length else "")],
        slot=slot,
        at=at,
        **options,
    )


def open_session(order: Order) -> str:
    """Open the order's payment page and return the id of its session."""
    services.open_checkout(public_id=order.public_id, at=clock.now())
    return CheckoutAttempt.objects.filter(order=order).latest("number").session_id


def pay_at_stripe(sandbox, order: Order, card="success", **given) -> str:
    """Pay as the customer would, and return the session's id; nothing is delivered by this."""
    session_id = open_session(order)
    sandbox.stripe.pay(session_id, card, **given)
    return session_id


def sign(body: bytes, *, at=None, secret=None, scheme="v1") -> str:
    """Return the header with which Stripe would sign ``body``."""
    at = int(time.time()) if at is None else at
    secret = secret or settings.STRIPE_WEBHOOK_SECRETS[0]
    mac = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},{scheme}={mac}"


def encode(event) -> bytes:
    return json.dumps(event, indent=2).encode()


def post(client, event, *, header=None, **extra):
    """Post an event as Stripe does; ``event`` is its JSON or the raw bytes."""
    body = event if isinstance(event, bytes) else encode(event)
    header = sign(body) if header is None else header
    return client.post(
        WEBHOOK,
        data=body,
        content_type="application/json",
        headers={"Stripe-Signature": header, **extra},
    )


def deliver(client, *events) -> None:
    for event in events:
        assert post(client, event).status_code == 200


def events_of(sandbox, *kinds):
    """Return the newest event of each kind, in the order asked for."""
    found = sandbox.stripe.events()
    return [[e for e in found if e["type"] == kind][-1] for kind in kinds]


def state_of(order: Order) -> dict:
    """Return everything that must come out the same, whatever happened on the way."""
    order = Order.objects.get(pk=order.pk)
    line = order.lines.get()
    stock = Stock.objects.get(pk=line.variant_id)
    return {
        "status": order.status,
        "payments": [
            (p.amount, p.currency, p.outcome) for p in Payment.objects.filter(order=order)
        ],
        "refunds": [(r.amount, r.reason) for r in RefundRequest.objects.filter(order=order)],
        "given_back": [(r.amount, r.way) for r in Refund.objects.filter(order=order)],
        "credited": order.credited_total,
        "disputes": [
            (d.status, d.amount, list(d.moves.order_by("pk").values_list("amount", "fee")))
            for d in Dispute.objects.filter(order=order)
        ],
        "stock": (stock.on_hand, stock.reserved),
        "moves": order.transitions.count(),
        "attempts": sorted(
            CheckoutAttempt.objects.filter(order=order).values_list("state", flat=True)
        ),
    }


def paid_state(order: Order, *, stock=5) -> dict:
    """What `state_of` an order for one piece is after exactly one payment."""
    return {
        "status": "paid",
        "payments": [(order.total, "CAD", "confirmed")],
        "refunds": [],
        "given_back": [],
        "credited": 0,
        "disputes": [],
        "stock": (stock - 1, 0),
        "moves": 1,
        "attempts": ["complete"],
    }


def event_states() -> dict[str, str]:
    return dict(StripeEvent.objects.values_list("id", "state"))


def money(text: str) -> Decimal:
    return Decimal(text)
