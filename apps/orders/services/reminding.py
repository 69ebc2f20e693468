"""A word to customers who let an order wait."""

from datetime import datetime

from apps.notifications import services as notifications
from apps.orders import selectors
from apps.orders.selectors.timeline import mail_key


def remind_late(*, at: datetime) -> int:
    """Mail who did not come for a ready order that it still waits, once an order.

    Returns how many orders are late enough; running again writes to nobody twice.
    """
    late = selectors.to_remind(at=at)
    for order_id in late:
        mail = selectors.mail_of(order_id, at=at)
        notifications.send_mail(
            template="orders/mail/order_waiting",
            to=mail.to,
            context=mail.context,
            dedupe_key=mail_key(mail.context["number"], "order_waiting"),
            at=at,
        )
    return len(late)
