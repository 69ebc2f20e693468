"""Reminding of carts that were left, bringing them back, and counting what it changed."""

from apps.recovery.services.contacts import (
    CartReach,
    forget_cart_contact,
    keep_cart_contact,
    read_cart_contact,
)
from apps.recovery.services.coupons import end_coupons
from apps.recovery.services.crediting import credit_order
from apps.recovery.services.opening import KINDS, link_of_message, outdated_reminder, reminder_mail
from apps.recovery.services.planning import plan_reminders
from apps.recovery.services.privacy import (
    forget_mailbox,
    forget_old,
    forget_user,
)
from apps.recovery.services.restoring import (
    Restored,
    Waiting,
    look_at_link,
    note_click,
    restore_cart,
)
from apps.recovery.services.rules import change_policy, change_rule

__all__ = [
    "KINDS",
    "CartReach",
    "Restored",
    "Waiting",
    "change_policy",
    "change_rule",
    "credit_order",
    "end_coupons",
    "forget_cart_contact",
    "forget_mailbox",
    "forget_old",
    "forget_user",
    "keep_cart_contact",
    "link_of_message",
    "look_at_link",
    "note_click",
    "outdated_reminder",
    "plan_reminders",
    "read_cart_contact",
    "reminder_mail",
    "restore_cart",
]
