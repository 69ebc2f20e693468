"""Writes of this app. ``reference`` names a sale; what it is, only the caller knows."""

from apps.loyalty.services.bank import (
    amend,
    consume,
    give_back,
    refund_cards,
    release,
    reserve,
    retake,
)
from apps.loyalty.services.coupons import add_coupon, make_coupons, switch_coupon
from apps.loyalty.services.forgetting import forget_mailbox, forget_person
from apps.loyalty.services.gift_card_desk import (
    block_gift_card,
    code_of,
    end_of_card,
    issue_gift_card,
    mail_secrets,
    unblock_gift_card,
)
from apps.loyalty.services.points import earn, take_back
from apps.loyalty.services.points_care import adjust_points, expire_points, warn_of_expiry
from apps.loyalty.services.promotion_editing import (
    change_promotion,
    copy_promotion,
    create_promotion,
    switch_promotion,
)
from apps.loyalty.services.proof import report_loyalty_differences
from apps.loyalty.services.referrals import claim_referral, decide_referral, referral_code

__all__ = [
    "add_coupon",
    "adjust_points",
    "amend",
    "block_gift_card",
    "change_promotion",
    "claim_referral",
    "code_of",
    "consume",
    "copy_promotion",
    "create_promotion",
    "decide_referral",
    "earn",
    "end_of_card",
    "expire_points",
    "forget_mailbox",
    "forget_person",
    "give_back",
    "issue_gift_card",
    "mail_secrets",
    "make_coupons",
    "referral_code",
    "refund_cards",
    "release",
    "report_loyalty_differences",
    "reserve",
    "retake",
    "switch_coupon",
    "switch_promotion",
    "take_back",
    "unblock_gift_card",
    "warn_of_expiry",
]
