"""Pure rules: SMS segments, what a provider's code means, when an alert escalates."""

import hashlib
import re
from datetime import timedelta
from enum import Enum

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apps.notifications.rules.escalation import ESCALATE_AFTER as ESCALATE_AFTER
from apps.notifications.states import MessageState
from bakery.kernel.segments import count_segments as count_segments

# Attempts that fail before the next person is told although the first message is still tried:
# with the outbox's pauses the third one fails within a minute.
ATTEMPTS_BEFORE_ESCALATION = 3
MAX_ATTEMPTS = 8
# Longer than the slowest attempt (two calls of 8 s); after it, the sender is taken for dead.
ATTEMPT_STALE_AFTER = timedelta(seconds=25)
# Codes after which a handset may be back, so that one more try later is worth its price.
SECOND_TRY_AFTER = timedelta(minutes=2)
SMS_MAX_CHARACTERS = 1500

_E164 = re.compile(r"\+[1-9]\d{6,14}\Z")


class Verdict(Enum):
    """What to do about a provider's refusal."""

    PERMANENT = "permanent"
    OPERATIONS = "operations"
    TRANSIENT = "transient"
    SECOND_TRY = "second_try"


# https://www.twilio.com/docs/api/errors: the account, its key or its sender is at fault.
_OPERATIONS_CODES = frozenset({"20003", "20404", "21606", "21608", "21659", "21660", "30002"})
_TRANSIENT_CODES = frozenset({"20429", "30001"})
_SECOND_TRY_CODES = frozenset({"30003", "30008"})

_RANK = {
    MessageState.QUEUED: 0,
    MessageState.SENDING: 1,
    # An attempt whose process died may have gone out before the message was withheld.
    MessageState.WITHHELD: 1,
    MessageState.SENT: 2,
    MessageState.UNDELIVERED: 3,
    MessageState.FAILED: 3,
    MessageState.DELIVERED: 4,
}
_BY_PROVIDER_STATUS = {
    "accepted": MessageState.SENDING,
    "scheduled": MessageState.SENDING,
    "queued": MessageState.SENDING,
    "sending": MessageState.SENDING,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}


def is_phone(text: str) -> bool:
    """Tell whether ``text`` is an E.164 number."""
    return _E164.match(text) is not None


def is_mailbox(text: str) -> bool:
    """Tell whether ``text`` can be the address of a mailbox."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def state_of(provider_status: str) -> MessageState | None:
    """Return our state for Twilio's status; None for one that we do not know."""
    return _BY_PROVIDER_STATUS.get(provider_status)


def advances(old: str, new: str) -> bool:
    """Tell whether ``new`` is further than ``old``: receipts arrive twice and in any order."""
    if new == MessageState.WITHHELD:  # says no provider
        return False
    return _RANK[MessageState(new)] > _RANK[MessageState(old)]


def judge(*, status: int, code: str) -> Verdict:
    """Return what an API error (HTTP ``status``, provider's ``code``) means for the message."""
    if code in _OPERATIONS_CODES or status in {401, 403}:
        return Verdict.OPERATIONS
    if code in _TRANSIENT_CODES or status == 429 or status >= 500:
        return Verdict.TRANSIENT
    return judge_receipt(code)


def judge_receipt(code: str) -> Verdict:
    """Return what the error code of an undelivered message means."""
    return Verdict.SECOND_TRY if code in _SECOND_TRY_CODES | _TRANSIENT_CODES else Verdict.PERMANENT


def mask(recipient: str) -> str:
    """Return ``recipient`` so that a colleague recognises it and a stranger does not."""
    if "@" in recipient:
        name, _, domain = recipient.partition("@")
        return f"{name[:1]}…@{domain}"
    return f"…{recipient[-4:]}"


def hash_token(token: str) -> str:
    """Return what is stored of a link's token: 144 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
