"""Points beside sales: adjusted by staff, expired, told about before they expire."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.accounts import selectors as accounts
from apps.loyalty.models import PointsAccount, PointsLot, PointsMove
from apps.loyalty.rules.points import MAX_POINTS
from apps.loyalty.selectors.points import points_worth
from apps.loyalty.services.postings import (
    SYSTEM,
    Posting,
    draw_live,
    end_of_points,
    lock_account,
    new_lot,
    open_lots,
)
from apps.loyalty.states import LotSource, PointsKind
from apps.notifications import services as notifications
from apps.notifications.states import Topic
from bakery.kernel import audit, clock, wording
from bakery.kernel.errors import Invalid, NotFound

_BATCH = 500


def adjust_points(
    *, user_id: int, points: int, reason: str, ref: str, actor: str, at: datetime
) -> PointsAccount:
    """Give (or, below 0, take) points by hand; ``ref`` again changes nothing.

    Raises `NotFound` ``user_not_found``, `Invalid` (``bad_points``, ``reason_required``) and
    `Conflict` ``points_short`` when fewer can be taken.
    """
    _check_adjustment(user_id, points, reason)
    with transaction.atomic():
        account = lock_account(user_id)
        done = PointsMove.objects.filter(account=account, kind=PointsKind.ADJUST, ref=ref)
        if done.exists():
            return account
        before = account.balance
        posting = Posting(account, ref=ref, at=at, actor=actor, note=reason)
        if points < 0:
            posting.take(PointsKind.ADJUST, draw_live(account, -points, at=at))
        else:
            lot = new_lot(
                account,
                source=LotSource.ADJUSTED,
                ref=ref,
                points=points,
                earned_at=at,
                expires_at=end_of_points(at),
            )
            posting.give(PointsKind.ADJUST, [(lot.pk, points)])
        posting.write()
        audit.record(
            actor=actor,
            action="loyalty.adjust_points",
            object_type="loyalty.pointsaccount",
            object_id=user_id,
            changes={"balance": [before, account.balance], "points": [None, points]},
            reason=reason,
            at=at,
        )
    return account


def _check_adjustment(user_id: int, points: int, reason: str) -> None:
    if type(points) is not int or points == 0 or abs(points) > MAX_POINTS:
        text = f"A whole number other than 0, at most {MAX_POINTS} either way."
        raise Invalid("bad_points", text, details={"field": "points"})
    if not reason.strip():
        raise Invalid("reason_required", "Say why.", details={"field": "reason"})
    user = accounts.user(user_id)
    if user is None or not user.is_active:
        raise NotFound("user_not_found", "There is no such account.")


def expire_points(*, at: datetime) -> int:
    """End every lot that is over; return how many lots those were. Again changes nothing.

    One transaction for each account, so that nobody's order waits for all of them.
    """
    over = PointsLot.objects.filter(remaining__gt=0, expires_at__lte=at)
    owners = over.order_by("account_id").values_list("account_id", flat=True).distinct()
    return sum(_expire(user_id, at=at) for user_id in list(owners))


def warn_of_expiry(*, at: datetime) -> int:
    """Mail everybody whose points end within LOYALTY_NOTICE_DAYS, once a lot; return how many."""
    until = at + timedelta(days=settings.LOYALTY_NOTICE_DAYS)
    ending = PointsLot.objects.filter(
        remaining__gt=0, warned_at=None, expires_at__gt=at, expires_at__lte=until
    )
    owners = ending.order_by("account_id").values_list("account_id", flat=True).distinct()
    return sum(_warn(user_id, until, at=at) for user_id in list(owners[:_BATCH]))


def _expire(user_id: int, *, at: datetime) -> int:
    with transaction.atomic():
        account = lock_account(user_id)
        live = {lot.id for lot in open_lots(account, at=at)}
        over = [lot for lot in open_lots(account, at=None) if lot.id not in live]
        for lot in over:
            posting = Posting(account, ref=f"lot-{lot.id}", at=at, actor=SYSTEM)
            posting.take(PointsKind.EXPIRE, [(lot.id, lot.remaining)])
            posting.count(lot.id, "expired", lot.remaining)
            posting.write()
    return len(over)


def _warn(user_id: int, until: datetime, *, at: datetime) -> int:
    with transaction.atomic():
        account = lock_account(user_id)
        lots = list(
            PointsLot.objects.filter(
                account=account, remaining__gt=0, expires_at__gt=at, expires_at__lte=until
            ).order_by("expires_at", "pk")
        )
        PointsLot.objects.filter(pk__in=[lot.pk for lot in lots]).update(warned_at=at)
        user = accounts.user(user_id)
        if not lots or user is None or not user.is_active:
            return 0
        notifications.send_mail(
            template="loyalty/mail/points_expiring",
            to=user.email,
            context=_expiry_context(lots, wording.language_of(user.language)),
            language=user.language,
            topic=Topic.LOYALTY,
            dedupe_key=f"points-expiring:{user_id}:{lots[0].pk}:{lots[-1].pk}",
            at=at,
        )
    return 1


def _expiry_context(lots: Iterable[PointsLot], language: str) -> dict[str, object]:
    points: dict[str, int] = {}
    for lot in lots:
        last = clock.shop_date(lot.expires_at - timedelta(microseconds=1))
        words = wording.day_text(last, language)
        points[words] = points.get(words, 0) + lot.remaining
    total = sum(points.values())
    worth = wording.amount_text(points_worth(total), settings.SHOP_CURRENCY, language)
    rows = [{"day": day, "points": number} for day, number in points.items()]
    return {"total": total, "worth": worth, "rows": rows, "first_day": rows[0]["day"]}
