"""What an invitation earns, and loses again. Steps of `services.points`, under its locks."""

from collections.abc import Mapping
from datetime import datetime

from apps.loyalty.models import PointsAccount, PointsLot, Referral
from apps.loyalty.services.postings import SYSTEM, Posting, end_of_points, new_lot
from apps.loyalty.states import REFERRAL_LIFE, LotSource, PointsKind, ReferralState
from bakery.kernel.locks import locked
from bakery.kernel.states import transition


def waiting_referral(user_id: int) -> Referral | None:
    """Lock and return the invitation by which somebody came, if their first order rewards it."""
    rows = Referral.objects.filter(referred_id=user_id, state=ReferralState.PENDING)
    return locked(rows).first()


def rewarded_by(reference: str) -> Referral | None:
    """Lock and return the invitation that this sale rewarded."""
    rows = Referral.objects.filter(reference=reference, state=ReferralState.REWARDED)
    return locked(rows).first()


def reward(
    referral: Referral,
    accounts: Mapping[int, PointsAccount],
    *,
    reference: str,
    at: datetime,
) -> None:
    """Give both their points; ``accounts`` are locked."""
    transition(
        referral,
        machine=REFERRAL_LIFE,
        to=ReferralState.REWARDED,
        actor=SYSTEM,
        at=at,
        reference=reference,
        rewarded_at=at,
    )
    for user_id, points in (
        (referral.referrer_id, referral.referrer_points),
        (referral.referred_id, referral.referred_points),
    ):
        if not points:
            continue
        lot = new_lot(
            accounts[user_id],
            source=LotSource.REFERRAL,
            ref=_ref(referral),
            points=points,
            earned_at=at,
            expires_at=end_of_points(at),
        )
        posting = Posting(accounts[user_id], ref=_ref(referral), at=at)
        posting.give(PointsKind.REFERRAL, [(lot.pk, points)])
        posting.write()


def reverse_reward(referral: Referral, *, at: datetime) -> list[PointsLot]:
    """Undo a reward and return the lots whose points are to be taken back."""
    transition(
        referral,
        machine=REFERRAL_LIFE,
        to=ReferralState.REVERSED,
        actor=SYSTEM,
        at=at,
        reason="refunded",
    )
    # `reason` of the transition is its history's; the row says it as well.
    Referral.objects.filter(pk=referral.pk).update(reason="refunded")
    return list(
        PointsLot.objects.filter(source=LotSource.REFERRAL, ref=_ref(referral)).order_by(
            "account_id"
        )
    )


def _ref(referral: Referral) -> str:
    return f"referral-{referral.pk}"
