"""Rows of the bank: promotions and their uses, points, gift cards."""

from apps.loyalty.models.promotions import (
    Coupon,
    CustomerUse,
    Promotion,
    Redemption,
    RedemptionTransition,
)

__all__ = [
    "Coupon",
    "CustomerUse",
    "Promotion",
    "Redemption",
    "RedemptionTransition",
]
