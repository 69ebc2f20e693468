"""What is asked of promotions, and what they answer: shared by rules, selectors and services."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class OfferLine:
    """A line of a basket as promotions see it; ``unit_price`` as the shop writes prices."""

    variant_id: int
    product_id: int
    category_id: int | None
    unit_price: Decimal
    quantity: int

    @property
    def amount(self) -> Decimal:
        """Its sum before any discount."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys: an account, or a guest's mailbox. Limits per customer count either."""

    user_id: int | None
    email: str

    @property
    def is_known(self) -> bool:
        """Tell whether limits per customer can be judged already."""
        return self.user_id is not None or bool(self.email)


@dataclass(frozen=True, slots=True)
class AppliedOffer:
    """A promotion that holds: ``amounts`` is what it takes off each line, in the basket's order.

    ``coupon_id`` and ``code`` name the coupon that brought it; None and "" for automatic ones.
    """

    promotion_id: int
    coupon_id: int | None
    code: str
    label: str
    amounts: tuple[Decimal, ...]

    @property
    def amount(self) -> Decimal:
        """All that it takes off."""
        return sum(self.amounts, Decimal(0))


@dataclass(frozen=True, slots=True)
class RefusedCode:
    """A code that does not hold for this basket: ``reason`` is a stable code, with words."""

    code: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Offers:
    """Everything that promotions do to a basket, in the order in which it was applied."""

    applied: tuple[AppliedOffer, ...] = ()
    refused: tuple[RefusedCode, ...] = ()

    def discounts(self, count: int) -> list[Decimal]:
        """Return what they take off each of the basket's ``count`` lines together."""
        return [
            sum((offer.amounts[index] for offer in self.applied), Decimal(0))
            for index in range(count)
        ]


@dataclass(frozen=True, slots=True)
class PointsSpend:
    """Points of an account that pay ``amount`` of a sale."""

    user_id: int
    points: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CardSpend:
    """What a gift card pays of a sale."""

    card_id: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Spend:
    """All that is taken from the bank for one sale."""

    offers: Sequence[AppliedOffer] = ()
    points: PointsSpend | None = None
    cards: Sequence[CardSpend] = ()
