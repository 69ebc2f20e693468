"""Sending messages, raising alerts, acknowledging them."""

from apps.notifications.adapters.rendering import write_text
from apps.notifications.services.alerts import (
    acknowledge_alert,
    acknowledge_by_link,
    escalate_overdue,
    raise_alert,
)
from apps.notifications.services.delivery import deliver_message, record_receipt
from apps.notifications.services.erasing import erase_messages, erase_messages_to
from apps.notifications.services.mail_secrets import add_mail_secrets, add_text_link
from apps.notifications.services.messages import resend_message, send_mail, send_sms
from apps.notifications.services.reading import SaidMessage, read_messages
from apps.notifications.services.withholding import add_last_check, withhold

__all__ = [
    "SaidMessage",
    "acknowledge_alert",
    "acknowledge_by_link",
    "add_last_check",
    "add_mail_secrets",
    "add_text_link",
    "deliver_message",
    "erase_messages",
    "erase_messages_to",
    "escalate_overdue",
    "raise_alert",
    "read_messages",
    "record_receipt",
    "resend_message",
    "send_mail",
    "send_sms",
    "withhold",
]
