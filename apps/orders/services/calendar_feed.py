"""The secret address of an account's calendar: made, made anew, taken back."""

from datetime import datetime

from apps.orders.models import CalendarFeed
from apps.orders.rules.link_tokens import digest, new_token
from bakery.kernel.links import public_url


def open_feed(*, user_id: int, at: datetime) -> str:
    """Return a new address for the account's calendar; the one before ends.

    It is shown once: only a digest of its secret is kept.
    """
    token = new_token()
    values = {"digest": digest(token), "created_at": at}
    CalendarFeed.objects.update_or_create(user_id=user_id, defaults=values)
    return public_url(f"/calendar/{token}.ics")


def close_feed(*, user_id: int) -> bool:
    """End the account's calendar address; return False when there was none."""
    return bool(CalendarFeed.objects.filter(user_id=user_id).delete()[0])
