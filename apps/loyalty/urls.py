"""Addresses of loyalty."""

from django.urls import URLPattern, URLResolver, path

from apps.loyalty.api.coupons import ActivateCoupon, CouponBatch, Coupons, DeactivateCoupon
from apps.loyalty.api.promotions import (
    ActivatePromotion,
    CopyPromotion,
    DeactivatePromotion,
    OnePromotion,
    PreviewPromotions,
    Promotions,
    Redemptions,
)

_PROMOTION = "api/v1/staff/promotions/<int:promotion_id>"
_COUPON = "api/v1/staff/coupons/<int:coupon_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/staff/promotions", Promotions.as_view()),
    path("api/v1/staff/promotions/preview", PreviewPromotions.as_view()),
    path(_PROMOTION, OnePromotion.as_view()),
    path(f"{_PROMOTION}/activate", ActivatePromotion.as_view()),
    path(f"{_PROMOTION}/deactivate", DeactivatePromotion.as_view()),
    path(f"{_PROMOTION}/copy", CopyPromotion.as_view()),
    path(f"{_PROMOTION}/coupons", Coupons.as_view()),
    path(f"{_PROMOTION}/coupons/batch", CouponBatch.as_view()),
    path(f"{_COUPON}/activate", ActivateCoupon.as_view()),
    path(f"{_COUPON}/deactivate", DeactivateCoupon.as_view()),
    path("api/v1/staff/redemptions", Redemptions.as_view()),
]
