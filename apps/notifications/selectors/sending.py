"""What the console and the staff API show of messages, of what they cost, and of the caps."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, DateField, Max, QuerySet, Sum
from django.db.models.functions import Cast, Coalesce, TruncDay

from apps.notifications.models import Message, ProviderReport, SendingBudget
from apps.notifications.rules import caps, mask
from apps.notifications.rules.caps import Scope
from apps.notifications.states import Channel, MessageState

PLOT_DAYS = 30
_ABOUT_NUMBERS = frozenset({Scope.NUMBER_HOUR, Scope.NUMBER_DAY, Scope.PREFIX_HOUR})


@dataclass(frozen=True, kw_only=True)
class CountrySpending:
    """What texts to one country came to: today and in this month, of the shop."""

    country: str
    texts_today: int
    segments_today: int
    cost_today: Decimal
    texts_month: int
    segments_month: int
    cost_month: Decimal


@dataclass(frozen=True, kw_only=True)
class CapUse:
    """How full a cap is; of caps by number or block the fullest one, masked."""

    scope: str
    label: str
    key: str
    used: Decimal
    cap: Decimal
    percent: int


@dataclass(frozen=True, kw_only=True)
class DaySpending:
    """One day of the shop."""

    day: date
    texts: int
    cost: Decimal


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.SHOP_TIME_ZONE)


def _sent_texts(since: datetime) -> QuerySet[Message]:
    return Message.objects.filter(
        channel=Channel.SMS, cost__isnull=False, created_at__gte=since
    ).order_by()


def spending_by_country(*, at: datetime) -> list[CountrySpending]:
    """Return what texts written this month cost by the settings' prices, the dearest first."""
    today = caps.day_start(at, _zone())
    month, day = (_by_country(since) for since in (today.replace(day=1), today))
    none = {"texts": 0, "parts": 0, "sum": Decimal(0)}
    rows = [
        CountrySpending(
            country=country,
            texts_today=day.get(country, none)["texts"],
            segments_today=day.get(country, none)["parts"],
            cost_today=day.get(country, none)["sum"],
            texts_month=found["texts"],
            segments_month=found["parts"],
            cost_month=found["sum"],
        )
        for country, found in month.items()
    ]
    return sorted(rows, key=lambda row: (-row.cost_month, row.country))


def _by_country(since: datetime) -> dict[str, dict[str, Any]]:
    rows = _sent_texts(since).values("country")
    counted = rows.annotate(texts=Count("pk"), parts=Sum("segments"), sum=Sum("cost"))
    return {row["country"]: dict(row) for row in counted}


def spending_by_day(*, at: datetime) -> list[DaySpending]:
    """Return the last thirty days of the shop, the oldest first, also those without a text."""
    zone = _zone()
    today = caps.day_start(at, zone).date()
    first = today - timedelta(days=PLOT_DAYS - 1)
    since = datetime.combine(first, datetime.min.time(), tzinfo=zone)
    rows = (
        _sent_texts(since)
        .annotate(day=Cast(TruncDay("created_at", tzinfo=zone), DateField()))
        .values("day")
        .annotate(texts=Count("pk"), sum=Coalesce(Sum("cost"), Decimal(0)))
    )
    found = {row["day"]: row for row in rows}
    days = [first + timedelta(days=number) for number in range(PLOT_DAYS)]
    return [
        DaySpending(
            day=day,
            texts=found[day]["texts"] if day in found else 0,
            cost=found[day]["sum"] if day in found else Decimal(0),
        )
        for day in days
    ]


def cap_use(*, at: datetime) -> list[CapUse]:
    """Return how full each cap is in the window that ``at`` is in."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    day = caps.day_start(at, _zone())
    rows = SendingBudget.objects.filter(window_start__in=[hour, day], used__gt=0)
    fullest = dict(rows.values_list("scope").annotate(most=Max("used")))
    keys = {
        row.scope: row.key for row in rows.order_by("used") if row.used == fullest.get(row.scope)
    }
    return [_use(scope, fullest.get(scope, 0), keys.get(scope, "")) for scope in Scope]


def _use(scope: Scope, used: int, key: str) -> CapUse:
    by_money = scope == Scope.MONEY_DAY
    cap = settings.SMS_CAP_MONEY_DAY if by_money else Decimal(settings.SMS_CAPS[scope])
    amount = used * caps.MONEY_UNIT if by_money else Decimal(used)
    return CapUse(
        scope=scope,
        label=caps.LABELS[scope],
        key=mask(key) if key and scope in _ABOUT_NUMBERS else key,
        used=amount,
        cap=cap,
        percent=int(100 * amount / cap) if cap else 100,
    )


def withheld_today(*, at: datetime) -> list[tuple[str, int]]:
    """Return why messages written today were withheld, and how many; most often first."""
    rows = Message.objects.filter(
        state=MessageState.WITHHELD, created_at__gte=caps.day_start(at, _zone())
    ).order_by()
    counted = rows.values_list("error_code").annotate(count=Count("pk"))
    return sorted(counted, key=lambda row: (-row[1], row[0]))


def reports_of(message: Message) -> QuerySet[ProviderReport]:
    """Return what a mail provider told of a message, oldest first."""
    return ProviderReport.objects.filter(message_id=message.pk).order_by("at", "pk")


def may_see_recipients(user: Any) -> bool:
    """Tell whether staff may see to whom messages went, and not only the end of a number."""
    return bool(user.has_perm("accounts.view_user"))
