"""The demo bakery's promotions: one for newcomers, one that is automatic, one from a sum on."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.catalog.models import Variant
from apps.loyalty import services
from apps.loyalty.models import Promotion
from apps.loyalty.states import PromotionKind, ThresholdBasis

_ACTOR = "system"
_CUPCAKE = "CUP-1"
# By code; "" is automatic.
_PROMOTIONS: dict[str, dict[str, Any]] = {
    "WELCOME10": {
        "name": "Welcome: 10 % off your first order",
        "kind": PromotionKind.PERCENTAGE.value,
        "value": Decimal(10),
        "first_order_only": True,
    },
    "": {
        "name": "Six cupcakes, the cheapest free",
        "kind": PromotionKind.BUY_X_GET_Y.value,
        "buy_quantity": 5,
        "get_quantity": 1,
    },
    "FIVEOFF": {
        "name": "5 off from 50",
        "kind": PromotionKind.AMOUNT.value,
        "value": Decimal(5),
        "threshold": Decimal(50),
        "threshold_basis": ThresholdBasis.AFTER.value,
    },
}


def seed_promotions(*, at: datetime) -> int:
    """Create the demo's promotions; return how many are new. One of the same name is left."""
    known = set(Promotion.objects.values_list("name", flat=True))
    product_id = Variant.objects.values_list("product_id", flat=True).filter(sku=_CUPCAKE).first()
    made = 0
    for code, values in _PROMOTIONS.items():
        if values["name"] in known or (not code and product_id is None):
            continue
        scope = {"needs_code": True} if code else {"product_ids": [product_id]}
        row = services.create_promotion(values={**values, **scope}, actor=_ACTOR, at=at)
        if code:
            services.add_coupon(promotion_id=row.pk, code=code, actor=_ACTOR, at=at)
        made += 1
    return made
