"""Counters of uses: a promotion's, its coupon's and its customers', always in this order.

Each is changed by one UPDATE that carries its condition, and has a CHECK constraint as well.
Whoever uses a promotion holds its row until the transaction ends, so that the rows behind it are
contested by nobody; promotions themselves are taken by id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F

from apps.loyalty.models import Coupon, CustomerUse, Promotion
from bakery.kernel.locks import sorted_unique

# %(asks)s: whether its window and switch are asked, which a promise made earlier does not need.
_TAKE_PROMOTION = """
UPDATE loyalty_promotion SET used = used + 1
WHERE id = %(id)s AND (max_uses IS NULL OR used < max_uses)
    AND (NOT %(asks)s OR (is_active AND (starts_at IS NULL OR starts_at <= %(at)s)
        AND (ends_at IS NULL OR ends_at > %(at)s)))
RETURNING coalesce(per_customer_limit, CASE WHEN first_order_only THEN 1 END)
"""
_TAKE_COUPON = """
UPDATE loyalty_coupon SET used = used + 1
WHERE id = %(id)s AND promotion_id = %(promotion)s AND (NOT %(asks)s OR is_active)
    AND (max_uses IS NULL OR used < max_uses)
"""
_TAKE_CUSTOMER = """
INSERT INTO loyalty_customeruse AS held (promotion_id, customer, used, most)
VALUES (%(promotion)s, %(customer)s, 1, %(most)s)
ON CONFLICT (promotion_id, customer) DO UPDATE SET used = held.used + 1, most = excluded.most
WHERE excluded.most IS NULL OR held.used < excluded.most
"""


@dataclass(frozen=True, slots=True)
class Use:
    """One use: of a promotion, perhaps by a coupon, by a customer under each of the keys."""

    promotion_id: int
    coupon_id: int | None
    customers: Sequence[str]


def take_use(use: Use, *, at: datetime, asks_window: bool = True) -> bool:
    """Count one use; False when a limit is reached, and then the caller must undo all of it.

    Without a known customer no limit per customer is counted: staff sell to people who leave no
    name.
    """
    with connection.cursor() as cursor:
        given: dict[str, Any] = {"id": use.promotion_id, "at": at, "asks": asks_window}
        cursor.execute(_TAKE_PROMOTION, given)
        row = cursor.fetchone()
        if row is None:
            return False
        if use.coupon_id is not None:
            given = {"id": use.coupon_id, "promotion": use.promotion_id, "asks": asks_window}
            cursor.execute(_TAKE_COUPON, given)
            if not cursor.rowcount:
                return False
        for customer in sorted(set(use.customers)):
            named: dict[str, Any] = {
                "promotion": use.promotion_id,
                "customer": customer,
                "most": row[0],
            }
            cursor.execute(_TAKE_CUSTOMER, named)
            if not cursor.rowcount:
                return False
    return True


def give_use_back(use: Use) -> None:
    """Take one use off every counter that `take_use` raised."""
    less = {"used": F("used") - 1}
    Promotion.objects.filter(pk=use.promotion_id).update(**less)
    if use.coupon_id is not None:
        Coupon.objects.filter(pk=use.coupon_id).update(**less)
    for customer in sorted(set(use.customers)):
        CustomerUse.objects.filter(promotion=use.promotion_id, customer=customer).update(**less)


def in_lock_order(uses: Sequence[Use]) -> list[Use]:
    """Return ``uses`` in the order in which their promotions must be locked."""
    by_promotion = {use.promotion_id: use for use in uses}
    return [by_promotion[pk] for pk in sorted_unique(by_promotion)]
