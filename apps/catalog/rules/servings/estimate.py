"""How many people a cake serves, and how big a cake a party needs.

Between the printed sizes of a chart, servings grow in proportion to the plan area; beyond them the
nearest printed size's area for a serving is kept. A tier of 3 to 6 inches serves what the chart
says and a lower one half of it (Wilton); a higher one is cut as several of up to 6 inches, with a
board between them. Servings therefore never fall when a cake grows in any direction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise

from apps.catalog.rules.servings.charts import OTHERS, PARTY, STYLES, WILTON, Chart, Figure
from apps.catalog.states import CakeShape
from bakery.kernel.errors import Invalid

STANDARD_HEIGHT = Decimal(4)
SMALLEST, LARGEST, LOWEST, HIGHEST = Decimal(3), Decimal(40), Decimal(1), Decimal(24)
MOST_TIERS = 10
_FULL_FROM, _FULL_TO = Decimal(3), Decimal(6)
TWO_MEASURES = frozenset(
    shape for shape, rows in WILTON.shapes.items() if rows[0].width is not None
)


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier; lengths in inches, ``width`` only for shapes of two measures."""

    shape: str
    length: Decimal
    width: Decimal | None = None
    height: Decimal = STANDARD_HEIGHT


@dataclass(frozen=True, slots=True)
class TierServings:
    """What one tier serves; ``kept`` when it is the top tier that the couple keep."""

    tier: Tier
    servings: int
    least: int
    most: int
    kept: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """``servings`` by ``chart`` in ``style``; ``least`` to ``most`` is what charts differ by.

    ``notes`` say to a person what the chart does not print: sizes beyond it, heights.
    """

    chart: str
    source: str
    style: str
    servings: int
    least: int
    most: int
    tiers: tuple[TierServings, ...]
    notes: tuple[str, ...]


def check_tier(tier: Tier) -> Tier:
    """Return ``tier`` with its sides in order; raise `Invalid` for measures that no cake has."""
    if tier.shape not in WILTON.shapes:
        raise _wrong("unknown_shape", f"Known shapes: {', '.join(WILTON.shapes)}.", "shape")
    needs_width = tier.shape in TWO_MEASURES
    if needs_width and tier.width is None:
        raise _wrong("width_missing", f"A {tier.shape} cake has a length and a width.", "width")
    if not needs_width and tier.width not in (None, tier.length):
        raise _wrong("width_not_used", f"A {tier.shape} cake has one measure.", "width")
    for name, value in (("length", tier.length), ("width", tier.width)):
        if value is not None and not SMALLEST <= value <= LARGEST:
            raise _wrong("bad_size", f"A {name} is {SMALLEST} to {LARGEST} inches.", name)
    if not LOWEST <= tier.height <= HIGHEST:
        raise _wrong("bad_size", f"A height is {LOWEST} to {HIGHEST} inches.", "height")
    if tier.width is None or not needs_width:
        return Tier(tier.shape, tier.length, None, tier.height)
    sides = sorted((tier.length, tier.width), reverse=True)
    return Tier(tier.shape, sides[0], sides[1], tier.height)


def estimate(tiers: Sequence[Tier], *, style: str = PARTY, keep_top: bool = False) -> Estimate:
    """Return how many the stack ``tiers`` (bottom to top) serves, cut in ``style``.

    ``keep_top`` leaves the last tier out of the count. For party slices the range runs to the
    chart's smaller wedding slices; for wedding slices from party slices to the most generous of
    the published charts. Raises `Invalid`: ``unknown_shape``, ``bad_size``, ``width_missing``,
    ``width_not_used``, ``unknown_style``, ``bad_tiers``.
    """
    if style not in STYLES:
        raise _wrong("unknown_style", f"Known styles: {', '.join(STYLES)}.", "style")
    if not 1 <= len(tiers) <= MOST_TIERS:
        raise _wrong("bad_tiers", f"A cake has 1 to {MOST_TIERS} tiers.", "tier")
    if keep_top and len(tiers) == 1:
        raise _wrong("bad_tiers", "A cake of one tier cannot keep its top tier.", "keep_top")
    checked = [check_tier(tier) for tier in tiers]
    kept = len(checked) - 1 if keep_top else None
    rows = tuple(_serve(tier, style, kept=index == kept) for index, tier in enumerate(checked))
    eaten = [row for row in rows if not row.kept]
    return Estimate(
        chart=WILTON.name,
        source=WILTON.source,
        style=style,
        servings=sum(row.servings for row in eaten),
        least=sum(row.least for row in eaten),
        most=sum(row.most for row in eaten),
        tiers=rows,
        notes=tuple(dict.fromkeys(note for tier in checked for note in _notes(tier))),
    )


def suggestion_for(tiers: Sequence[Tier], *, style: str = PARTY) -> Estimate | None:
    """Return the estimate, or None for a size whose measures are not stated."""
    return estimate(tiers, style=style) if tiers else None


def chart_servings(chart: Chart, tier: Tier) -> tuple[Decimal, Decimal] | None:
    """Return party and wedding slices of a standard-height ``tier`` by ``chart``, unrounded.

    None when the chart does not print the shape.
    """
    rows = chart.shapes.get(tier.shape)
    if not rows:
        return None
    area = _area(tier.length, tier.width)
    if area <= _area_of(rows[0]) or len(rows) == 1:
        return _scaled(rows[0], area)
    for low, high in pairwise(rows):
        if area <= _area_of(high):
            share = (area - _area_of(low)) / (_area_of(high) - _area_of(low))
            return (
                low.party + share * (high.party - low.party),
                low.wedding + share * (high.wedding - low.wedding),
            )
    return _scaled(rows[-1], area)


def _serve(tier: Tier, style: str, *, kept: bool) -> TierServings:
    party, wedding = _both(tier)
    others = [figures[1] for chart in OTHERS if (figures := chart_servings(chart, tier))]
    low, high = _layers(tier.height)
    chosen = party if style == PARTY else wedding
    most = wedding if style == PARTY else max(wedding, *others, wedding)
    return TierServings(
        tier=tier,
        servings=_whole(chosen * low),
        least=_whole(party * low),
        most=max(_whole(most * high), _whole(chosen * low)),
        kept=kept,
    )


def _both(tier: Tier) -> tuple[Decimal, Decimal]:
    figures = chart_servings(WILTON, tier)
    if figures is None:  # pragma: no cover - `check_tier` refused it
        raise _wrong("unknown_shape", "Unknown shape.", "shape")
    return figures


def _layers(height: Decimal) -> tuple[Decimal, Decimal]:
    """Return how often the chart's count is served at ``height``, at least and at most."""
    if height < _FULL_FROM:
        return Decimal("0.5"), Decimal("0.5")
    if height <= _FULL_TO:
        return Decimal(1), Decimal(1)
    cakes = height / _FULL_TO
    return (
        cakes.to_integral_value(rounding=ROUND_FLOOR),
        cakes.to_integral_value(rounding=ROUND_CEILING),
    )


def _whole(servings: Decimal) -> int:
    """A part of a slice serves nobody, but every cake serves somebody."""
    return max(1, int(servings.to_integral_value(rounding=ROUND_FLOOR)))


def _area(length: Decimal, width: Decimal | None) -> Decimal:
    """The plan area up to the constant of the shape, which cancels."""
    return length * (length if width is None else width)


def _area_of(row: Figure) -> Decimal:
    return _area(row.length, row.width)


def _scaled(row: Figure, area: Decimal) -> tuple[Decimal, Decimal]:
    ratio = area / _area_of(row)
    return row.party * ratio, row.wedding * ratio


def _notes(tier: Tier) -> list[str]:
    rows = WILTON.shapes[tier.shape]
    area = _area(tier.length, tier.width)
    notes = []
    if not _area_of(rows[0]) <= area <= _area_of(rows[-1]):
        notes.append(f"The chart does not print a {tier.shape} of this size; carried on by area.")
    if tier.height < _FULL_FROM:
        notes.append("Lower than 3 inches: half the servings of the chart.")
    if tier.height > _FULL_TO:
        notes.append("Higher than 6 inches: cut as several cakes with a board between them.")
    return notes


def _wrong(code: str, message: str, field: str) -> Invalid:
    return Invalid(code, message, details={"field": field})


def standard_tiers(shape: str) -> tuple[Tier, ...]:
    """Return the sizes of ``shape`` that the chart prints, from small to large."""
    return tuple(Tier(shape, row.length, row.width) for row in WILTON.shapes[CakeShape(shape)])
