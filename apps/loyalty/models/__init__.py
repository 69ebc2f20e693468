"""Rows of the bank: promotions and their uses, points, gift cards."""

from apps.loyalty.models.gift_cards import GiftCard, GiftCardMove, GiftCardUse
from apps.loyalty.models.points import PointsAccount, PointsLot, PointsMove, PointsUse
from apps.loyalty.models.promotions import (
    Coupon,
    CustomerUse,
    Promotion,
    Redemption,
    RedemptionTransition,
)
from apps.loyalty.models.referrals import Referral, ReferralCode, ReferralTransition

__all__ = [
    "Coupon",
    "CustomerUse",
    "GiftCard",
    "GiftCardMove",
    "GiftCardUse",
    "PointsAccount",
    "PointsLot",
    "PointsMove",
    "PointsUse",
    "Promotion",
    "Redemption",
    "RedemptionTransition",
    "Referral",
    "ReferralCode",
    "ReferralTransition",
]
