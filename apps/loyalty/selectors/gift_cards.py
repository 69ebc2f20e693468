"""Gift cards; their codes are kept as digests."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bakery.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class GiftCardView:
    """A card that can pay: ``label`` is its last characters, ``balance`` what is free on it."""

    id: int
    label: str
    balance: Decimal
    currency: str


def gift_card_by_code(code: str, *, at: datetime) -> GiftCardView:
    """Return the card of ``code``; raise `Invalid` ``code_refused``, whatever is wrong with it."""
    raise Invalid("code_refused", "This code cannot be used.")


def gift_cards(ids: Iterable[int], *, at: datetime) -> list[GiftCardView]:
    """Return those of the cards that can pay now, in the order of their ids."""
    return []
