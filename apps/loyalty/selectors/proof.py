"""Whether points and gift cards are what their ledgers say."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

_BALANCE = """
SELECT 'balance', a.user_id, a.balance, coalesce(m.total, 0) FROM loyalty_pointsaccount a
LEFT JOIN (SELECT account_id, sum(delta) AS total FROM loyalty_pointsmove GROUP BY account_id) m
  ON m.account_id = a.user_id WHERE a.balance <> coalesce(m.total, 0)
"""
_DEBT = """
SELECT 'debt', a.user_id, a.debt, coalesce(m.total, 0) FROM loyalty_pointsaccount a
LEFT JOIN (SELECT account_id, sum(delta_debt) AS total FROM loyalty_pointsmove GROUP BY account_id)
  m ON m.account_id = a.user_id WHERE a.debt <> coalesce(m.total, 0)
"""
_LOTS = """
SELECT 'lots', a.user_id, a.balance, coalesce(l.total, 0) FROM loyalty_pointsaccount a
LEFT JOIN (SELECT account_id, sum(remaining) AS total FROM loyalty_pointslot GROUP BY account_id) l
  ON l.account_id = a.user_id WHERE a.balance <> coalesce(l.total, 0)
"""
_LOT = """
SELECT 'lot', l.id, l.remaining, coalesce(m.total, 0) FROM loyalty_pointslot l
LEFT JOIN (SELECT lot_id, sum(delta) AS total FROM loyalty_pointsmove GROUP BY lot_id) m
  ON m.lot_id = l.id WHERE l.remaining <> coalesce(m.total, 0)
"""
_USE = """
SELECT 'use', u.id, CASE WHEN u.state = 'released' THEN 0 ELSE u.points END,
       coalesce(-m.total, 0)
FROM loyalty_pointsuse u
LEFT JOIN (SELECT use_id, sum(delta) AS total FROM loyalty_pointsmove GROUP BY use_id) m
  ON m.use_id = u.id
WHERE CASE WHEN u.state = 'released' THEN 0 ELSE u.points END <> coalesce(-m.total, 0)
"""
_CARD = """
SELECT 'card', c.id, c.balance, coalesce(m.total, 0) FROM loyalty_giftcard c
LEFT JOIN (SELECT card_id, sum(delta) AS total FROM loyalty_giftcardmove GROUP BY card_id) m
  ON m.card_id = c.id WHERE c.balance <> coalesce(m.total, 0)
"""
_CARD_USE = """
SELECT 'card_use', u.id, CASE WHEN u.state = 'released' THEN 0 ELSE u.amount END,
       coalesce(-m.total, 0)
FROM loyalty_giftcarduse u
LEFT JOIN (SELECT use_id, sum(delta) AS total FROM loyalty_giftcardmove GROUP BY use_id) m
  ON m.use_id = u.id
WHERE CASE WHEN u.state = 'released' THEN 0 ELSE u.amount END <> coalesce(-m.total, 0)
"""
_PROOF = " UNION ALL ".join((_BALANCE, _DEBT, _LOTS, _LOT, _USE, _CARD, _CARD_USE))


@dataclass(frozen=True)
class LoyaltyDifference:
    """A number that its ledger does not explain.

    ``kind`` is balance, debt or lots (of the account ``subject``), lot, use, card or card_use
    (its id).
    """

    kind: str
    subject: int
    stored: Decimal
    ledger: Decimal


def loyalty_differences() -> list[LoyaltyDifference]:
    """Return every difference, in one statement so that it sees one moment; [] is good."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_PROOF} ORDER BY 1, 2")
        return [LoyaltyDifference(*row) for row in cursor.fetchall()]
