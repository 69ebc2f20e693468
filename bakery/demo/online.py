"""What the demo shows of cards: an order of its customer's, and one that the bank disputes.

Runs once everything does, because only Stripe's word makes an order paid online.
"""

import re
import time
from collections.abc import Callable

import requests

from apps.orders import services as orders
from apps.orders.models import Order
from apps.orders.states import Channel, OrderStatus
from apps.payments import services
from apps.payments.models import Dispute, Payment
from apps.payments.rules.refund_plan import RefundLine
from bakery.demo.orders import ACTOR, DemoOrder, place
from bakery.kernel import clock

_WAIT, _PAUSE = 30.0, 0.1
ASKING = DemoOrder(
    name="Nora North", phone="+14165550123", email="customer@bakery.example", day=1,
    lines=[("CARR-6", 1, ""), ("SOUR-900", 1, "")],
)  # fmt: skip
DISPUTED = DemoOrder(
    name="Felix Stone", phone="+14165550181", email="felix@customer.example", day=2,
    lines=[("CHOC-8", 1, "For Emma")],
)  # fmt: skip


def seed_online(*, sandbox: str) -> bool:
    """Pay both orders by card at ``sandbox``, then ask and dispute; False if that was done.

    Raises `TimeoutError` when Stripe's word does not arrive, `requests.RequestException` when
    the sandbox does not answer.
    """
    if Payment.objects.exists():
        return False
    if (asking := _pay(ASKING, sandbox=sandbox)) is not None:
        order, _ = asking
        services.ask_as_customer(
            order=order,
            lines=[RefundLine(position=1, quantity=1)],
            explanation="The icing had run down one side.",
            reference="demo-icing",
            at=clock.now(),
        )
    if (disputed := _pay(DISPUTED, sandbox=sandbox)) is not None:
        order, session = disputed
        given = {"session": session, "reason": "product_not_received"}
        _post(f"{sandbox}/stripe/_control/dispute", given)
        _until(Dispute.objects.filter(order_id=order.pk).exists)
    return True


def _pay(wanted: DemoOrder, *, sandbox: str) -> tuple[Order, str] | None:
    """Place one as customers do and pay it; return it and its session, or None without room."""
    order = place(wanted, at=clock.now(), channel=Channel.WEB)
    if order is None:
        return None
    user_id = order.user_id
    link = services.open_checkout(public_id=order.public_id, user_id=user_id, at=clock.now())
    found = re.search(r"cs_\w+", link.url)
    session = found.group() if found else ""
    _post(f"{sandbox}/stripe/_pay/{session}", {"card": "success"})
    _until(Order.objects.filter(pk=order.pk, status=OrderStatus.PAID).exists)
    orders.acknowledge(order_number=order.number, actor=ACTOR, at=clock.now())
    order.refresh_from_db()
    return order, session


def _post(url: str, given: dict[str, str]) -> None:
    requests.post(url, json=given, timeout=15).raise_for_status()


def _until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WAIT
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError("Stripe's word did not arrive")
        time.sleep(_PAUSE)
