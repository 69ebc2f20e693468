"""What a sale holds of the bank, under its reference."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from apps.loyalty.models.gift_cards import GiftCardUse
from apps.loyalty.models.points import PointsUse
from apps.loyalty.rules.offers import CardSpend, PointsSpend
from apps.loyalty.states import SpendState


def held_on_cards(reference: str) -> Decimal:
    """Return what gift cards pay of the paid sale called ``reference`` and did not get back."""
    rows = GiftCardUse.objects.filter(reference=reference, state=SpendState.CONSUMED)
    total: Decimal | None = rows.aggregate(sum=Sum("amount"))["sum"]
    return total or Decimal(0)


@dataclass(frozen=True, slots=True)
class Held:
    """Points and gift cards that are reserved or used for a sale."""

    points: PointsSpend | None = None
    cards: tuple[CardSpend, ...] = ()


def held_by(reference: str) -> Held:
    """Return what the sale called ``reference`` has taken and not given back: two statements."""
    points = (
        PointsUse.objects.filter(reference=reference, points__gt=0)
        .exclude(state=SpendState.RELEASED)
        .values_list("account_id", "points", "amount")
        .first()
    )
    cards = (
        GiftCardUse.objects.filter(reference=reference, amount__gt=0)
        .exclude(state=SpendState.RELEASED)
        .order_by("card_id")
        .values_list("card_id", "amount")
    )
    return Held(PointsSpend(*points) if points else None, tuple(CardSpend(*row) for row in cards))
