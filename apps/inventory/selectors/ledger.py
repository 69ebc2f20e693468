"""Proof that balances are the sums of what made them."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

# Full joins, because a ledger without a balance is as wrong as a balance without a ledger.
_STOCK = """
SELECT 'stock', coalesce(s.variant_id, m.variant_id), NULL::date,
       ARRAY[coalesce(s.on_hand, 0), coalesce(s.reserved, 0)],
       ARRAY[coalesce(m.on_hand, 0), coalesce(m.reserved, 0)]
FROM inventory_stock s
FULL JOIN (SELECT variant_id, sum(delta_on_hand) AS on_hand, sum(delta_reserved) AS reserved
           FROM inventory_stockmove GROUP BY variant_id) m ON m.variant_id = s.variant_id
WHERE coalesce(s.on_hand, 0) <> coalesce(m.on_hand, 0)
   OR coalesce(s.reserved, 0) <> coalesce(m.reserved, 0)
"""
_RESERVED = """
SELECT 'reserved', coalesce(s.variant_id, r.variant_id), NULL,
       ARRAY[coalesce(s.reserved, 0)], ARRAY[coalesce(r.quantity, 0)]
FROM inventory_stock s
FULL JOIN (SELECT variant_id, sum(quantity) AS quantity FROM inventory_reservation
           JOIN inventory_hold h ON h.id = hold_id AND h.state = 'held'
           WHERE day IS NULL GROUP BY variant_id) r ON r.variant_id = s.variant_id
WHERE coalesce(s.reserved, 0) <> coalesce(r.quantity, 0)
"""
_DATED = """
SELECT 'dated', coalesce(s.variant_id, m.variant_id), coalesce(s.day, m.day),
       ARRAY[coalesce(s.on_hand, 0), coalesce(s.reserved, 0)],
       ARRAY[coalesce(m.on_hand, 0), coalesce(m.reserved, 0)]
FROM inventory_datedstock s
FULL JOIN (SELECT variant_id, day, sum(delta_on_hand) AS on_hand, sum(delta_reserved) AS reserved
           FROM inventory_datedstockmove GROUP BY variant_id, day) m
  ON m.variant_id = s.variant_id AND m.day = s.day
WHERE coalesce(s.on_hand, 0) <> coalesce(m.on_hand, 0)
   OR coalesce(s.reserved, 0) <> coalesce(m.reserved, 0)
"""
_DATED_RESERVED = """
SELECT 'dated_reserved', coalesce(s.variant_id, r.variant_id), coalesce(s.day, r.day),
       ARRAY[coalesce(s.reserved, 0)], ARRAY[coalesce(r.quantity, 0)]
FROM inventory_datedstock s
FULL JOIN (SELECT variant_id, day, sum(quantity) AS quantity FROM inventory_reservation
           JOIN inventory_hold h ON h.id = hold_id AND h.state = 'held'
           WHERE day IS NOT NULL GROUP BY variant_id, day) r
  ON r.variant_id = s.variant_id AND r.day = s.day
WHERE coalesce(s.reserved, 0) <> coalesce(r.quantity, 0)
"""
_SLOTS = """
SELECT 'slot', s.id, NULL, s.counted, h.counted
FROM (SELECT id, ARRAY[booked, pieces_booked, oven_booked, decorator_booked]::bigint[] AS counted
      FROM inventory_slot) s
JOIN (SELECT s.id, ARRAY[count(h.id), coalesce(sum(h.pieces), 0),
             coalesce(sum(h.oven_minutes), 0), coalesce(sum(h.decorator_minutes), 0)]::bigint[]
             AS counted
      FROM inventory_slot s
      LEFT JOIN inventory_hold h ON h.slot_id = s.id AND h.state IN ('held', 'consumed')
      GROUP BY s.id) h ON h.id = s.id
WHERE s.counted <> h.counted
"""
_PROOF = " UNION ALL ".join((_STOCK, _RESERVED, _DATED, _DATED_RESERVED, _SLOTS))


@dataclass(frozen=True)
class LedgerDifference:
    """A balance that its ledger does not explain.

    ``kind`` is stock (on hand, reserved against moves), reserved (against holds), dated and
    dated_reserved (the same of stock by ``day``) or slot (orders, pieces, oven minutes, decorator
    minutes booked against holds); ``subject`` is the id of the variant or slot.
    """

    kind: str
    subject: int
    balance: tuple[int, ...]
    ledger: tuple[int, ...]
    day: date | None = None


def ledger_differences() -> list[LedgerDifference]:
    """Return every difference, in one statement so that it sees one moment; [] is good."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_PROOF} ORDER BY 1, 2, 3")
        rows = cursor.fetchall()
    return [
        LedgerDifference(
            kind, subject, tuple(int(n) for n in balance), tuple(int(n) for n in ledger), day
        )
        for kind, subject, day, balance, ledger in rows
    ]
