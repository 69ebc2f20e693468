"""Money of the demo bakery that is not simply there: a deposit, what went back, what may go back.

All at the counter, because the installation is filled before anybody answers for Stripe.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from apps.accounts.models import User
from apps.orders.models import Order
from apps.payments import services
from apps.payments.rules.refund_plan import RefundLine
from apps.payments.states import RefundReason, RefundTill
from bakery.demo.orders import DemoOrder, pay_in_cash, place

# Far enough ahead for the rest of it to be due some days before.
DEPOSIT = DemoOrder(
    name="Aisha Khan", phone="+14165550177", email="aisha@customer.example", day=4,
    lines=[("TIER-6810", 1, "Aisha & Daniel")], note="Deposit paid; the rest by the link.",
)  # fmt: skip
GIVEN_BACK = DemoOrder(
    name="Ivy Chen", phone="+14165550178", day=1, lines=[("SOUR-900", 2, ""), ("CARR-6", 1, "")],
)  # fmt: skip
AWAITING = DemoOrder(
    name="Sam Reid", phone="+14165550179", email="sam@customer.example", day=2,
    lines=[("LEMN-10", 1, "Happy retirement, Jo")],
)  # fmt: skip


def seed_money(*, at: datetime) -> int:
    """Place the three orders and go with each as far as it is to be seen; return how many.

    To be called once, with the demo's first orders. One for which no time ahead has room is left
    out.
    """
    steps: tuple[tuple[DemoOrder, Callable[..., None]], ...] = (
        (DEPOSIT, _pay_deposit),
        (GIVEN_BACK, _give_one_loaf_back),
        (AWAITING, _ask_for_goodwill),
    )
    placed = 0
    for wanted, go_on in steps:
        if (order := place(wanted, at=at)) is not None:
            go_on(order, at=at)
            placed += 1
    return placed


def actor(email: str) -> str:
    """Return how one of the demo's staff is named in what they do."""
    return f"user:{User.objects.get(email=email).pk}"


def _pay_deposit(order: Order, *, at: datetime) -> None:
    pay_in_cash(order, amount=order.due_now, at=at)


def _give_one_loaf_back(order: Order, *, at: datetime) -> None:
    pay_in_cash(order, amount=order.balance, at=at)
    counter = actor("counter@bakery.example")
    (request,) = services.request_refund_of(
        order_id=order.pk,
        reason=RefundReason.GOODS,
        lines=[RefundLine(position=1, quantity=1)],
        explanation="One of the two loaves was burnt.",
        by=counter,
        reference="demo-loaf",
        at=at,
    )
    key = request.public_id
    services.approve_refund(public_id=key, by=actor("admin@bakery.example"), at=at)
    services.give_back_by_hand(
        public_id=key, by=counter, till=RefundTill.CASH, how_ref="slip 17", at=at
    )


def _ask_for_goodwill(order: Order, *, at: datetime) -> None:
    pay_in_cash(order, amount=order.balance, at=at)
    services.request_refund_of(
        order_id=order.pk,
        reason=RefundReason.GOODWILL,
        amount=Decimal("10.00"),
        explanation="Waited half an hour on the phone.",
        by=actor("counter@bakery.example"),
        reference="demo-goodwill",
        at=at,
    )
