"""Gift cards in a sale: taken, kept, given back.

A card's money changes by one conditional UPDATE each time; cards are changed in the order of
their ids. A card that ended while an order held its money lives on for LOYALTY_GRACE_DAYS when
the money returns.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import F, Q

from apps.loyalty.models import GiftCard, GiftCardMove, GiftCardUse
from apps.loyalty.rules.offers import CardSpend
from apps.loyalty.states import SPEND_LIFE, CardMoveKind, CardState, SpendState
from bakery.kernel.errors import Conflict
from bakery.kernel.locks import locked
from bakery.kernel.states import transition

SYSTEM = "system"


def reserve(*, reference: str, cards: Sequence[CardSpend], at: datetime) -> None:
    """See `bank.reserve`."""
    for spend in sorted(cards, key=lambda card: card.card_id):
        if spend.amount <= 0:
            continue
        if not take_money(spend.card_id, spend.amount, at=at):
            raise Conflict(
                "gift_card_short",
                "A gift card has less on it by now. Look at the total again.",
                details={"card_id": spend.card_id},
            )
        use = GiftCardUse.objects.create(
            reference=reference, card_id=spend.card_id, amount=spend.amount, created_at=at
        )
        _write(use, CardMoveKind.RESERVE, -spend.amount, at=at)


def consume(*, reference: str, at: datetime) -> None:
    """See `bank.consume`."""
    for use in _uses(reference):
        if use.state == SpendState.RELEASED:
            raise Conflict("not_reserved", "This gift card was given back: take it again first.")
        if use.state == SpendState.RESERVED:
            _move_to(use, SpendState.CONSUMED, at=at)


def release(*, reference: str, reason: str, at: datetime) -> None:
    """See `bank.release`."""
    _return(reference, SpendState.RESERVED, CardMoveKind.RELEASE, reason=reason, at=at)


def give_back(*, reference: str, reason: str, at: datetime) -> None:
    """See `bank.give_back`."""
    _return(reference, SpendState.CONSUMED, CardMoveKind.GIVE_BACK, reason=reason, at=at)


def refund_cards(*, reference: str, amount: Decimal, reason: str, at: datetime) -> Decimal:
    """See `bank.refund_cards`."""
    given = Decimal(0)
    for use in reversed(_uses(reference)):
        part = min(use.amount, amount - given)
        if use.state != SpendState.CONSUMED or part <= 0:
            continue
        use.amount, use.turn = use.amount - part, use.turn + 1
        use.save(update_fields=["amount", "turn"])
        _give(use, CardMoveKind.GIVE_BACK, part, reason=reason, at=at)
        given += part
    return given


def retake(*, reference: str, at: datetime) -> bool:
    """See `bank.retake`."""
    for use in _uses(reference):
        if use.state == SpendState.CONSUMED:
            continue
        again = use.state == SpendState.RELEASED and use.amount > 0
        if again and not take_money(use.card_id, use.amount, at=at):
            return False
        _move_to(use, SpendState.CONSUMED, at=at)
        if again:
            _write(use, CardMoveKind.RETAKE, -use.amount, at=at)
    return True


def amend(*, reference: str, cards: Sequence[CardSpend], at: datetime) -> None:
    """See `bank.amend`."""
    wanted: dict[int, Decimal] = {}
    for spend in cards:
        wanted[spend.card_id] = wanted.get(spend.card_id, Decimal(0)) + spend.amount
    uses = _uses(reference)
    if set(wanted) - {use.card_id for use in uses}:
        raise ValueError("an edit cannot begin to use a gift card")
    for use in uses:
        rest = wanted.get(use.card_id, Decimal(0))
        if rest > use.amount:
            raise ValueError("an edit cannot use more of a gift card")
        if rest == use.amount:
            continue
        if use.state == SpendState.RELEASED:
            raise Conflict("not_reserved", "This gift card was given back already.")
        returned = use.amount - rest
        use.amount, use.turn = rest, use.turn + 1
        use.save(update_fields=["amount", "turn"])
        _give(use, CardMoveKind.AMEND, returned, reason="the order changed", at=at)


def take_money(card_id: int, amount: Decimal, *, at: datetime) -> bool:
    """Take ``amount`` from a card that can pay it; False changes nothing."""
    return bool(
        GiftCard.objects.filter(
            Q(expires_at=None) | Q(expires_at__gt=at),
            pk=card_id,
            balance__gte=amount,
            state=CardState.ACTIVE,
            currency=settings.SHOP_CURRENCY,
        ).update(balance=F("balance") - amount)
    )


def _uses(reference: str) -> list[GiftCardUse]:
    """Lock the uses of a sale; their order is that of the cards."""
    rows = {row.card_id: row for row in locked(GiftCardUse.objects.filter(reference=reference))}
    return [rows[card_id] for card_id in sorted(rows)]


def _move_to(use: GiftCardUse, to: SpendState, *, at: datetime) -> None:
    transition(use, machine=SPEND_LIFE, to=to, actor=SYSTEM, at=at, turn=use.turn + 1)


def _return(
    reference: str, held: SpendState, kind: CardMoveKind, *, reason: str, at: datetime
) -> None:
    for use in _uses(reference):
        if use.state == held:
            _move_to(use, SpendState.RELEASED, at=at)
            _give(use, kind, use.amount, reason=reason, at=at)


def _give(
    use: GiftCardUse, kind: CardMoveKind, amount: Decimal, *, reason: str, at: datetime
) -> None:
    """Return money to its card, also to one that is blocked."""
    if amount <= 0:
        return
    card = GiftCard.objects.filter(pk=use.card_id)
    card.update(balance=F("balance") + amount)
    grace = at + timedelta(days=settings.LOYALTY_GRACE_DAYS)
    card.filter(expires_at__lte=at).update(expires_at=grace)
    _write(use, kind, amount, reason=reason, at=at)


def _write(
    use: GiftCardUse, kind: CardMoveKind, delta: Decimal, *, at: datetime, reason: str = ""
) -> None:
    GiftCardMove.objects.create(
        card_id=use.card_id,
        use=use,
        kind=kind,
        delta=delta,
        ref=use.move_ref,
        note=reason[:300],
        actor=SYSTEM,
        at=at,
    )
