"""Points: earned, spent, taken back.

Everything locks the account first. Points are used from the lots that end first, and a use that
ends gives them back to the same lots. A lot that ended meanwhile gives them to a new one, which
lives for LOYALTY_GRACE_DAYS: the customer did not let them lapse, the order held them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from apps.loyalty.models import PointsAccount, PointsLot, PointsUse
from apps.loyalty.rules.offers import PointsSpend
from apps.loyalty.rules.points import draw, points_earned, points_kept
from apps.loyalty.services import referral_rewards
from apps.loyalty.services.postings import (
    SYSTEM,
    Posting,
    draw_live,
    drawn_by,
    end_of_points,
    lock_account,
    lock_accounts,
    new_lot,
    open_lots,
)
from apps.loyalty.states import SPEND_LIFE, LotSource, PointsKind, SpendState
from bakery.kernel.errors import Conflict
from bakery.kernel.states import transition


def reserve(*, reference: str, spend: PointsSpend | None, at: datetime) -> None:
    """See `bank.reserve`."""
    if spend is None:
        return
    account = lock_account(spend.user_id)
    parts = draw_live(account, spend.points, at=at)
    use = PointsUse.objects.create(
        reference=reference,
        account=account,
        points=spend.points,
        amount=spend.amount,
        created_at=at,
    )
    posting = Posting(account, ref=use.move_ref, at=at)
    posting.take(PointsKind.RESERVE, parts, use=use)
    posting.write()


def consume(*, reference: str, at: datetime) -> None:
    """See `bank.consume`."""
    use = _use(reference)
    if use is None or use.state == SpendState.CONSUMED:
        return
    if use.state == SpendState.RELEASED:
        raise Conflict("not_reserved", "These points were given back: take them again first.")
    _move_to(use, SpendState.CONSUMED, at=at)


def release(*, reference: str, reason: str, at: datetime) -> None:
    """See `bank.release`."""
    _return(reference, SpendState.RESERVED, PointsKind.RELEASE, reason=reason, at=at)


def give_back(*, reference: str, reason: str, at: datetime) -> None:
    """See `bank.give_back`."""
    _return(reference, SpendState.CONSUMED, PointsKind.GIVE_BACK, reason=reason, at=at)


def retake(*, reference: str, at: datetime) -> bool:
    """See `bank.retake`."""
    use = _use(reference)
    if use is None or use.state == SpendState.CONSUMED:
        return True
    if use.state == SpendState.RESERVED or not use.points:
        _move_to(use, SpendState.CONSUMED, at=at)
        return True
    account = lock_account(use.account_id)
    try:
        parts = draw_live(account, use.points, at=at)
    except Conflict:
        return False
    _move_to(use, SpendState.CONSUMED, at=at)
    posting = Posting(account, ref=use.move_ref, at=at)
    posting.take(PointsKind.RETAKE, parts, use=use)
    posting.write()
    return True


def amend(*, reference: str, spend: PointsSpend | None, at: datetime) -> None:
    """See `bank.amend`."""
    use = _use(reference)
    wanted = spend.points if spend is not None else 0
    if use is None:
        if wanted:
            raise ValueError("an edit cannot begin to use points")
        return
    if use.state == SpendState.RELEASED:
        raise Conflict("not_reserved", "These points were given back already.")
    if wanted > use.points or (spend is not None and spend.user_id != use.account_id):
        raise ValueError("an edit cannot use more points, or another account's")
    account = lock_account(use.account_id)
    # Read again under the lock; the latest to end return, as if they had never been taken.
    use.refresh_from_db()
    returned = draw_back(drawn_by(use), use.points - wanted)
    use.points, use.amount = wanted, spend.amount if spend is not None else Decimal(0)
    use.turn += 1
    use.save(update_fields=["points", "amount", "turn"])
    _give(account, use, PointsKind.AMEND, returned, reason="the order changed", at=at)


def draw_back(parts: Sequence[tuple[int, int]], points: int) -> list[tuple[int, int]]:
    """Return which of ``parts`` give back ``points``: those that were taken last."""
    returned = []
    for lot_id, held in reversed(parts):
        part = min(held, points)
        if part > 0:
            returned.append((lot_id, part))
            points -= part
    return returned


def earn(*, user_id: int, reference: str, amount: Decimal, at: datetime) -> None:
    """Give the points for ``amount`` that was paid for goods now collected; once a reference.

    ``amount`` is what was paid for goods without tax and after points. What gift cards paid is in
    it: they are money, and nothing was earned when they were sold. Also rewards the invitation by
    which this account came, if it waits for a first order.
    """
    with transaction.atomic():
        referral = referral_rewards.waiting_referral(user_id) if amount > 0 else None
        others = [referral.referrer_id] if referral else []
        accounts = lock_accounts([user_id, *others])
        account = accounts[user_id]
        if PointsLot.objects.filter(
            account=account, source=LotSource.EARNED, ref=reference
        ).exists():
            return
        rate = settings.LOYALTY_POINTS_PER_UNIT
        points = points_earned(amount, rate)
        lot = new_lot(
            account,
            source=LotSource.EARNED,
            ref=reference,
            points=points,
            earned_at=at,
            expires_at=end_of_points(at),
            amount=max(amount, Decimal(0)),
            rate=rate,
        )
        if points:
            posting = Posting(account, ref=reference, at=at)
            posting.give(PointsKind.EARN, [(lot.pk, points)])
            posting.write()
        if referral is not None:
            referral_rewards.reward(referral, accounts, reference=reference, at=at)


def take_back(*, reference: str, amount: Decimal, at: datetime) -> None:
    """Take back what a refund of a collected sale makes unearned; at most what it earned.

    ``amount`` is everything refunded of the sale's goods up to now, not this refund alone: asked
    again with the same or less, it changes nothing, whatever the order in which refunds arrive.
    What is left is what the rest would have earned. Points that were spent already become a debt
    that the next ones pay. A sale that is refunded whole also undoes the reward of an invitation.
    """
    with transaction.atomic():
        lot = PointsLot.objects.filter(source=LotSource.EARNED, ref=reference).first()
        if lot is None or lot.amount is None or lot.rate is None:
            return
        whole = amount >= lot.amount > 0
        referral = referral_rewards.rewarded_by(reference) if whole else None
        others = [referral.referrer_id, referral.referred_id] if referral else []
        accounts = lock_accounts([lot.account_id, *others])
        lot.refresh_from_db()
        kept = points_kept(lot.amount, amount, lot.rate)
        points = lot.points - kept - lot.taken_back
        reverse(accounts[lot.account_id], lot, points, ref=f"{reference}:{kept}", at=at)
        if referral is not None:
            for row in referral_rewards.reverse_reward(referral, at=at):
                reverse(accounts[row.account_id], row, row.points, ref=row.ref, at=at)


def reverse(account: PointsAccount, lot: PointsLot, points: int, *, ref: str, at: datetime) -> None:
    """Take ``points`` of a lot back: from it, from other lots, and the rest as a debt.

    What expired is not taken a second time.
    """
    points = min(points, lot.points - lot.taken_back - lot.expired)
    if points <= 0:
        return
    lots = sorted(open_lots(account, at=None), key=lambda left: left.id != lot.pk)
    parts = draw(lots, points)
    posting = Posting(account, ref=ref, at=at)
    posting.take(PointsKind.REVERSE, parts)
    posting.owe(PointsKind.REVERSE, points - sum(part for _, part in parts))
    posting.count(lot.pk, "taken_back", points)
    posting.write()


def _use(reference: str) -> PointsUse | None:
    return PointsUse.objects.filter(reference=reference).first()


def _move_to(use: PointsUse, to: SpendState, *, at: datetime) -> None:
    transition(use, machine=SPEND_LIFE, to=to, actor=SYSTEM, at=at, turn=use.turn + 1)


def _return(
    reference: str, held: SpendState, kind: PointsKind, *, reason: str, at: datetime
) -> None:
    use = _use(reference)
    if use is None or use.state != held:
        return
    account = lock_account(use.account_id)
    use.refresh_from_db()
    if use.state != held:
        return
    _move_to(use, SpendState.RELEASED, at=at)
    _give(account, use, kind, drawn_by(use), reason=reason, at=at)


def _give(
    account: PointsAccount,
    use: PointsUse,
    kind: PointsKind,
    parts: Sequence[tuple[int, int]],
    *,
    reason: str,
    at: datetime,
) -> None:
    """Give points of a use back to their lots, and on to new ones where those have ended."""
    if not parts:
        return
    ended = _ended([lot_id for lot_id, _ in parts], at=at)
    posting = Posting(account, ref=use.move_ref, at=at, note=reason)
    posting.give(kind, [part for part in parts if part[0] not in ended], use=use)
    for lot_id, points in parts:
        if lot_id in ended:
            grace = new_lot(
                account,
                source=LotSource.GRACE,
                ref=f"{use.move_ref}:{lot_id}",
                points=points,
                earned_at=at,
                expires_at=at + timedelta(days=settings.LOYALTY_GRACE_DAYS),
            )
            posting.pass_on(kind, lot_id, grace.pk, points, use=use)
    posting.write()


def _ended(lot_ids: Sequence[int], *, at: datetime) -> set[int]:
    rows = PointsLot.objects.filter(pk__in=lot_ids, expires_at__lte=at)
    return set(rows.values_list("pk", flat=True))
