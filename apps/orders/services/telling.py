"""Words to the customer of an order: a mail, or a text where no mailbox is known."""

from datetime import datetime

from apps.notifications import services as notifications
from apps.orders.selectors.mails import Mail

# What customers without a mailbox are texted, of what others are mailed.
TEXTED = frozenset({"order_ready", "order_reminder"})


def write_mail(*, mail: Mail, template: str, key: str, at: datetime) -> bool:
    """Write a mail, once for ``key``; return False when there is nobody to write to."""
    if not mail.to:
        return False
    notifications.send_mail(
        template=template,
        to=mail.to,
        context=mail.context,
        language=mail.language,
        dedupe_key=key,
        expires_at=mail.useful_until,
        at=at,
    )
    return True


def tell_customer(*, mail: Mail, name: str, key: str, at: datetime) -> bool:
    """Mail what ``name`` says, or text it to a customer who left a phone number only.

    Once for ``key``; returns False when there is nobody to tell, or no text of that name.
    """
    if write_mail(mail=mail, template=f"orders/mail/{name}", key=key, at=at):
        return True
    if name not in TEXTED or not mail.phone:
        return False
    notifications.send_sms(
        to=mail.phone,
        body=notifications.write_text(f"orders/sms/{name}", mail.context, mail.language),
        kind=name,
        language=mail.language,
        dedupe_key=key,
        expires_at=mail.useful_until,
        at=at,
    )
    return True
