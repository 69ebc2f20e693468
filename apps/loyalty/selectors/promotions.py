"""Which promotions hold for a basket, and what they take off."""

from collections.abc import Collection, Sequence
from datetime import datetime

from apps.loyalty.rules.offers import Buyer, OfferLine, Offers


def offers_for(
    lines: Sequence[OfferLine],
    *,
    codes: Sequence[str],
    buyer: Buyer | None,
    at: datetime,
    keep: Collection[int] = (),
) -> Offers:
    """Return what automatic promotions and the coupons behind ``codes`` take off ``lines``.

    ``buyer`` None: limits per customer are not judged yet. ``keep`` are promotions that this
    sale holds already (an edit): their windows and limits are not asked again. Changes nothing;
    `services.reserve` takes the uses and may still find one gone.
    """
    return Offers()


def code_is_known(code: str, *, at: datetime) -> bool:
    """Tell whether ``code`` belongs to a coupon that could be used now by somebody."""
    return False
