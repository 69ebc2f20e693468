"""What a sale costs here and now: the rule of prices, with place and bank filled in."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings

from apps.catalog.selectors import SellableVariant
from apps.catalog.states import Packaging
from apps.loyalty import selectors as loyalty
from apps.loyalty.selectors import Buyer, CardSpend, OfferLine, Offers, PointsSpend, Spend
from apps.orders.models import OrderLine
from apps.orders.rules.pricing import (
    Place,
    Priceable,
    Reductions,
    Totals,
    price_lines,
    price_sale,
)
from bakery.kernel import clock
from bakery.kernel.money import round_money


@dataclass(frozen=True)
class Good:
    """A line of a sale: what is priced, and by what promotions know it."""

    variant_id: int
    product_id: int
    category_id: int | None
    priceable: Priceable

    @classmethod
    def of_variant(cls, variant: SellableVariant, quantity: int) -> "Good":
        """Return ``quantity`` of a variant at today's price."""
        return cls(
            variant.id, variant.product_id, variant.category_id, _priceable(variant, quantity)
        )

    @classmethod
    def of_line(cls, line: OrderLine, quantity: int) -> "Good":
        """Return ``quantity`` of what an order's line sold, at the price it was sold at."""
        priceable = Priceable(
            line.unit_price, quantity, line.tax_class, line.pieces, line.weight_g, line.prepackaged
        )
        return cls(line.variant_id, line.product_id, line.category_id, priceable)


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
    """The totals of a sale, what it takes from the bank for them, and codes that do not hold."""

    totals: Totals
    spend: Spend
    offers: Offers

    @property
    def points_total(self) -> Decimal:
        """What points pay."""
        return self.spend.points.amount if self.spend.points else Decimal(0)

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


def price_goods(goods: Iterable[tuple[SellableVariant, int]], *, at: datetime) -> Totals:
    """Return the totals of ``goods``, each with how many of it, with nothing taken off."""
    return price_lines(
        [_priceable(variant, quantity) for variant, quantity in goods], place_of_sale(at=at)
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
    offers = loyalty.offers_for(lines, codes=wishes.codes, buyer=buyer, at=at, keep=wishes.keep)
    discounts = offers.discounts(len(lines))
    goods_due = sum((line.amount for line in lines), Decimal(0)) - sum(discounts, Decimal(0))
    points = _points(wishes, buyer, goods_due, at=at)
    cards = _cards(wishes, at=at)
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
    return SaleQuote(totals, Spend(offers.applied, points, used), offers)


def _points(
    wishes: Wishes, buyer: Buyer | None, goods_due: Decimal, *, at: datetime
) -> PointsSpend | None:
    if wishes.points_held is not None:
        user_id, most = wishes.points_held.user_id, wishes.points_held.points
    elif wishes.points and buyer is not None and buyer.user_id is not None:
        user_id = buyer.user_id
        most = min(wishes.points, loyalty.points_balance(user_id, at=at).spendable)
    else:
        return None
    points = min(most, loyalty.points_for(goods_due))
    if points <= 0:
        return None
    amount = round_money(loyalty.points_worth(points), settings.SHOP_CURRENCY)
    return PointsSpend(user_id, points, min(amount, goods_due))


def _cards(wishes: Wishes, *, at: datetime) -> Sequence[CardSpend]:
    """Return the cards with what each could pay."""
    if wishes.cards_held is not None:
        return wishes.cards_held
    if not wishes.card_ids:
        return ()
    cards = loyalty.gift_cards(wishes.card_ids, at=at)
    return [CardSpend(card.id, card.balance) for card in cards]


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
