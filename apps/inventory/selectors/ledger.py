"""Proof that balances are the sums of what made them."""

from dataclasses import dataclass

from django.db import connection

# Full joins, because a ledger without a balance is as wrong as a balance without a ledger.
_STOCK = """
SELECT 'stock', coalesce(s.variant_id, m.variant_id),
       ARRAY[coalesce(s.on_hand, 0), coalesce(s.reserved, 0)],
       ARRAY[coalesce(m.on_hand, 0), coalesce(m.reserved, 0)]
FROM inventory_stock s
FULL JOIN (SELECT variant_id, sum(delta_on_hand) AS on_hand, sum(delta_reserved) AS reserved
           FROM inventory_stockmove GROUP BY variant_id) m ON m.variant_id = s.variant_id
WHERE coalesce(s.on_hand, 0) <> coalesce(m.on_hand, 0)
   OR coalesce(s.reserved, 0) <> coalesce(m.reserved, 0)
"""
_RESERVED = """
SELECT 'reserved', coalesce(s.variant_id, r.variant_id),
       ARRAY[coalesce(s.reserved, 0)], ARRAY[coalesce(r.quantity, 0)]
FROM inventory_stock s
FULL JOIN (SELECT variant_id, sum(quantity) AS quantity FROM inventory_reservation
           JOIN inventory_hold h ON h.id = hold_id AND h.state = 'held'
           GROUP BY variant_id) r ON r.variant_id = s.variant_id
WHERE coalesce(s.reserved, 0) <> coalesce(r.quantity, 0)
"""
_SLOTS = """
SELECT 'slot', s.id, ARRAY[s.booked], ARRAY[count(h.id)]
FROM inventory_slot s
LEFT JOIN inventory_hold h ON h.slot_id = s.id AND h.state IN ('held', 'consumed')
GROUP BY s.id HAVING s.booked <> count(h.id)
"""


@dataclass(frozen=True)
class LedgerDifference:
    """A balance that its ledger does not explain.

    ``kind`` is stock (on hand, reserved against moves), reserved (against holds) or slot (booked
    against holds); ``subject`` is the id of the variant or slot.
    """

    kind: str
    subject: int
    balance: tuple[int, ...]
    ledger: tuple[int, ...]


def ledger_differences() -> list[LedgerDifference]:
    """Return every difference, in one statement so that it sees one moment; [] is good."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_STOCK} UNION ALL {_RESERVED} UNION ALL {_SLOTS} ORDER BY 1, 2")
        rows = cursor.fetchall()
    return [
        LedgerDifference(
            kind, subject, tuple(int(n) for n in balance), tuple(int(n) for n in ledger)
        )
        for kind, subject, balance, ledger in rows
    ]
