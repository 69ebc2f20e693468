"""Who agreed to what: whether a message may go to a contact."""

from datetime import datetime


def refusal_of(*, channel: str, address: str, topic: str, at: datetime) -> str:
    """Return why nothing about ``topic`` may go to ``address`` at ``at``; "" when it may.

    The codes: ``stopped``, ``suppressed``, ``no_consent``, ``withdrawn``, ``consent_expired``.
    """
    del channel, address, topic, at
    return ""
