"""An account's points and what they are worth."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from apps.loyalty.models import (
    PointsAccount,
    PointsLot,
    PointsMove,
    Referral,
    ReferralCode,
)
from apps.loyalty.rules.points import points_covering, worth_of
from apps.loyalty.states import ReferralState
from bakery.kernel import clock
from bakery.kernel.money import quantum


@dataclass(frozen=True, slots=True)
class PointsBalance:
    """``spendable`` points now, worth ``worth``; ``debt`` is owed after reversals."""

    spendable: int = 0
    worth: Decimal = Decimal(0)
    debt: int = 0
    next_expiry_on: date | None = None
    next_expiry_points: int = 0


def points_balance(user_id: int, *, at: datetime) -> PointsBalance:
    """Return an account's points, zeros for one that has none yet.

    ``next_expiry_on`` is the last day on which ``next_expiry_points`` can be used.
    """
    live = PointsLot.objects.filter(account_id=user_id, remaining__gt=0, expires_at__gt=at)
    rows = live.order_by("expires_at").values_list("expires_at", "remaining")
    if not (lots := list(rows)):
        # Who has points owes none: only now is it worth a look.
        owed = PointsAccount.objects.filter(pk=user_id).values_list("debt", flat=True).first()
        return PointsBalance(worth=points_worth(0), debt=owed or 0)
    spendable = sum(remaining for _, remaining in lots)
    first = _last_day(lots[0][0])
    ending = sum(remaining for ends, remaining in lots if _last_day(ends) == first)
    return PointsBalance(spendable, points_worth(spendable), 0, first, ending)


def points_worth(points: int) -> Decimal:
    """Return what ``points`` pay of a sale, in the shop's currency, to its smallest unit."""
    return worth_of(points, settings.LOYALTY_POINT_VALUE, quantum(settings.SHOP_CURRENCY))


def points_for(amount: Decimal) -> int:
    """Return how many points pay ``amount`` at most: worth no more than it."""
    return points_covering(amount, settings.LOYALTY_POINT_VALUE)


def history_of(user_id: int) -> QuerySet[PointsMove]:
    """Return the moves of an account, newest first."""
    return PointsMove.objects.filter(account_id=user_id).order_by("-pk")


def lots_of(user_id: int) -> QuerySet[PointsLot]:
    """Return the lots of an account, newest first."""
    return PointsLot.objects.filter(account_id=user_id).order_by("-pk")


def account_rows() -> QuerySet[Any]:
    """Return all accounts of points with their owners and what is ``held`` by sales."""
    return PointsAccount.objects.select_related("user").annotate(
        held=Coalesce(Sum("uses__points", filter=Q(uses__state="reserved")), 0)
    )


def account_of(user_id: int) -> Any:
    """Return one row of `account_rows`, None for somebody who never had points."""
    return account_rows().filter(pk=user_id).first()


def referrals_of(user_id: int) -> tuple[str, int, int]:
    """Return an account's code ("" before it asked for one), who came by it, and who bought."""
    code = ReferralCode.objects.filter(pk=user_id).values_list("code", flat=True).first()
    states = list(Referral.objects.filter(referrer_id=user_id).values_list("state", flat=True))
    return code or "", len(states), states.count(ReferralState.REWARDED)


def referral_rows() -> QuerySet[Referral]:
    """Return all invitations with both accounts, newest first."""
    return Referral.objects.select_related("referrer", "referred").order_by("-pk")


def invitation_exists(code: str) -> bool:
    """Tell whether somebody invites with ``code``, written as it was made."""
    return ReferralCode.objects.filter(code=code, user__is_active=True).exists()


def _last_day(ends: datetime) -> date:
    return clock.shop_date(ends - timedelta(microseconds=1))
