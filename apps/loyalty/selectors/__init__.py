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
from apps.loyalty.selectors.gift_cards import GiftCardView, gift_card_by_code, gift_cards
from apps.loyalty.selectors.points import (
    PointsBalance,
    points_balance,
    points_for,
    points_worth,
)
from apps.loyalty.selectors.promotions import (
    answer_first_order_with,
    code_is_known,
    offers_for,
    preview_offers,
)
from apps.loyalty.selectors.scopes import sample_lines

__all__ = [
    "AppliedOffer",
    "Buyer",
    "CardSpend",
    "GiftCardView",
    "OfferLine",
    "Offers",
    "PointsBalance",
    "PointsSpend",
    "RefusedCode",
    "Spend",
    "answer_first_order_with",
    "code_is_known",
    "gift_card_by_code",
    "gift_cards",
    "offers_for",
    "points_balance",
    "points_for",
    "points_worth",
    "preview_offers",
    "sample_lines",
]
