"""Whether the day of pickup fits the day of the feast.

The wrong week is the mistake that nobody can mend on the day, so it is asked about and never
assumed: a cake for last Saturday, or one that is collected a week before it is eaten.
"""

from datetime import date

from apps.orders.rules.pickup import days_in_words
from bakery.kernel import wording

AFTER, LONG_BEFORE = "pickup_after_event", "pickup_long_before_event"
DAYS_BEFORE = 2


def check_event_day(
    pickup_on: date, event_on: date | None, *, days_before: int = DAYS_BEFORE
) -> tuple[str, str] | None:
    """Return a code and a question when the two days do not fit, None when they do.

    They fit when the pickup is on the day of the event, or up to ``days_before`` days earlier.
    """
    if event_on is None:
        return None
    early = (event_on - pickup_on).days
    if 0 <= early <= days_before:
        return None
    days = f"{day_text(pickup_on)}, and your event on {day_text(event_on)}"
    if early < 0:
        late = "1 day" if early == -1 else f"{-early} days"
        return AFTER, f"The order would be there on {days}: {late} too late. Is that right?"
    return LONG_BEFORE, f"The order would be there on {days}: {early} days earlier. Is that right?"


def day_text(day: date, *, today: date | None = None) -> str:
    """Return "Saturday 28 November 2026", with ", in 6 days" when ``today`` is given."""
    text = wording.day_text(day)
    return f"{text}, {days_in_words((day - today).days)}" if today else text
