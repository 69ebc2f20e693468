"""Rules of deposits, and running after the rest of orders that are certain by one."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction

from apps.orders import selectors
from apps.orders.events import BalanceOverdue
from apps.orders.models import Order
from apps.orders.rules.deposits import reminder_day
from apps.orders.selectors.deposits import with_rest_due_before
from apps.orders.selectors.timeline import mail_key, reminder_mail
from apps.orders.services.telling import write_mail
from apps.orders.states import ORDER_MACHINE, OrderStatus
from bakery.kernel import outbox
from bakery.kernel.errors import DomainError
from bakery.kernel.locks import lock_one
from bakery.kernel.states import transition

logger = logging.getLogger(__name__)
_SYSTEM = "system"


def chase_balances(*, at: datetime, limit: int = 100) -> int:
    """Remind of rests that are due soon, and mark those that are overdue; return how many orders.

    Reminders go out SHOP_BALANCE_REMINDER_DAYS before, each once for a date; an order that cannot
    be handled now is left for the next round. Running again writes to nobody twice.
    """
    soon = at + timedelta(days=max(settings.SHOP_BALANCE_REMINDER_DAYS, default=0))
    done = 0
    for order in with_rest_due_before(soon, limit=limit):
        try:
            done += _chase(order, at=at)
        except (DomainError, DatabaseError) as error:
            logger.exception(
                "rest not asked for", extra={"order": order.number, "error": type(error).__name__}
            )
    return done


def _chase(order: Order, *, at: datetime) -> bool:
    if order.balance_due_at is not None and order.balance_due_at <= at:
        return mark_overdue(order_id=order.pk, at=at)
    due_at = order.balance_due_at or at
    day = reminder_day(due_at, days=settings.SHOP_BALANCE_REMINDER_DAYS, at=at)
    return day is not None and _remind(order, day, due_at, at=at)


def mark_overdue(*, order_id: int, at: datetime) -> bool:
    """Note that the rest of an order was not paid by its day; False when it is not so (any more).

    The order keeps its goods and its time, and people decide. Raises `NotFound`.
    """
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        due_at = order.balance_due_at
        if order.status != OrderStatus.DEPOSIT_PAID or due_at is None or due_at > at:
            return False
        transition(
            order,
            machine=ORDER_MACHINE,
            to=OrderStatus.BALANCE_DUE,
            actor=_SYSTEM,
            at=at,
            reason="the rest was not paid in time",
        )
        overdue = BalanceOverdue(order_id=order.pk, number=order.number)
        outbox.emit(overdue, key=f"{order.number}:{due_at.isoformat()}", at=at)
    return True


def _remind(order: Order, day: int, due_at: datetime, *, at: datetime) -> bool:
    mail = selectors.mail_of(order.pk, at=at)
    key = mail_key(order.number, reminder_mail(day, due_at))
    return write_mail(mail=mail, template="orders/mail/balance_reminder", key=key, at=at)
