"""Reads of this app."""

from apps.loyalty.rules.offers import (
    AppliedOffer,
    Buyer,
    CardSpend,
    OfferLine,
    Offers,
    PointsSpend,
    RefusedCode,
    Spend,
)
from apps.loyalty.selectors.gift_cards import (
    GiftCardView,
    card_of,
    card_rows,
    gift_card_by_code,
    gift_cards,
    store_credit,
)
from apps.loyalty.selectors.held import Held, held_by, held_on_cards
from apps.loyalty.selectors.points import (
    PointsBalance,
    account_of,
    account_rows,
    history_of,
    invitation_exists,
    lots_of,
    points_balance,
    points_for,
    points_worth,
    referral_rows,
    referrals_of,
)
from apps.loyalty.selectors.promotions import (
    answer_first_order_with,
    code_is_known,
    offers_for,
    preview_offers,
)
from apps.loyalty.selectors.proof import LoyaltyDifference, loyalty_differences
from apps.loyalty.selectors.scopes import sample_lines

__all__ = [
    "AppliedOffer",
    "Buyer",
    "CardSpend",
    "GiftCardView",
    "Held",
    "LoyaltyDifference",
    "OfferLine",
    "Offers",
    "PointsBalance",
    "PointsSpend",
    "RefusedCode",
    "Spend",
    "account_of",
    "account_rows",
    "answer_first_order_with",
    "card_of",
    "card_rows",
    "code_is_known",
    "gift_card_by_code",
    "gift_cards",
    "held_by",
    "held_on_cards",
    "history_of",
    "invitation_exists",
    "lots_of",
    "loyalty_differences",
    "offers_for",
    "points_balance",
    "points_for",
    "points_worth",
    "preview_offers",
    "referral_rows",
    "referrals_of",
    "sample_lines",
    "store_credit",
]
