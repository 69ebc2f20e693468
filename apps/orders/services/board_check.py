"""Every morning: no paid cake may be unknown to the kitchen."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.notifications import services as notifications
from apps.notifications.states import AlertKind
from apps.orders.selectors.board_check import BoardCheck, check_paid_cakes
from bakery.kernel import clock
from bakery.kernel.locks import advisory_lock

_NAMED = 5


def check_board(*, at: datetime, again: bool = False) -> BoardCheck | None:
    """Look for paid cakes that nobody knows of, keep what was found, and raise one alert a day.

    Returns None when today's search was made already, unless it is to be made ``again``.
    """
    with transaction.atomic():
        advisory_lock("board-check")
        if not again and notifications.was_checked(name=notifications.BOARD_CHECK, at=at):
            return None
        found = check_paid_cakes(days=settings.BOARD_CHECK_DAYS, at=at)
        notifications.record_check(
            name=notifications.BOARD_CHECK,
            examined=found.examined,
            missing=found.missing,
            at=at,
        )
        if found.missing:
            notifications.raise_alert(
                key=f"board-check:{clock.shop_date(at).isoformat()}",
                text=_text(found.missing),
                at=at,
                kind=AlertKind.CAKE,
                path="/console/notifications/alert/board/",
            )
    return found


def _text(missing: list[str]) -> str:
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    return f"PAID CAKES to look at: {'; '.join(missing[:_NAMED])}{more}"
