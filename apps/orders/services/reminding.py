"""A word to customers the day before, and to those who let an order wait."""

from datetime import datetime

from apps.orders import selectors
from apps.orders.selectors.timeline import mail_key
from apps.orders.services.telling import tell_customer, write_mail


def remind_late(*, at: datetime) -> int:
    """Mail who did not come for a ready order that it still waits, once an order.

    Returns how many orders are late enough; running again writes to nobody twice.
    """
    late = selectors.to_remind(at=at)
    for order_id in late:
        mail = selectors.mail_of(order_id, at=at)
        key = mail_key(mail.context["number"], "order_waiting")
        write_mail(mail=mail, template="orders/mail/order_waiting", key=key, at=at)
    return len(late)


def remind_of_tomorrow(*, at: datetime) -> int:
    """Remind customers of orders for tomorrow, once for a pickup time; return how many were.

    From SHOP_REMINDER_HOUR on; what is moved to tomorrow later on is told by the next round.
    """
    orders = selectors.to_remind_of_tomorrow(at=at)
    return sum(
        tell_customer(
            mail=selectors.reminder_of(order, at=at),
            name="order_reminder",
            key=selectors.reminder_key(order),
            at=at,
        )
        for order in orders
    )
