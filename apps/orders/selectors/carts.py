"""A cart as its owner sees it, priced now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings

from apps.catalog import selectors as catalog
from apps.catalog.selectors import SellableVariant
from apps.inventory import selectors as stock
from apps.orders.models import Cart, CartLine
from apps.orders.rules.checks import LineProblem, WantedLine, check_lines, demand
from apps.orders.rules.pricing import PricedLine
from apps.orders.rules.tax import LevyShare
from apps.orders.selectors.sales import Wishes, price_goods
from bakery.kernel.errors import NotFound


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
    tax_note: str
    problem: LineProblem | None


@dataclass(frozen=True)
class CartView:
    """A cart with its sums in ``currency``; lines that are no longer sold are not in them.

    ``subtotal`` is without tax; ``servings_missing`` is how many more small pieces would free
    those in the cart from tax, 0 when none would.
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


def cart_view(cart_id: UUID, *, at: datetime, user_id: int | None = None) -> CartView:
    """Return the cart; raise `NotFound` ``cart_not_found``, also to others than its account.

    Three queries whatever its size.
    """
    lines = list(CartLine.objects.filter(cart_id=cart_id).select_related("cart").order_by("pk"))
    cart = lines[0].cart if lines else Cart.objects.filter(pk=cart_id).first()
    if cart is None or cart.user_id not in {None, user_id}:
        raise NotFound("cart_not_found", "There is no such cart.")
    ids = {line.variant_id for line in lines}
    return view_of_lines(cart, lines, catalog.sellable_variants(ids) if ids else {}, at=at)


def new_cart_view(cart: Cart, *, at: datetime) -> CartView:
    """Return the view of a cart that was made just now: nothing is in it, nothing is read."""
    return view_of_lines(cart, [], {}, at=at)


def view_of_lines(
    cart: Cart,
    lines: Sequence[CartLine],
    variants: Mapping[int, SellableVariant],
    *,
    at: datetime,
) -> CartView:
    """Return the view of a cart whose lines, and what is sold of them, were read already."""
    ids = {line.variant_id for line in lines}
    free = stock.available(ids) if ids else {}
    wanted = [WantedLine(x.pk, x.variant_id, x.quantity, x.message) for x in lines]
    problems = {problem.line_id: problem for problem in check_lines(wanted, variants, free)}
    sold = [line for line in lines if line.variant_id in variants]
    totals = price_goods([(variants[x.variant_id], x.quantity) for x in sold], at=at)
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
    )


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
        tax_note=priced[line.pk].tax_note if variant else "",
        problem=problem,
    )
