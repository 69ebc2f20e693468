"""What is to be baked for the days ahead: from paid orders to pieces, mixes and purchases."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import QuerySet

from apps.catalog import selectors as catalog
from apps.catalog.selectors import BakeBook, BookIngredient
from apps.inventory import selectors as inventory
from apps.orders.models import Order, OrderLine, PantryCount, RecipeMixer
from apps.orders.rules.bake_plan import BakePlan, Mix, packs_to_buy, plan_bakes
from apps.orders.states import DEPOSITED, OrderStatus
from bakery.kernel import clock
from bakery.kernel.errors import Invalid

MOST_DAYS = 14
# What is ready was baked; what is in production may still lack its bake. What waits for the rest
# of its price is planned for: it is not begun, but its day is taken.
TO_BAKE = (*DEPOSITED, OrderStatus.PAID, OrderStatus.IN_PRODUCTION)
_THOUSANDTH = Decimal("0.001")


@dataclass(frozen=True)
class Wish:
    """One order's pieces of a size, with what to write on them.

    Of a custom cake ``details`` is what was agreed, and ``weight_g`` what one weighs.
    """

    number: str
    public_id: str
    day: date
    quantity: int
    message: str
    allergy_flag: bool
    details: list[list[str]]
    weight_g: int | None


@dataclass(frozen=True)
class Bake:
    """A size: ``ordered`` pieces for orders, ``counter`` more that a day's own stock plans.

    ``from_shelf``: it is sold from stock that exists already, so that nothing is baked for it
    unless asked for. ``is_custom``: no recipe is written for it, its details say what to bake.
    """

    variant_id: int
    name: str
    ordered: int
    counter: int
    from_shelf: bool
    wishes: tuple[Wish, ...]
    is_custom: bool = False

    @property
    def pieces(self) -> int:
        """How many are baked."""
        return self.ordered + self.counter


@dataclass(frozen=True)
class PortionView:
    """So much of something in one bowl, and in all of them."""

    name: str
    unit: str
    in_bowl: Decimal
    in_all: Decimal
    is_mix: bool


@dataclass(frozen=True)
class MixView:
    """A recipe to be made in ``bowls`` equal bowls; weights in g."""

    name: str
    unit: str
    output: Decimal
    weight: Decimal
    bowls: int
    bowl_weight: Decimal
    mixer: str
    portions: tuple[PortionView, ...]


@dataclass(frozen=True)
class Purchase:
    """An ingredient: what is needed, what was counted and when, and what to buy in whole packs."""

    ingredient_id: int
    name: str
    supplier: str
    is_food: bool
    unit: str
    needed: Decimal
    counted: Decimal | None
    counted_at: datetime | None
    missing: Decimal
    packs: int
    pack: Decimal
    cost: Decimal | None


@dataclass(frozen=True)
class BakeSheet:
    """The work of ``first`` to ``last`` (days of pickup), with ``buffer_percent`` to spare."""

    first: date
    last: date
    buffer_percent: Decimal
    bakes: tuple[Bake, ...]
    mixes: tuple[MixView, ...]
    purchases: tuple[Purchase, ...]
    without_recipe: tuple[str, ...]

    @property
    def custom(self) -> tuple[str, ...]:
        """The custom cakes: they are in no mix and no purchase."""
        return tuple(bake.name for bake in self.bakes if bake.is_custom)

    @property
    def cost(self) -> Decimal | None:
        """What all purchases cost, None when a price is not known."""
        costs = [row.cost for row in self.purchases if row.packs]
        known = [cost for cost in costs if cost is not None]
        return sum(known, Decimal(0)) if len(known) == len(costs) else None


def bake_sheet(
    first: date, last: date, *, buffer_percent: Decimal, with_shelf: bool = False
) -> BakeSheet:
    """Return what is to be baked for pickups from ``first`` to ``last``, days of the shop.

    Counts orders that are paid and not ready yet. A day's own stock adds what of it is not sold,
    for the counter. Goods from undated stock exist already and are left out of mixes unless
    ``with_shelf``. A fixed number of statements. Raises `Invalid` ``bad_days`` or ``bad_buffer``.
    """
    if not 0 <= (last - first).days < MOST_DAYS or not clock.is_in_our_time(first):
        raise Invalid("bad_days", f"Plan 1 to {MOST_DAYS} days, the last not before the first.")
    if not 0 <= buffer_percent <= 100:
        raise Invalid("bad_buffer", "The buffer is 0 to 100 percent.")
    bakes = _bakes(first, last)
    pieces = {bake.variant_id: bake.pieces for bake in bakes if with_shelf or not bake.from_shelf}
    book = catalog.bake_book(pieces.keys())
    mixers = {
        row.recipe_id: row.mixer for row in RecipeMixer.objects.select_related("mixer").order_by()
    }
    plan = plan_bakes(
        pieces,
        parts=book.parts,
        recipes=book.recipes,
        ingredients=book.ingredients,
        bowls={pk: Fraction(mixer.capacity_kg) * 1000 for pk, mixer in mixers.items()},
        buffer=Fraction(buffer_percent) / 100,
    )
    names = {pk: mixer.name for pk, mixer in mixers.items()}
    by_name = {bake.variant_id: bake.name for bake in bakes if not bake.is_custom}
    return BakeSheet(
        first,
        last,
        buffer_percent,
        tuple(bakes),
        tuple(_mix_view(mix, book, names.get(mix.recipe_id, "")) for mix in plan.mixes),
        tuple(_purchases(plan, book)),
        tuple(by_name[pk] for pk in plan.without_recipe if pk in by_name),
    )


def lines_to_bake(first: date, last: date) -> QuerySet[OrderLine]:
    """Return the lines of orders that are picked up on these days and are not ready."""
    orders = Order.objects.filter(
        status__in=TO_BAKE,
        pickup_starts_at__gte=clock.start_of_shop_day(first),
        pickup_starts_at__lt=clock.start_of_shop_day(last + timedelta(days=1)),
    )
    return OrderLine.objects.filter(order__in=orders).select_related("order")


def _bakes(first: date, last: date) -> list[Bake]:
    wishes: dict[int, list[Wish]] = defaultdict(list)
    names: dict[int, str] = {}
    shelf: dict[int, bool] = {}
    dated = _dated(first, last)
    for line in lines_to_bake(first, last).order_by("order__pickup_starts_at", "order_id", "pk"):
        order, pk = line.order, line.variant_id
        day = clock.shop_date(order.pickup_starts_at)
        wishes[pk].append(
            Wish(
                order.number,
                str(order.public_id),
                day,
                line.quantity,
                line.message,
                order.allergy_flag,
                line.details,
                line.weight_g,
            )
        )
        names[pk] = line.description
        # One that has its own stock on any of these days is baked for the day, not for the shelf.
        shelf[pk] = not line.made_to_order and pk not in dated
    counter = {pk: free for pk, (_, free) in dated.items()}
    names |= {pk: name for pk, (name, free) in dated.items() if free and pk not in names}
    return [
        Bake(
            pk,
            name,
            sum(wish.quantity for wish in wishes[pk]),
            counter.get(pk, 0),
            shelf.get(pk, False),
            tuple(wishes[pk]),
            is_custom=any(wish.details for wish in wishes[pk]),
        )
        for pk, name in sorted(names.items(), key=lambda item: (item[1].casefold(), item[0]))
    ]


def _dated(first: date, last: date) -> dict[int, tuple[str, int]]:
    """Return, of sizes with stock of these days, the name and the pieces that are not sold."""
    rows = inventory.dated_week(first, days=(last - first).days + 1)
    return {
        row.variant_id: (
            f"{row.product_name}, {row.name}" if row.name else row.product_name,
            sum(cell.on_hand for cell in row.cells.values() if cell.is_open),
        )
        for row in rows
    }


def _mix_view(mix: Mix, book: BakeBook, mixer: str) -> MixView:
    recipe = book.recipes[mix.recipe_id]
    portions = []
    for portion in mix.portions:
        if portion.ingredient_id is not None:
            bought = book.ingredients[portion.ingredient_id]
            name, unit = bought.name, bought.unit
        else:
            part = book.recipes[portion.recipe_id or 0]
            name, unit = part.name, part.unit
        in_bowl, in_all = _shown(portion.amount), _shown(portion.amount * mix.bowls)
        portions.append(PortionView(name, unit, in_bowl, in_all, portion.recipe_id is not None))
    return MixView(
        recipe.name,
        recipe.unit,
        _shown(mix.output),
        _shown(mix.weight),
        mix.bowls,
        _shown(mix.bowl_weight),
        mixer,
        tuple(portions),
    )


def _purchases(plan: BakePlan, book: BakeBook) -> list[Purchase]:
    counts = newest_counts(plan.needed.keys())
    rows = [
        _purchase(book.ingredients[pk], needed, counts.get(pk))
        for pk, needed in plan.needed.items()
    ]
    return sorted(rows, key=lambda row: (not row.is_food, row.name.casefold()))


def _purchase(bought: BookIngredient, needed: Fraction, count: PantryCount | None) -> Purchase:
    # A count in another kind of unit is of no use since the ingredient's was changed.
    counted = count if count is not None and count.unit == bought.unit else None
    on_hand = Fraction(counted.amount) if counted else Fraction(0)
    packs = packs_to_buy(needed, on_hand=on_hand, pack=bought.pack)
    return Purchase(
        bought.id,
        bought.name,
        bought.supplier,
        bought.is_food,
        bought.unit,
        _shown(needed),
        counted.amount if counted else None,
        counted.counted_at if counted else None,
        _shown(max(needed - on_hand, Fraction(0))),
        packs,
        _shown(bought.pack),
        None if bought.pack_price is None else bought.pack_price * packs,
    )


def newest_counts(ingredient_ids: Collection[int]) -> dict[int, PantryCount]:
    """Return the newest count of each of the ingredients that was counted: one statement."""
    rows = (
        PantryCount.objects.filter(ingredient_id__in=ingredient_ids)
        .order_by("ingredient_id", "-counted_at", "-pk")
        .distinct("ingredient_id")
    )
    return {row.ingredient_id: row for row in rows}


def _shown(amount: Fraction) -> Decimal:
    """Return an amount to a thousandth of its unit, half up, as a scale could show it."""
    steps = amount * 1000
    whole, rest = divmod(steps.numerator, steps.denominator)
    return Decimal(whole + (2 * rest >= steps.denominator)) * _THOUSANDTH
