"""What is there to sell."""

from collections.abc import Iterable
from datetime import date

from django.db import connection

# Written out: it is part of every list of products, and building it costs more than running it.
_FREE = """
SELECT v.id, CASE WHEN s.sold_out_at IS NOT NULL THEN 0
                  WHEN NOT v.made_to_order THEN greatest(
                    coalesce(s.on_hand - s.reserved, 0),
                    (SELECT max(d.on_hand - d.reserved) FROM inventory_datedstock d
                     WHERE d.variant_id = v.id AND d.closed_at IS NULL)) END
FROM catalog_variant v LEFT JOIN inventory_stock s ON s.variant_id = v.id
WHERE v.id = ANY(%s)
"""
_FREE_ON = """
SELECT v.id, CASE WHEN s.sold_out_at IS NOT NULL THEN 0
                  WHEN d.id IS NOT NULL THEN d.on_hand - d.reserved
                  WHEN NOT v.made_to_order THEN coalesce(s.on_hand - s.reserved, 0) END
FROM catalog_variant v LEFT JOIN inventory_stock s ON s.variant_id = v.id
LEFT JOIN inventory_datedstock d
  ON d.variant_id = v.id AND d.day = %s AND d.closed_at IS NULL
WHERE v.id = ANY(%s)
"""


def available(variant_ids: Iterable[int]) -> dict[int, int | None]:
    """Return the pieces that one order can have at most of each existing variant: one query.

    That is what is free of the undated stock, or of the best day where days have a stock of their
    own (`available_on` tells of one day). None means that nothing counts it: made to order. A
    variant that was never stocked has 0, and so has whatever staff marked as sold out.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FREE, [list(variant_ids)])
        return dict(cursor.fetchall())


def available_on(variant_ids: Iterable[int], *, day: date | None) -> dict[int, int | None]:
    """Return the pieces that an order picked up on ``day`` can have of each variant: one query.

    As `available`, but a variant with stock of that day has what is free of that and nothing else,
    also when it is made to order. ``day`` None asks for the undated stock alone.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FREE_ON, [day, list(variant_ids)])
        return dict(cursor.fetchall())
