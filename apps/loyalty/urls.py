"""Addresses of loyalty."""

from django.urls import URLPattern, URLResolver, path

from apps.loyalty.api import bank, staff_bank
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
from apps.loyalty.pages.invitation import invitation, invite

_PROMOTION = "api/v1/staff/promotions/<int:promotion_id>"
_COUPON = "api/v1/staff/coupons/<int:coupon_id>"
_BANK = "api/v1/staff/loyalty"

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
    path("account/invite/", invite, name="account-invite"),
    path("r/<str:code>/", invitation, name="invitation"),
    path("api/v1/loyalty", bank.Loyalty.as_view()),
    path("api/v1/loyalty/history", bank.LoyaltyHistory.as_view()),
    path("api/v1/loyalty/referral", bank.ClaimReferral.as_view()),
    path("api/v1/gift-cards/balance", bank.GiftCardBalance.as_view()),
    path(f"{_BANK}/accounts", staff_bank.Accounts.as_view()),
    path(f"{_BANK}/accounts/<int:user_id>", staff_bank.Account.as_view()),
    path(f"{_BANK}/accounts/<int:user_id>/adjust", staff_bank.AdjustPoints.as_view()),
    path(f"{_BANK}/gift-cards", staff_bank.GiftCards.as_view()),
    path(f"{_BANK}/gift-cards/issue", staff_bank.IssueGiftCard.as_view()),
    path(f"{_BANK}/gift-cards/<int:card_id>/<slug:action>", staff_bank.MoveGiftCard.as_view()),
    path(f"{_BANK}/referrals", staff_bank.Referrals.as_view()),
    path(f"{_BANK}/referrals/<int:referral_id>/decide", staff_bank.DecideReferral.as_view()),
    path(f"{_BANK}/differences", staff_bank.LoyaltyDifferences.as_view()),
]
