"""What is there to sell."""

from collections.abc import Iterable

from django.db import connection

# Written out: it is part of every list of products, and building it costs more than running it.
_FREE = """
SELECT v.id, CASE WHEN s.sold_out_at IS NOT NULL THEN 0
                  WHEN NOT v.made_to_order THEN coalesce(s.on_hand - s.reserved, 0) END
FROM catalog_variant v LEFT JOIN inventory_stock s ON s.variant_id = v.id
WHERE v.id = ANY(%s)
"""


def available(variant_ids: Iterable[int]) -> dict[int, int | None]:
    """Return the free pieces of each existing variant, None for made to order: one query.

    A variant that was never stocked has 0, and so has whatever staff marked as sold out.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FREE, [list(variant_ids)])
        return dict(cursor.fetchall())
