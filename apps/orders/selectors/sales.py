"""What a sale costs here and now: the rule of prices, with place and bank filled in."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any

from django.conf import settings

from apps.catalog.selectors import SellableVariant
from apps.catalog.states import Packaging
from apps.loyalty import selectors as loyalty
from apps.loyalty.selectors import (
    Buyer,
    CardSpend,
    GiftCardView,
    OfferLine,
    Offers,
    PointsSpend,
    Spend,
)
from apps.orders.models import OrderLine
from apps.orders.rules.pricing import (
    Place,
    Priceable,
    Reductions,
    Totals,
    price_sale,
)
from bakery.kernel import clock
from bakery.kernel.money import quantum, round_money

# The scale of the columns.
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Good:
    """A line of a sale: what is priced, and by what promotions know it.

    The price of one that is ``agreed`` was made with its customer: no promotion changes it.
    """

    variant_id: int
    product_id: int
    category_id: int | None
    priceable: Priceable
    agreed: bool = False

    @classmethod
    def of_variant(cls, variant: SellableVariant, quantity: int, *, agreed: bool = False) -> "Good":
        """Return ``quantity`` of a variant at today's price."""
        priceable = _priceable(variant, quantity)
        return cls(variant.id, variant.product_id, variant.category_id, priceable, agreed)

    @classmethod
    def of_line(cls, line: OrderLine, quantity: int) -> "Good":
        """Return ``quantity`` of what an order's line sold, at the price it was sold at."""
        priceable = Priceable(
            line.unit_price, quantity, line.tax_class, line.pieces, line.weight_g, line.prepackaged
        )
        return cls(line.variant_id, line.product_id, line.category_id, priceable, line.is_private)


@dataclass(frozen=True)
class Wishes:
    """What the customer wants to use, and what this sale uses already.

    Codes of coupons, how many points of whose account, gift cards by id. For a sale that is
    changed, ``keep`` are the promotions it holds, ``points_held`` and ``cards_held`` what it took:
    these can only shrink, and ``points`` and ``card_ids`` are not looked at.
    """

    codes: Sequence[str] = ()
    points: int = 0
    card_ids: Sequence[int] = ()
    keep: Collection[int] = ()
    points_held: PointsSpend | None = None
    cards_held: Sequence[CardSpend] | None = None


@dataclass(frozen=True)
class SaleQuote:
    """The totals of a sale, what it takes from the bank for them, and codes that do not hold.

    ``cards`` are the gift cards that can pay, each for its part of ``totals.gift_cards``;
    ``points_available`` is what the account has, None when no points were asked for.
    """

    totals: Totals
    spend: Spend
    offers: Offers
    cards: tuple[GiftCardView, ...] = ()
    points_available: int | None = None
    points_wanted: int = 0

    @property
    def goods_due(self) -> Decimal:
        """What the goods cost after promotions, before points: thresholds of delivery ask it."""
        return self.totals.goods_total - self.totals.discount_total + self.points_total

    @property
    def points_total(self) -> Decimal:
        """What points pay."""
        return self.spend.points.amount if self.spend.points else Decimal(0)

    @property
    def points_short(self) -> bool:
        """Tell whether the account has fewer points than are wanted and could pay."""
        if self.points_available is None:
            return False
        used = self.spend.points.points if self.spend.points else 0
        return used == self.points_available < self.points_useful

    @property
    def points_useful(self) -> int:
        """How many points are wanted and could pay for these goods, if they were there."""
        return min(self.points_wanted, loyalty.points_for(self.goods_due))

    def as_json(self) -> dict[str, Any]:
        """Return the breakdown, as it is sent: money as text with its cents."""
        totals = self.totals
        return {
            "goods_total": str(totals.goods_total),
            "discount_total": str(totals.discount_total),
            "adjustments": self.adjustments(),
            "delivery_fee": str(totals.delivery_fee),
            "subtotal": str(totals.subtotal),
            "taxes": [share.as_json() for share in totals.taxes],
            "tax_total": str(totals.tax_total),
            "total": str(totals.total),
            "gift_card_total": str(totals.gift_card_total),
            "due": str(totals.due),
            "codes_refused": [asdict(code) for code in self.offers.refused],
        }

    def columns(self) -> dict[str, Any]:
        """Return the sums as the columns of an order that is sold for them."""
        totals = self.totals
        return {
            "discount_total": totals.discount_total.quantize(_CENT),
            "adjustments": self.adjustments(),
            "points_spent": self.spend.points.points if self.spend.points else 0,
            "subtotal": totals.subtotal,
            "tax_total": totals.tax_total,
            "total": totals.total,
            "gift_card_total": totals.gift_card_total.quantize(_CENT),
            "paid_total": Decimal(0).quantize(_CENT),
            "refunded_total": Decimal(0).quantize(_CENT),
            "delivery_fee": totals.delivery_fee.quantize(_CENT),
            "delivery_tax": totals.delivery_tax.quantize(_CENT),
            "delivery_taxes": [share.as_json() for share in totals.delivery_taxes],
        }

    def adjustments(self) -> list[dict[str, str | int | None]]:
        """Return what lowered the price, as it is stored and shown: kind, label, code, amount."""
        rows: list[dict[str, str | int | None]] = [
            {
                "kind": "coupon" if offer.code else "promotion",
                "label": offer.label,
                "code": offer.code,
                "promotion_id": offer.promotion_id,
                "amount": str(offer.amount),
            }
            for offer in self.offers.applied
        ]
        if self.spend.points:
            spend = self.spend.points
            label = f"{spend.points} points"
            rows.append(
                {
                    "kind": "points",
                    "label": label,
                    "code": "",
                    "promotion_id": None,
                    "amount": str(spend.amount),
                }
            )
        return rows


def place_of_sale(*, at: datetime) -> Place:
    """Return the place whose tax holds, on the shop's date of ``at``."""
    return Place(
        settings.SHOP_CURRENCY,
        settings.SHOP_COUNTRY,
        settings.SHOP_REGION,
        clock.shop_date(at),
        prices_include_tax=settings.SHOP_PRICES_INCLUDE_TAX,
        local=settings.SHOP_TAX_LOCAL,
    )


def quote_sale(
    goods: Sequence[Good],
    *,
    at: datetime,
    wishes: Wishes | None = None,
    buyer: Buyer | None = None,
    fee_of: Callable[[Decimal], Decimal] | None = None,
) -> SaleQuote:
    """Return what ``goods`` cost ``buyer`` (None: nobody in particular yet), and why.

    ``fee_of`` gives the delivery fee for what the goods cost after promotions.
    Points and gift cards are used as far as they are there and as there is something to pay.
    Nothing is taken; what was promised here may be gone when it is.
    """
    wishes = wishes or Wishes()
    lines = [_offer_line(good) for good in goods]
    open_lines = [line for line, good in zip(lines, goods, strict=True) if not good.agreed]
    offers = loyalty.offers_for(
        open_lines, codes=wishes.codes, buyer=buyer, at=at, keep=wishes.keep
    )
    taken_off = iter(offers.discounts(len(open_lines)))
    discounts = [Decimal(0) if good.agreed else next(taken_off) for good in goods]
    goods_due = sum((line.amount for line in lines), Decimal(0)) - sum(discounts, Decimal(0))
    available = _points_available(wishes, buyer, at=at)
    points = _points(wishes, buyer, goods_due, available)
    views, cards = _cards(wishes, at=at)
    totals = price_sale(
        [good.priceable for good in goods],
        place_of_sale(at=at),
        Reductions(
            discounts,
            points.amount if points else Decimal(0),
            fee_of(goods_due) if fee_of else Decimal(0),
            [card.amount for card in cards],
        ),
    )
    used = [
        CardSpend(card.card_id, paid)
        for card, paid in zip(cards, totals.gift_cards, strict=True)
        if paid
    ]
    return SaleQuote(
        totals, Spend(offers.applied, points, used), offers, views, available, wishes.points
    )


def _points_available(wishes: Wishes, buyer: Buyer | None, *, at: datetime) -> int | None:
    if not wishes.points or wishes.points_held is not None:
        return None
    if buyer is None or buyer.user_id is None:
        return 0
    return loyalty.points_balance(buyer.user_id, at=at).spendable


def _points(
    wishes: Wishes, buyer: Buyer | None, goods_due: Decimal, available: int | None
) -> PointsSpend | None:
    if wishes.points_held is not None:
        user_id, most = wishes.points_held.user_id, wishes.points_held.points
    elif available and buyer is not None and buyer.user_id is not None:
        user_id, most = buyer.user_id, min(wishes.points, available)
    else:
        return None
    points = min(most, loyalty.points_for(goods_due))
    if points <= 0:
        return None
    amount = round_money(loyalty.points_worth(points), settings.SHOP_CURRENCY)
    return PointsSpend(user_id, points, min(amount, goods_due))


def _cards(wishes: Wishes, *, at: datetime) -> tuple[tuple[GiftCardView, ...], Sequence[CardSpend]]:
    """Return the cards with what each could pay; held ones are not looked up."""
    if wishes.cards_held is not None:
        return (), wishes.cards_held
    if not wishes.card_ids:
        return (), ()
    cards = tuple(loyalty.gift_cards(wishes.card_ids, at=at))
    # Whole cents of what is on a card, never more than it has.
    step = quantum(settings.SHOP_CURRENCY)
    return cards, [
        CardSpend(card.id, card.balance.quantize(step, rounding=ROUND_DOWN)) for card in cards
    ]


def _offer_line(good: Good) -> OfferLine:
    line = good.priceable
    return OfferLine(
        good.variant_id, good.product_id, good.category_id, line.unit_price, line.quantity
    )


def _priceable(variant: SellableVariant, quantity: int) -> Priceable:
    return Priceable(
        variant.price,
        quantity,
        variant.tax_class,
        variant.pieces,
        variant.weight_g,
        variant.packaging == Packaging.PREPACKAGED,
    )
