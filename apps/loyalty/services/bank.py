"""Everything that a sale takes from the bank, in one step under one reference.

Each function is a step of the caller's transaction, which must end with whatever is raised.
Locks are always taken in the same order, after those of the hold on goods: uses of promotions
by promotion, the account of points, gift cards by id.
"""

from datetime import datetime
from decimal import Decimal

from django.db import connection

from apps.loyalty.rules.offers import Buyer, Spend
from apps.loyalty.services import gift_cards, points, promotions

# Most sales take nothing from the bank: one cheap question instead of one of each of its books.
_USES = """
SELECT EXISTS (SELECT 1 FROM loyalty_redemption WHERE reference = %(reference)s)
    OR EXISTS (SELECT 1 FROM loyalty_pointsuse WHERE reference = %(reference)s)
    OR EXISTS (SELECT 1 FROM loyalty_giftcarduse WHERE reference = %(reference)s)
"""


def reserve(*, reference: str, buyer: Buyer, spend: Spend, at: datetime) -> None:
    """Keep what ``spend`` says for this sale until it is paid or given up.

    Raises `Conflict`: ``code_refused`` (details: code) when a coupon or promotion was used up in
    the meantime, ``points_short`` (details: available) or ``gift_card_short``.
    """
    _require_transaction()
    promotions.reserve(reference=reference, buyer=buyer, offers=spend.offers, at=at)
    points.reserve(reference=reference, spend=spend.points, at=at)
    gift_cards.reserve(reference=reference, cards=spend.cards, at=at)


def consume(*, reference: str, at: datetime) -> None:
    """The sale was paid: what was reserved is used. Nothing reserved, nothing done."""
    _require_transaction()
    if not _uses_anything(reference):
        return
    promotions.consume(reference=reference, at=at)
    points.consume(reference=reference, at=at)
    gift_cards.consume(reference=reference, at=at)


def release(*, reference: str, reason: str, at: datetime) -> None:
    """The sale was given up unpaid: what was reserved is free again. Twice is as once."""
    _require_transaction()
    if not _uses_anything(reference):
        return
    promotions.release(reference=reference, reason=reason, at=at)
    points.release(reference=reference, reason=reason, at=at)
    gift_cards.release(reference=reference, reason=reason, at=at)


def retake(*, reference: str, at: datetime) -> bool:
    """Use again what was released, for a sale that was paid late; False when any of it is gone.

    After False the caller must undo its transaction or savepoint.
    """
    _require_transaction()
    return not _uses_anything(reference) or (
        promotions.retake(reference=reference, at=at)
        and points.retake(reference=reference, at=at)
        and gift_cards.retake(reference=reference, at=at)
    )


def give_back(*, reference: str, reason: str, at: datetime) -> None:
    """The paid sale was called off: uses, points and gift cards' money return. Twice is as once."""
    _require_transaction()
    if not _uses_anything(reference):
        return
    promotions.give_back(reference=reference, reason=reason, at=at)
    points.give_back(reference=reference, reason=reason, at=at)
    gift_cards.give_back(reference=reference, reason=reason, at=at)


def refund_cards(*, reference: str, amount: Decimal, reason: str, at: datetime) -> Decimal:
    """Give ``amount`` of a paid sale back to the gift cards that paid it, the last one first.

    Returns what was given: less when the cards have less left in the sale. The caller sees that
    it happens once.
    """
    _require_transaction()
    return gift_cards.refund_cards(reference=reference, amount=amount, reason=reason, at=at)


def amend(*, reference: str, buyer: Buyer, spend: Spend, at: datetime) -> None:
    """The sale changed: bring what it uses to what ``spend`` says now.

    Promotions may come, go and change their amounts (a new one takes a use, one that left gives
    it back); points and gift cards may only shrink, and the rest returns. What is new has the
    state of the sale's other uses: reserved or consumed. Raises as `reserve`, and `ValueError`
    when points or cards would grow.
    """
    _require_transaction()
    promotions.amend(reference=reference, buyer=buyer, offers=spend.offers, at=at)
    points.amend(reference=reference, spend=spend.points, at=at)
    gift_cards.amend(reference=reference, cards=spend.cards, at=at)


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("a step of the bank outside a transaction could keep a part of a sale")


def _uses_anything(reference: str) -> bool:
    """Tell whether the sale ever took something; whoever asks holds the sale, so nobody adds."""
    with connection.cursor() as cursor:
        cursor.execute(_USES, {"reference": reference})
        return bool(cursor.fetchone()[0])
