"""Telling staff that a cap on texts was reached."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from apps.notifications.rules import caps, mask
from apps.notifications.rules.caps import Scope
from apps.notifications.services.alerts import raise_alert
from apps.notifications.states import AlertKind

SPENDING_PATH = "/console/notifications/message/spending/"
_ABOUT_NUMBERS = frozenset({Scope.NUMBER_HOUR, Scope.NUMBER_DAY, Scope.PREFIX_HOUR})


def alert_of_cap(*, scope: str, key: str, cap: int, at: datetime) -> None:
    """Raise an alert, one a day for each kind of cap: many numbers at once are one attack."""
    day = caps.day_start(at, ZoneInfo(settings.SHOP_TIME_ZONE))
    which = f" ({mask(key) if scope in _ABOUT_NUMBERS else key})" if key else ""
    most = caps.MONEY_UNIT * cap if scope == Scope.MONEY_DAY else cap
    raise_alert(
        key=f"sms-cap:{scope}:{day:%Y-%m-%d}",
        text=(
            f"Texts are withheld: more than {most} {caps.LABELS[Scope(scope)]}{which}."
            " Somebody may be pumping texts at the shop's cost. Alerts still go out."
        ),
        kind=AlertKind.MONEY,
        path=SPENDING_PATH,
        at=at,
    )
