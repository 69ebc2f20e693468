"""Gift cards; their codes are kept as digests."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from apps.loyalty.models import GiftCard
from apps.loyalty.rules.gift_codes import GIFT_LENGTH, digest_of, read_code
from apps.loyalty.states import CardState
from bakery.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class GiftCardView:
    """A card that can pay: ``label`` is its last characters, ``balance`` what is free on it.

    ``user_id`` is whose store credit it is, None for a card that whoever has its code may use.
    """

    id: int
    label: str
    balance: Decimal
    currency: str
    user_id: int | None = None
    expires_at: datetime | None = None


def gift_card_by_code(code: str, *, at: datetime, user_id: int | None = None) -> GiftCardView:
    """Return the card of ``code``; raise `Invalid` ``code_refused``, whatever is wrong with it.

    Store credit is found only for the account ``user_id`` that it belongs to.
    """
    text = read_code(code, length=GIFT_LENGTH)
    card = None
    if text:
        digest = digest_of(text, key=code_key())
        card = _payable(at).filter(digest=digest).first()
    if card is None or card.user_id not in (None, user_id):
        raise Invalid("code_refused", "This code cannot be used.")
    return _view(card)


def gift_cards(ids: Iterable[int], *, at: datetime) -> list[GiftCardView]:
    """Return those of the cards that can pay now, in the order of their ids."""
    wanted = set(ids)
    if not wanted:
        return []
    return [_view(card) for card in _payable(at).filter(pk__in=wanted).order_by("pk")]


def store_credit(user_id: int, *, at: datetime) -> list[GiftCardView]:
    """Return an account's own cards that can pay now, those that end first in front."""
    rows = _payable(at).filter(user_id=user_id).order_by("expires_at", "pk")
    return [_view(card) for card in rows]


def code_key() -> str:
    """Return the key of codes and their digests; replacing it makes every code unreadable."""
    return str(settings.FINGERPRINT_KEY or settings.SECRET_KEY)


def card_rows() -> QuerySet[Any]:
    """Return all cards, newest first, with owner and number of sales, for staff."""
    return (
        GiftCard.objects.select_related("user")
        .annotate(sales=Count("uses", filter=Q(uses__amount__gt=0)))
        .order_by("-pk")
    )


def card_of(card_id: int) -> Any:
    """Return one row of `card_rows`, None when there is none."""
    return card_rows().filter(pk=card_id).first()


def _payable(at: datetime) -> QuerySet[GiftCard]:
    return GiftCard.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=at),
        state=CardState.ACTIVE,
        balance__gt=0,
        currency=settings.SHOP_CURRENCY,
    )


def _view(card: GiftCard) -> GiftCardView:
    return GiftCardView(
        card.pk, f"…{card.last4}", card.balance, card.currency, card.user_id, card.expires_at
    )
