"""Writes of this app. ``reference`` names a sale; what it is, only the caller knows."""

from apps.loyalty.services.bank import amend, consume, give_back, release, reserve, retake
from apps.loyalty.services.coupons import add_coupon, make_coupons, switch_coupon
from apps.loyalty.services.points import earn, take_back
from apps.loyalty.services.promotion_editing import (
    change_promotion,
    copy_promotion,
    create_promotion,
    switch_promotion,
)

__all__ = [
    "add_coupon",
    "amend",
    "change_promotion",
    "consume",
    "copy_promotion",
    "create_promotion",
    "earn",
    "give_back",
    "make_coupons",
    "release",
    "reserve",
    "retake",
    "switch_coupon",
    "switch_promotion",
    "take_back",
]
