"""What a change of an order makes of its lines.

Pieces that stay keep the price and the facts they were sold with; what is added is sold at today's.
A line that grows stays one line while both are the same, and gets a second one beside it when not.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from apps.catalog.states import Packaging
from apps.orders.rules.checks import MAX_LINES, MAX_QUANTITY, check_message
from bakery.kernel.errors import Invalid


class Sold(Protocol):
    """What is asked of an order's line."""

    position: int
    variant_id: int
    quantity: int
    message: str
    unit_price: Decimal
    tax_class: str
    pieces: int
    weight_g: int | None
    prepackaged: bool


class OnSale(Protocol):
    """What is asked of a size that is on sale."""

    @property
    def price(self) -> Decimal:
        """Its price today."""

    @property
    def tax_class(self) -> str:
        """Its class of tax today."""

    @property
    def pieces(self) -> int:
        """Single servings in one."""

    @property
    def weight_g(self) -> int | None:
        """Its weight."""

    @property
    def packaging(self) -> str:
        """How it is packed, a `Packaging`."""

    @property
    def per_order_limit(self) -> int | None:
        """At most so many in one order."""

    @property
    def message_max_length(self) -> int:
        """Characters that fit on it; 0 when nothing is written on it."""


@dataclass(frozen=True, kw_only=True)
class LineWish:
    """A line as it shall be: one of the order, by its ``position``, or a new one of a variant.

    ``message`` None: a line of the order keeps its own, a new one has none.
    """

    quantity: int
    position: int | None = None
    variant_id: int | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class EditWish:
    """What an order shall be: all its ``lines``, and its pickup time; None leaves either as it is.

    ``revision`` is that of the order which the caller saw.
    """

    revision: int
    lines: tuple[LineWish, ...] | None = None
    slot_id: int | None = None


@dataclass(frozen=True)
class PlannedLine:
    """A line as it will be: ``position`` that of the line it stays, None for a new one."""

    position: int | None
    variant_id: int
    quantity: int
    message: str


@dataclass(frozen=True)
class LineChanges:
    """How many of each variant there were and will be, and on which the message changes."""

    before: Mapping[int, int] = field(default_factory=dict)
    after: Mapping[int, int] = field(default_factory=dict)
    reworded: frozenset[int] = frozenset()

    @property
    def grown(self) -> dict[int, int]:
        """How many more of each variant."""
        return dict(Counter(self.after) - Counter(self.before))

    @property
    def shrunk(self) -> dict[int, int]:
        """How many fewer of each variant."""
        return dict(Counter(self.before) - Counter(self.after))

    @property
    def touched(self) -> set[int]:
        """Variants that were ordered and of which anything changes."""
        return {*self.shrunk, *self.reworded, *(self.grown.keys() & self.before.keys())}

    @property
    def is_nothing(self) -> bool:
        """Tell whether the lines stay as they are."""
        return not (self.grown or self.shrunk or self.reworded)


def plan_lines(
    sold: Sequence[Sold], wishes: Sequence[LineWish] | None, on_sale: Mapping[int, OnSale]
) -> list[PlannedLine]:
    """Return the lines that an order of ``sold`` will have, its own first, in their order.

    Raises `Invalid`: ``order_empty``, ``too_many_lines``, or ``lines_refused`` with
    details.lines of line (counted from 1 as they were sent), variant_id, code and message; the
    codes are ``unknown_line``, ``named_twice``, ``bad_line``, ``bad_quantity``, ``archived``,
    ``over_limit`` and those about messages.
    """
    if wishes is None:
        return [
            PlannedLine(line.position, line.variant_id, line.quantity, line.message)
            for line in sold
        ]
    if not wishes:
        raise Invalid("order_empty", "An order without anything is a cancelled one. Cancel it.")
    planner = _Planner(sold, on_sale)
    for number, wish in enumerate(wishes, start=1):
        planner.add(number, wish)
    planner.check_limits()
    if planner.problems:
        raise Invalid(
            "lines_refused",
            "Some lines cannot be changed like this.",
            details={"lines": planner.problems},
        )
    planned = [*sorted(planner.kept, key=lambda line: line.position or 0), *planner.new]
    if len(planned) > MAX_LINES:
        raise Invalid("too_many_lines", f"An order has room for {MAX_LINES} lines.")
    return planned


class AgreedLine(Protocol):
    """What is asked of a line that may have been agreed with its customer."""

    position: int
    variant_id: int
    quantity: int
    message: str

    @property
    def is_private(self) -> bool:
        """Tell whether it was: then only a new offer changes it."""


def require_agreed_kept(sold: Iterable[AgreedLine], wishes: Sequence[LineWish] | None) -> None:
    """Refuse to change, reword or drop a custom cake: its offer says what it is.

    Raises `Invalid` ``lines_refused`` with details.lines as `plan_lines` has them, of the code
    ``private_line``; ``line`` is 0 for one that was left out.
    """
    named = {wish.position: (number, wish) for number, wish in enumerate(wishes or (), start=1)}
    problems = []
    for line in sold:
        if not line.is_private or wishes is None:
            continue
        number, wish = named.get(line.position, (0, None))
        same = wish is not None and (wish.quantity, wish.message) in {
            (line.quantity, None),
            (line.quantity, line.message),
        }
        if not same:
            problems.append(
                {
                    "line": number,
                    "variant_id": line.variant_id,
                    "code": "private_line",
                    "message": "A custom cake is changed by a new offer, not here.",
                }
            )
    if problems:
        raise Invalid(
            "lines_refused",
            "A custom cake stays as it was agreed: ask for a new offer to change it.",
            details={"lines": problems},
        )


def compare(sold: Sequence[Sold], planned: Sequence[PlannedLine]) -> LineChanges:
    """Return what is different between the lines of an order and those it will have."""
    before: Counter[int] = Counter()
    after: Counter[int] = Counter()
    messages = {line.position: line.message for line in sold}
    for line in sold:
        before[line.variant_id] += line.quantity
    for plan in planned:
        after[plan.variant_id] += plan.quantity
    reworded = {
        plan.variant_id
        for plan in planned
        if plan.position is not None and messages[plan.position] != plan.message
    }
    # Pieces may move between lines with different messages without changing their number.
    reworded |= {pk for pk, _ in _worded(sold) ^ _worded(planned) if before[pk] == after[pk]}
    return LineChanges(dict(before), dict(after), frozenset(reworded))


def _worded(lines: Sequence[Sold] | Sequence[PlannedLine]) -> set[tuple[int, tuple[str, int]]]:
    counted: Counter[tuple[int, str]] = Counter()
    for line in lines:
        counted[line.variant_id, line.message] += line.quantity
    return {(pk, (message, count)) for (pk, message), count in counted.items()}


class _Planner:
    """Collects what the wishes come to, and everything that stands against them."""

    def __init__(self, sold: Sequence[Sold], on_sale: Mapping[int, OnSale]) -> None:
        self._sold = {line.position: line for line in sold}
        self._on_sale = on_sale
        self._first: dict[int, int] = {}
        self.kept: list[PlannedLine] = []
        self.new: list[PlannedLine] = []
        self.problems: list[dict[str, Any]] = []

    def add(self, number: int, wish: LineWish) -> None:
        """Take a wish, the ``number``-th."""
        if (wish.position is None) == (wish.variant_id is None):
            self._refuse(number, None, "bad_line", "Name a line of the order, or a new thing.")
        elif not 1 <= wish.quantity <= MAX_QUANTITY:
            self._refuse(number, wish.variant_id, "bad_quantity", f"Order 1 to {MAX_QUANTITY}.")
        elif wish.position is not None:
            self._keep(number, wish, self._sold.get(wish.position))
        elif wish.variant_id is not None:
            self._add_new(number, wish.variant_id, wish.quantity, wish.message or "")

    def check_limits(self) -> None:
        """Refuse more of a variant than one order may have, where it becomes more."""
        before: Counter[int] = Counter()
        after: Counter[int] = Counter()
        for line in self._sold.values():
            before[line.variant_id] += line.quantity
        for plan in [*self.kept, *self.new]:
            after[plan.variant_id] += plan.quantity
        for pk, quantity in after.items():
            limit = self._on_sale[pk].per_order_limit if pk in self._on_sale else None
            if limit is not None and quantity > max(limit, before[pk]):
                text = f"At most {limit} of this in one order."
                self._refuse(self._first[pk], pk, "over_limit", text)

    def _keep(self, number: int, wish: LineWish, line: Sold | None) -> None:
        if line is None:
            self._refuse(number, None, "unknown_line", "The order has no such line.")
            return
        if any(plan.position == line.position for plan in self.kept):
            self._refuse(number, line.variant_id, "named_twice", "This line is named twice.")
            return
        message = line.message if wish.message is None else wish.message
        self._first.setdefault(line.variant_id, number)
        if message != line.message and not self._may_say(number, line.variant_id, message):
            return
        more = wish.quantity - line.quantity
        if more <= 0 or self._is_same(line):
            self.kept.append(PlannedLine(line.position, line.variant_id, wish.quantity, message))
            return
        self.kept.append(PlannedLine(line.position, line.variant_id, line.quantity, message))
        self._add_new(number, line.variant_id, more, message)

    def _add_new(self, number: int, variant_id: int, quantity: int, message: str) -> None:
        self._first.setdefault(variant_id, number)
        if self._may_say(number, variant_id, message):
            self.new.append(PlannedLine(None, variant_id, quantity, message))

    def _is_same(self, line: Sold) -> bool:
        """Tell whether one more of a line is today what the line was sold as."""
        today = self._on_sale.get(line.variant_id)
        if today is None:
            return False
        boxed = today.packaging == Packaging.PREPACKAGED
        now = (today.price, today.tax_class, today.pieces, today.weight_g, boxed)
        then = (line.unit_price, line.tax_class, line.pieces, line.weight_g, line.prepackaged)
        return now == then

    def _may_say(self, number: int, variant_id: int, message: str) -> bool:
        facts = self._on_sale.get(variant_id)
        if facts is None:
            self._refuse(number, variant_id, "archived", "This is not sold any more.")
            return False
        if problem := check_message(message, facts):
            self._refuse(number, variant_id, *problem)
            return False
        return True

    def _refuse(self, number: int, variant_id: int | None, code: str, message: str) -> None:
        self.problems.append(
            {"line": number, "variant_id": variant_id, "code": code, "message": message}
        )
