"""Carts that were left in the demo bakery, so that the funnel of reminders shows something."""

from datetime import datetime, timedelta

from apps.catalog.models import Variant
from apps.notifications import services as notifications
from apps.notifications.models import Message
from apps.notifications.states import MESSAGE, Channel, MessageState, Topic
from apps.orders import services as orders
from apps.orders.models import Order
from apps.recovery import services
from apps.recovery.models import CartContact, RecoveryAttempt
from bakery.demo.orders import ACTOR
from bakery.kernel.states import transition

CARTS, DAYS, RECOVERED = 24, 13, 3
_HOUR = timedelta(hours=1)
_SKUS = ("CARR-6", "CHOC-8", "SOUR-900")
# What became of every so-manieth mail.
_OPENED, _CLICKED, _BOUNCED = 2, 3, 9


def seed_left_carts(*, at: datetime) -> int:
    """Leave carts on each of the last days and let reminders of them go as if time had passed.

    Returns how many are new; an installation that has reminders keeps its own. No mail is sent.
    """
    variants = list(Variant.objects.filter(sku__in=_SKUS).order_by("pk"))
    if not variants or RecoveryAttempt.objects.exists():
        return 0
    left = [at - timedelta(days=4 + number % DAYS, hours=number % 5) for number in range(CARTS)]
    for number, left_at in enumerate(sorted(left)):
        _leave(f"cart{number}@customer.example", variants[number % len(variants)].pk, left_at)
        services.plan_reminders(at=left_at + _HOUR)
    for number, attempt in enumerate(RecoveryAttempt.objects.exclude(message=None).order_by("pk")):
        _send(attempt, number)
    _recover(at=at)
    return CARTS


def _leave(email: str, variant_id: int, at: datetime) -> None:
    cart = orders.create_cart(at=at)
    orders.put_line(cart_id=cart.pk, variant_id=variant_id, quantity=1, message="", at=at)
    CartContact.objects.create(cart=cart, email=email, changed_at=at)
    # As somebody who has clicked the link of the mail that asks.
    notifications.subscribe(
        channel=Channel.EMAIL,
        address=email,
        topic=Topic.CART,
        source="demo",
        wording="",
        at=at,
        proved=True,
    )


def _send(attempt: RecoveryAttempt, number: int) -> None:
    """Write what the provider would have reported, and what the reader did."""
    message = attempt.message
    if message is None:
        return
    moment = attempt.planned_at + timedelta(minutes=1)
    is_bounced = number % _BOUNCED == 4
    transition(
        message,
        machine=MESSAGE,
        to=MessageState.UNDELIVERED if is_bounced else MessageState.DELIVERED,
        actor=ACTOR,
        at=moment,
        sent_at=moment,
    )
    if number % _OPENED == 0 and not is_bounced:
        Message.objects.filter(pk=message.pk).update(opened_at=moment + _HOUR)
    if number % _CLICKED == 0 and not is_bounced:
        clicked = {"clicked_at": moment + _HOUR, "restored_at": moment + _HOUR}
        RecoveryAttempt.objects.filter(pk=attempt.pk).update(**clicked)


def _recover(*, at: datetime) -> None:
    """Let some who came back be the demo's own buyers."""
    bought = Order.objects.filter(paid_at__isnull=False).order_by("pk")[:RECOVERED]
    clicked = RecoveryAttempt.objects.filter(clicked_at__isnull=False).order_by("-planned_at")
    for order, attempt in zip(bought, clicked, strict=False):
        RecoveryAttempt.objects.filter(pk=attempt.pk).update(
            order=order, recovered_at=at, revenue=order.subtotal, currency=order.currency
        )
