"""What the console's list says beside a product: prices, margin, what is left, earliest pickup."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q

from apps.catalog.models import Variant
from apps.catalog.selectors.availability import availability_of
from apps.catalog.selectors.promises import Promise, promises_of
from apps.catalog.states import ProductStatus

_COLUMNS = ("product_id", "pk", "price", "unit_cost", "made_to_order")


@dataclass(frozen=True, slots=True)
class Overview:
    """One product over its sizes on sale.

    ``margin`` is the lowest share of a price that stays after its cost, None while no size has a
    known cost and a price; ``costless`` counts sizes without one. ``left`` sums the pieces of the
    sizes that have stock, None when none has. ``sold_out`` counts sizes of which none is left.
    ``promise`` is the earliest of all sizes.
    """

    sizes: int = 0
    lowest: Decimal | None = None
    highest: Decimal | None = None
    margin: Decimal | None = None
    costless: int = 0
    left: int | None = None
    sold_out: int = 0
    promise: Promise | None = None

    @property
    def below_floor(self) -> bool:
        """Whether some size leaves less than the shop's floor."""
        return self.margin is not None and self.margin < settings.SHOP_MARGIN_FLOOR


def margin_of(price: Decimal, unit_cost: Decimal | None) -> Decimal | None:
    """Return the share of ``price`` that stays after the cost; None without a cost or a price."""
    return None if unit_cost is None or not price else (price - unit_cost) / price


def overviews(product_ids: Collection[int], *, at: datetime) -> dict[int, Overview]:
    """Return the overview of each product: one statement, and those of stock and calendar."""
    sizes: dict[int, list[Variant]] = defaultdict(list)
    rows = Variant.objects.filter(product__in=product_ids, archived_at=None)
    for size in rows.order_by("position", "pk").only(*_COLUMNS):
        sizes[size.product_id].append(size)
    ids = [size.pk for group in sizes.values() for size in group]
    left, promises = availability_of(ids), promises_of(ids, at=at)
    return {key: _overview(sizes.get(key, ()), left, promises) for key in product_ids}


def _overview(
    sizes: Sequence[Variant], left: Mapping[int, int | None], promises: Mapping[int, Promise]
) -> Overview:
    prices = [size.price for size in sizes]
    margins = [margin_of(size.price, size.unit_cost) for size in sizes]
    remaining = [left.get(size.pk, 0) for size in sizes]
    counted = [pieces for pieces in remaining if pieces is not None]
    made = [promises[size.pk] for size in sizes if size.pk in promises]
    return Overview(
        sizes=len(sizes),
        lowest=min(prices, default=None),
        highest=max(prices, default=None),
        margin=min((margin for margin in margins if margin is not None), default=None),
        costless=sum(size.unit_cost is None for size in sizes),
        left=sum(counted) if counted else None,
        sold_out=sum(pieces <= 0 for pieces in counted),
        promise=_earliest(made),
    )


def _earliest(promises: Sequence[Promise]) -> Promise | None:
    """Return the earliest; one that says why there is none when that is all there is."""
    possible = [(promise.earliest, at) for at, promise in enumerate(promises) if promise.earliest]
    if possible:
        return promises[min(possible)[1]]
    return promises[0] if promises else None


def _live() -> Q:
    return Q(product=OuterRef("pk"), archived_at=None)


def below_floor() -> Exists:
    """A condition on products: some size on sale leaves less than the margin floor."""
    kept = 1 - settings.SHOP_MARGIN_FLOOR
    return Exists(
        Variant.objects.filter(_live(), price__gt=0, unit_cost__gt=F("price") * kept).order_by()
    )


def cost_unknown() -> Exists:
    """A condition on products: the cost of some size on sale is not known."""
    return Exists(Variant.objects.filter(_live(), unit_cost=None).order_by())


def allergens_unknown() -> Q:
    """A condition on products: of some size it is not known what it contains.

    What recipes say about a size counts before what was stated of the product.
    """
    sizes = Variant.objects.filter(_live()).order_by()
    unstated = Q(allergens__isnull=True) & (
        ~Exists(sizes)
        | Exists(sizes.filter(Q(food_facts__isnull=True) | Q(food_facts__source="stated")))
    )
    partly = Exists(sizes.filter(food_facts__has_key="unknown").exclude(food_facts__unknown=[]))
    return unstated | Q(partly)


def sold_out_products() -> list[int]:
    """Return the published products of which no size can be had."""
    rows = Variant.objects.filter(
        archived_at=None, product__status=ProductStatus.PUBLISHED
    ).order_by()
    pairs = list(rows.values_list("product_id", "pk"))
    left = availability_of([pk for _, pk in pairs])
    products: dict[int, bool] = {}
    for product_id, pk in pairs:
        pieces = left.get(pk, 0)
        products[product_id] = products.get(product_id, True) and pieces is not None and pieces <= 0
    return [key for key, out in products.items() if out]
