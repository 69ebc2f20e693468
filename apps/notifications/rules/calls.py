"""What a telephone call's states mean, and what is pressed during it. Pure.

Source: https://www.twilio.com/docs/voice/api/call-resource#call-status-values
"""

from apps.notifications.states import MessageState

TAKE_CHARGE = "1"
# How often the order is spoken in one call before it ends.
MAX_ROUNDS = 3
_BY_CALL_STATUS = {
    "queued": MessageState.SENDING,
    "initiated": MessageState.SENDING,
    "ringing": MessageState.SENT,
    "in-progress": MessageState.SENT,
    "answered": MessageState.SENT,
    "completed": MessageState.DELIVERED,
    "busy": MessageState.UNDELIVERED,
    "no-answer": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}


def state_of_call(status: str) -> MessageState | None:
    """Return our state for a call's status; None for one that we do not know.

    ``completed`` says that somebody, or an answering machine, picked up, and nothing more.
    """
    return _BY_CALL_STATUS.get(status)
