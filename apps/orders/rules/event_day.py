"""Whether the day of pickup fits the day of the feast."""

from datetime import date


def check_event_day(pickup_on: date, event_on: date | None) -> tuple[str, str] | None:
    """Return a code and a question when the two days do not fit, None when they do."""
    return None
