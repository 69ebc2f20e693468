"""Sending messages, raising alerts, acknowledging them."""

from apps.notifications.adapters.rendering import write_text
from apps.notifications.services.acknowledging import (
    acknowledge_alert,
    acknowledge_by_link,
    acknowledge_by_staff,
    withhold_messages,
)
from apps.notifications.services.agreeing import follow_account
from apps.notifications.services.alerts import escalate_overdue, raise_alert
from apps.notifications.services.calls import (
    Speech,
    answer_call,
    call_next,
    record_call,
    take_digits,
)
from apps.notifications.services.cap_alerts import alert_of_cap
from apps.notifications.services.checks import BOARD_CHECK, record_check, was_checked
from apps.notifications.services.consent import may_measure, refusal_of
from apps.notifications.services.contacts import (
    forget_contacts,
    lift_suppression,
    subscribe,
    suppress,
    withdraw,
)
from apps.notifications.services.delivery import deliver_message, record_receipt
from apps.notifications.services.erasing import erase_messages, erase_messages_to
from apps.notifications.services.inbound import take_text
from apps.notifications.services.mail_reports import record_mail_report
from apps.notifications.services.mail_secrets import add_mail_secrets, add_text_link
from apps.notifications.services.messages import resend_message, send_mail, send_sms
from apps.notifications.services.on_request import withdraw_on_request
from apps.notifications.services.preferences import (
    OFF,
    ON,
    PENDING,
    ChannelChoices,
    Choice,
    Owner,
    Preferences,
    change_preferences,
    confirm_by_link,
    owner_of_account,
    owner_of_token,
    preferences_of,
    preferences_path,
    stop_everything,
    unsubscribe,
    who_confirms,
    who_unsubscribes,
)
from apps.notifications.services.previews import (
    Preview,
    Sample,
    add_sample,
    as_seen,
    ask_test_mail,
    preview_mail,
    preview_sample,
    samples,
    send_test_mail,
)
from apps.notifications.services.reading import SaidMessage, read_messages, write_anew
from apps.notifications.services.replies import acknowledge_by_reply
from apps.notifications.services.roster_care import ContactWish, add_contact, change_contact
from apps.notifications.services.spending import forget_budgets
from apps.notifications.services.telling import tail_length
from apps.notifications.services.watching import watch_platform
from apps.notifications.services.withholding import add_last_check, withhold

__all__ = [
    "BOARD_CHECK",
    "OFF",
    "ON",
    "PENDING",
    "ChannelChoices",
    "Choice",
    "ContactWish",
    "Owner",
    "Preferences",
    "Preview",
    "SaidMessage",
    "Sample",
    "Speech",
    "acknowledge_alert",
    "acknowledge_by_link",
    "acknowledge_by_reply",
    "acknowledge_by_staff",
    "add_contact",
    "add_last_check",
    "add_mail_secrets",
    "add_sample",
    "add_text_link",
    "alert_of_cap",
    "answer_call",
    "as_seen",
    "ask_test_mail",
    "call_next",
    "change_contact",
    "change_preferences",
    "confirm_by_link",
    "deliver_message",
    "erase_messages",
    "erase_messages_to",
    "escalate_overdue",
    "follow_account",
    "forget_budgets",
    "forget_contacts",
    "lift_suppression",
    "may_measure",
    "owner_of_account",
    "owner_of_token",
    "preferences_of",
    "preferences_path",
    "preview_mail",
    "preview_sample",
    "raise_alert",
    "read_messages",
    "record_call",
    "record_check",
    "record_mail_report",
    "record_receipt",
    "refusal_of",
    "resend_message",
    "samples",
    "send_mail",
    "send_sms",
    "send_test_mail",
    "stop_everything",
    "subscribe",
    "suppress",
    "tail_length",
    "take_digits",
    "take_text",
    "unsubscribe",
    "was_checked",
    "watch_platform",
    "who_confirms",
    "who_unsubscribes",
    "withdraw",
    "withdraw_on_request",
    "withhold",
    "withhold_messages",
    "write_anew",
    "write_text",
]
