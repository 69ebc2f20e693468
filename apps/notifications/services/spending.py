"""Caps on texts, taken by one conditional statement before each attempt and given back after none.

Rows of `SendingBudget` are made when first needed; a cap that is lowered holds at once.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from apps.notifications.events import SendingCapReached
from apps.notifications.models import Message, SendingBudget
from apps.notifications.rules import caps, numbers
from apps.notifications.rules.caps import Share
from bakery.kernel import outbox

# One row for each cap, or none for a cap that would be passed: then all are taken back.
_TAKE = """
    INSERT INTO notifications_sendingbudget AS budget (scope, key, window_start, used)
    SELECT scope, key, window_start, amount
    FROM unnest(%(scopes)s::text[], %(keys)s::text[], %(starts)s::timestamptz[],
        %(amounts)s::int[], %(caps)s::int[]) WITH ORDINALITY
        AS wanted (scope, key, window_start, amount, cap, place)
    WHERE amount <= cap
    ORDER BY place
    ON CONFLICT (scope, key, window_start) DO UPDATE SET used = budget.used + excluded.used
    WHERE budget.used + excluded.used <= (
        SELECT cap FROM unnest(%(scopes)s::text[], %(caps)s::int[]) AS limits (scope, cap)
        WHERE limits.scope = excluded.scope
    )
    RETURNING scope
"""
_GIVE_BACK = """
    UPDATE notifications_sendingbudget AS budget SET used = greatest(budget.used - amount, 0)
    FROM unnest(%(scopes)s::text[], %(keys)s::text[], %(starts)s::timestamptz[],
        %(amounts)s::int[]) AS given (scope, key, window_start, amount)
    WHERE (budget.scope, budget.key, budget.window_start)
        = (given.scope, given.key, given.window_start)
"""


def price_to(country: str) -> Decimal:
    """Return what a segment to ``country`` costs by the settings, in the shop's currency."""
    prices: dict[str, Decimal] = settings.SMS_PRICES
    return prices.get(country, settings.SMS_PRICE_ELSEWHERE)


def shares_of(message: Message, *, at: datetime) -> list[Share]:
    """Return what one attempt at ``at`` to send a text takes of each cap."""
    country = numbers.country_of(message.recipient)
    return caps.shares_of(
        number=message.recipient,
        country=country,
        segments=message.segments,
        cost=caps.cost_of(message.segments, price=price_to(country)),
        at=at,
        zone=ZoneInfo(settings.SHOP_TIME_ZONE),
        caps=settings.SMS_CAPS,
        money_cap=settings.SMS_CAP_MONEY_DAY,
    )


def take(shares: Sequence[Share], *, at: datetime) -> Share | None:
    """Take all of ``shares`` or none; return the first that would pass its cap.

    A step of the caller's transaction, which holds the rows until it ends. Emits
    `SendingCapReached`, once for each cap and day.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, _arrays(shares))
            taken = {scope for (scope,) in cursor.fetchall()}
        refused = next((share for share in shares if share.scope not in taken), None)
        if refused is not None:
            transaction.set_rollback(True)
    if refused is not None:
        day = caps.day_start(at, ZoneInfo(settings.SHOP_TIME_ZONE))
        outbox.emit(
            SendingCapReached(scope=refused.scope, key=refused.key, cap=refused.cap),
            key=f"{refused.scope}:{day:%Y-%m-%d}",
            at=at,
        )
    return refused


def give_back(shares: Sequence[Share]) -> None:
    """Take back what an attempt took that handed nothing over; in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, _arrays(shares))


def _arrays(shares: Sequence[Share]) -> dict[str, list[object]]:
    return {
        "scopes": [str(share.scope) for share in shares],
        "keys": [share.key for share in shares],
        "starts": [share.window_start for share in shares],
        "amounts": [share.amount for share in shares],
        "caps": [share.cap for share in shares],
    }


def forget_budgets(*, at: datetime) -> int:
    """Delete windows that are over for long; return how many."""
    return SendingBudget.objects.filter(window_start__lt=caps.kept_since(at)).delete()[0]
