"""From guests to cakes: the smallest printed sizes and stacks that serve them all."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from apps.catalog.rules.servings.charts import PARTY, STACKS
from apps.catalog.rules.servings.estimate import Estimate, Tier, estimate, standard_tiers
from apps.catalog.states import CakeShape
from bakery.kernel.errors import Invalid

MOST_GUESTS = 2000
SINGLE_SHAPES = (CakeShape.ROUND, CakeShape.SQUARE, CakeShape.SHEET, CakeShape.HEART)
STACK_SHAPES = (CakeShape.ROUND, CakeShape.SQUARE)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way to serve the guests: a stack, and ``sheets`` more of the largest sheet cake.

    ``spare`` is how many servings are left over.
    """

    name: str
    tiers: tuple[Tier, ...]
    sheets: int
    servings: int
    spare: int


def eaters(guests: int, attendance: int) -> int:
    """Return how many of ``guests`` eat cake when ``attendance`` per cent do, rounded up.

    Raises `Invalid` ``bad_guests`` outside 1 to `MOST_GUESTS`, ``bad_attendance`` outside 50-100.
    """
    if not 1 <= guests <= MOST_GUESTS:
        raise Invalid(
            "bad_guests", f"Between 1 and {MOST_GUESTS} guests.", details={"field": "guests"}
        )
    if not 50 <= attendance <= 100:
        raise Invalid(
            "bad_attendance", "Between 50 and 100 per cent.", details={"field": "attendance"}
        )
    share = Decimal(guests * attendance) / 100
    return int(share.to_integral_value(rounding=ROUND_CEILING))


def suggest(
    guests: int, *, style: str = PARTY, keep_top: bool = False, attendance: int = 100
) -> list[Suggestion]:
    """Return cakes that serve ``guests``, the least left over first: one a shape, and stacks.

    ``attendance`` is the share of guests, in per cent, who eat cake (one published baker plans
    with 75 to 85). With ``keep_top`` the top tier is not counted and single tiers are left out.
    Where no printed stack is enough, the largest is completed by sheet cakes from the kitchen.
    Raises `Invalid` as `eaters` and `estimate` do.
    """
    needed = eaters(guests, attendance)
    found = [] if keep_top else list(_singles(needed, style))
    found.extend(_stacks(needed, style, keep_top=keep_top))
    found.sort(key=lambda row: (row.sheets, row.spare, len(row.tiers), row.name))
    return found


def _singles(needed: int, style: str) -> Iterator[Suggestion]:
    for shape in SINGLE_SHAPES:
        for tier in standard_tiers(shape):
            answer = estimate([tier], style=style)
            if answer.servings >= needed:
                yield _suggestion(answer, needed)
                break


def _stacks(needed: int, style: str, *, keep_top: bool) -> Iterator[Suggestion]:
    for shape in STACK_SHAPES:
        answers = [
            estimate(
                [Tier(shape, Decimal(size)) for size in reversed(sizes)],
                style=style,
                keep_top=keep_top,
            )
            for sizes in STACKS
        ]
        enough = [answer for answer in answers if answer.servings >= needed]
        if enough:
            best = sorted(enough, key=lambda answer: (answer.servings, len(answer.tiers)))[:2]
            yield from (_suggestion(answer, needed) for answer in best)
        else:
            yield _completed(max(answers, key=lambda answer: answer.servings), needed, style)


def _completed(answer: Estimate, needed: int, style: str) -> Suggestion:
    sheet = estimate([standard_tiers(CakeShape.SHEET)[-1]], style=style).servings
    return _suggestion(answer, needed, sheets=-((answer.servings - needed) // sheet), each=sheet)


def _suggestion(answer: Estimate, needed: int, *, sheets: int = 0, each: int = 0) -> Suggestion:
    tiers = tuple(row.tier for row in answer.tiers)
    servings = answer.servings + sheets * each
    name = name_of(tiers)
    if sheets:
        name += f" and {sheets} sheet cake{'s' if sheets > 1 else ''} from the kitchen"
    return Suggestion(name, tiers, sheets, servings, servings - needed)


def name_of(tiers: tuple[Tier, ...]) -> str:
    """Return what a person calls the stack: "8 inch round", "6 + 8 + 10 inch round"."""
    sizes = [
        f"{_plain(tier.length)}"
        if tier.width is None
        else f"{_plain(tier.width)} x {_plain(tier.length)}"
        for tier in reversed(tiers)
    ]
    return f"{' + '.join(sizes)} inch {tiers[0].shape}"


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
