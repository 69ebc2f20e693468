"""The console's part of loyalty."""

from apps.loyalty.admin.coupons import CouponAdmin
from apps.loyalty.admin.promotions import PromotionAdmin
from apps.loyalty.admin.redemptions import RedemptionAdmin

__all__ = [
    "CouponAdmin",
    "PromotionAdmin",
    "RedemptionAdmin",
]
