"""The console's part of loyalty."""

from apps.loyalty.admin.coupons import CouponAdmin
from apps.loyalty.admin.gift_cards import GiftCardAdmin
from apps.loyalty.admin.points import PointsAccountAdmin
from apps.loyalty.admin.promotions import PromotionAdmin
from apps.loyalty.admin.redemptions import RedemptionAdmin
from apps.loyalty.admin.referrals import ReferralAdmin

__all__ = [
    "CouponAdmin",
    "GiftCardAdmin",
    "PointsAccountAdmin",
    "PromotionAdmin",
    "RedemptionAdmin",
    "ReferralAdmin",
]
