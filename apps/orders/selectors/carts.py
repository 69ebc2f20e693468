"""A cart as its owner sees it, priced now."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings

from apps.catalog import selectors as catalog
from apps.catalog.selectors import SellableVariant
from apps.inventory import selectors as stock
from apps.loyalty.selectors import Buyer
from apps.orders.models import Cart, CartLine
from apps.orders.rules.breakdown import Sums
from apps.orders.rules.checks import LineProblem, WantedLine, check_lines, demand
from apps.orders.rules.pricing import PricedLine
from apps.orders.rules.tax import LevyShare
from apps.orders.selectors.deposits import DepositOffer, deposit_offered
from apps.orders.selectors.sales import Good, SaleQuote, Wishes, quote_sale
from bakery.kernel.errors import NotFound

_ZERO = Decimal(0)


@dataclass(frozen=True)
class CartLineView:
    """A line of a cart; without a price when the variant is no longer sold."""

    id: int
    variant_id: int
    product_name: str
    variant_name: str
    quantity: int
    message: str
    message_max_length: int
    unit_price: Decimal | None
    line_total: Decimal | None
    discount: Decimal
    tax_note: str
    problem: LineProblem | None


@dataclass(frozen=True)
class CartCode:
    """A coupon's code in a cart: ``label`` and ``amount`` when it holds, else why it does not."""

    code: str
    applied: bool
    label: str = ""
    amount: Decimal = _ZERO
    reason: str = ""
    message: str = ""


@dataclass(frozen=True)
class CartCard:
    """A gift card in a cart and what it pays; ``label`` is its last characters."""

    id: int
    label: str
    amount: Decimal
    usable: bool = True


@dataclass(frozen=True)
class CartView:
    """A cart with its sums in ``currency``; lines that are no longer sold are not in them.

    ``subtotal`` is without tax, after discounts; ``servings_missing`` is how many more small
    pieces would free those in the cart from tax, 0 when none would. ``points`` are those that its
    owner wants to use, ``quote`` says how many of them count.
    """

    id: UUID
    ordered: bool
    currency: str
    lines: tuple[CartLineView, ...]
    subtotal: Decimal
    tax_total: Decimal
    total: Decimal
    taxes: tuple[LevyShare, ...]
    prices_include_tax: bool
    servings_missing: int
    lead_time: timedelta
    user_id: int | None
    points: int
    codes: tuple[CartCode, ...]
    gift_cards: tuple[CartCard, ...]
    quote: SaleQuote
    deposit: DepositOffer | None = None

    @property
    def due(self) -> Decimal:
        """Return what is left to pay after gift cards."""
        return self.quote.totals.due

    @property
    def points_used(self) -> int:
        """Return how many points lower the price."""
        return self.quote.spend.points.points if self.quote.spend.points else 0

    @property
    def sums(self) -> Sums:
        """Return what its breakdown is made of."""
        totals = self.quote.totals
        return Sums(
            goods_total=totals.goods_total,
            adjustments=self.quote.adjustments(),
            delivery_fee=totals.delivery_fee,
            subtotal=totals.subtotal,
            taxes=totals.taxes,
            prices_include_tax=self.prices_include_tax,
            total=totals.total,
            gift_cards=[(f"Gift card {card.label}", card.amount) for card in self.gift_cards],
            due=totals.due,
        )

    @property
    def orderable(self) -> bool:
        """Tell whether nothing that can be known now stands against checkout."""
        return bool(self.lines) and not self.ordered and not any(x.problem for x in self.lines)

    @property
    def quantities(self) -> dict[int, int]:
        """Return how many of each variant are in the cart, of what is still sold."""
        sold = [line for line in self.lines if line.unit_price is not None]
        return demand([WantedLine(x.id, x.variant_id, x.quantity, x.message) for x in sold])

    @property
    def pieces(self) -> int:
        """Return how many things are in the cart."""
        return sum(line.quantity for line in self.lines)


def cart_view(
    cart_id: UUID,
    *,
    at: datetime,
    user_id: int | None = None,
    buyer: Buyer | None = None,
    fee_of: Callable[[Decimal], Decimal] | None = None,
) -> CartView:
    """Return the cart; raise `NotFound` ``cart_not_found``, also to others than its account.

    ``buyer`` None: limits per customer are judged for the account that the cart belongs to, or
    not yet. ``fee_of`` gives the delivery fee, see `quote_sale`. Three queries whatever its size,
    and those of the bank for what it uses.
    """
    lines = list(CartLine.objects.filter(cart_id=cart_id).select_related("cart").order_by("pk"))
    cart = lines[0].cart if lines else Cart.objects.filter(pk=cart_id).first()
    if cart is None or cart.user_id not in {None, user_id}:
        raise NotFound("cart_not_found", "There is no such cart.")
    ids = {line.variant_id for line in lines}
    variants = catalog.sellable_variants(ids) if ids else {}
    return view_of_lines(cart, lines, variants, at=at, buyer=buyer, fee_of=fee_of)


def new_cart_view(cart: Cart, *, at: datetime) -> CartView:
    """Return the view of a cart that was made just now: nothing is in it, nothing is read."""
    return view_of_lines(cart, [], {}, at=at)


def view_of_lines(
    cart: Cart,
    lines: Sequence[CartLine],
    variants: Mapping[int, SellableVariant],
    *,
    at: datetime,
    buyer: Buyer | None = None,
    fee_of: Callable[[Decimal], Decimal] | None = None,
) -> CartView:
    """Return the view of a cart whose lines, and what is sold of them, were read already."""
    problems = _problems(lines, variants)
    sold = [line for line in lines if line.variant_id in variants]
    goods = [Good.of_variant(variants[x.variant_id], x.quantity) for x in sold]
    quote = quote_sale(
        goods,
        at=at,
        wishes=wishes_of(cart),
        buyer=buyer or (Buyer(cart.user_id, "") if cart.user_id else None),
        fee_of=fee_of if sold else None,
    )
    totals = quote.totals
    priced = {line.pk: row for line, row in zip(sold, totals.lines, strict=True)}
    return CartView(
        id=cart.pk,
        ordered=cart.ordered_at is not None,
        currency=settings.SHOP_CURRENCY,
        lines=tuple(_line(line, variants, priced, problems.get(line.pk)) for line in lines),
        subtotal=totals.subtotal,
        tax_total=totals.tax_total,
        total=totals.total,
        taxes=totals.taxes,
        prices_include_tax=settings.SHOP_PRICES_INCLUDE_TAX,
        servings_missing=totals.servings_missing,
        lead_time=lead_time_of(variants.values()),
        user_id=cart.user_id,
        points=cart.points,
        codes=tuple(_codes(cart, quote)),
        gift_cards=tuple(_cards(cart, quote)),
        quote=quote,
        deposit=deposit_offered(quote, goods, at=at) if totals.due else None,
    )


def _problems(
    lines: Sequence[CartLine], variants: Mapping[int, SellableVariant]
) -> dict[int, LineProblem]:
    ids = {line.variant_id for line in lines}
    free = stock.available(ids) if ids else {}
    wanted = [WantedLine(x.pk, x.variant_id, x.quantity, x.message) for x in lines]
    return {problem.line_id: problem for problem in check_lines(wanted, variants, free)}


def _codes(cart: Cart, quote: SaleQuote) -> Iterable[CartCode]:
    """Yield the cart's codes as they were added; one that nothing is said of does not hold."""
    applied = {offer.code: offer for offer in quote.offers.applied if offer.code}
    refused = {row.code: row for row in quote.offers.refused}
    for code in cart.codes:
        if (offer := applied.get(code)) is not None:
            yield CartCode(code, applied=True, label=offer.label, amount=offer.amount)
        elif (row := refused.get(code)) is not None:
            yield CartCode(code, applied=False, reason=row.reason, message=row.message)
        else:
            words = "Nothing in the cart is cheaper by it."
            yield CartCode(code, applied=False, reason="no_effect", message=words)


def _cards(cart: Cart, quote: SaleQuote) -> Iterable[CartCard]:
    usable = {
        card.id: CartCard(card.id, card.label, paid)
        for card, paid in zip(quote.cards, quote.totals.gift_cards, strict=True)
    }
    for card_id in cart.gift_cards:
        yield usable.get(card_id, CartCard(card_id, "", _ZERO, usable=False))


def wishes_of(cart: Cart) -> Wishes:
    """Return what the cart's owner wants to use; points only of the account that it belongs to."""
    return Wishes(
        codes=tuple(cart.codes),
        points=cart.points if cart.user_id else 0,
        card_ids=tuple(cart.gift_cards),
    )


def lead_time_of(variants: Iterable[SellableVariant]) -> timedelta:
    """Return the time that the slowest of ``variants`` needs."""
    return max((variant.lead_time for variant in variants), default=timedelta())


def _line(
    line: CartLine,
    variants: Mapping[int, SellableVariant],
    priced: Mapping[int, PricedLine],
    problem: LineProblem | None,
) -> CartLineView:
    variant = variants.get(line.variant_id)
    return CartLineView(
        id=line.pk,
        variant_id=line.variant_id,
        product_name=variant.product_name if variant else "No longer sold",
        variant_name=variant.name if variant else "",
        quantity=line.quantity,
        message=line.message,
        message_max_length=variant.message_max_length if variant else 0,
        unit_price=variant.price if variant else None,
        line_total=priced[line.pk].line_total if variant else None,
        discount=priced[line.pk].discount if variant else _ZERO,
        tax_note=priced[line.pk].tax_note if variant else "",
        problem=problem,
    )
