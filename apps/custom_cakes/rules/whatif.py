"""Other cakes that are near to one that was asked for: what staff may offer instead. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from apps.custom_cakes.rules.choices import Choice
from apps.custom_cakes.rules.design import Design, DesignTier, parse_design
from apps.custom_cakes.states import OptionKind
from bakery.kernel.errors import Invalid

# Pans come in steps of two inches (see servings charts in the domain's facts, party rounds 6, 8,
# 10); a cake below four is a cupcake.
STEP, SMALLEST = Decimal(2), Decimal(4)
LATER = "later_day"


@dataclass(frozen=True, slots=True)
class Idea:
    """A cake that could be offered instead; ``text`` says how it differs, without a price."""

    code: str
    text: str
    design: Design


def ideas_for(
    design: Design, choices: Mapping[int, Choice], finishes: Iterable[Choice]
) -> list[Idea]:
    """Return cakes that are simpler than ``design`` in one way each, as far as there are any.

    Without its top tier, one size smaller, with the plainest of ``finishes``, with half of its
    decorations, and as it is (for a later day). ``choices`` are those of the design.
    """
    found = [
        *_without_top(design),
        *_smaller(design),
        *_plainer(design, choices, finishes),
        *_fewer(design, choices),
        Idea(LATER, "On a later day", design),
    ]
    return [idea for idea in found if _is_possible(idea.design)]


def _without_top(design: Design) -> Iterator[Idea]:
    count = len(design.tiers)
    if count > 1:
        tiers = design.tiers[:-1]
        keep_top = design.keep_top and len(tiers) > 1
        name = {2: "second", 3: "third"}.get(count, f"{count}th")
        yield Idea(
            "without_top",
            f"Without the {name} tier",
            replace(design, tiers=tiers, keep_top=keep_top),
        )


def _smaller(design: Design) -> Iterator[Idea]:
    if all(min(_sides(tier)) - STEP >= SMALLEST for tier in design.tiers):
        tiers = tuple(
            replace(
                tier,
                length_in=tier.length_in - STEP,
                width_in=None if tier.width_in is None else tier.width_in - STEP,
            )
            for tier in design.tiers
        )
        text = "One size smaller" if len(tiers) == 1 else "Every tier one size smaller"
        yield Idea("smaller", text, replace(design, tiers=tiers))


def _sides(tier: DesignTier) -> list[Decimal]:
    return [side for side in (tier.length_in, tier.width_in) if side is not None]


def _plainer(
    design: Design, choices: Mapping[int, Choice], finishes: Iterable[Choice]
) -> Iterator[Idea]:
    chosen = choices.get(design.finish_id)
    others = [row for row in finishes if row.kind == OptionKind.FINISH]
    if chosen is None or not others:
        return
    plainest = min(others, key=lambda row: (row.complexity, row.minutes, row.id))
    if (plainest.complexity, plainest.minutes) < (chosen.complexity, chosen.minutes):
        yield Idea(
            "plainer",
            f"{plainest.name} instead of {chosen.name}",
            replace(design, finish_id=plainest.id),
        )


def _fewer(design: Design, choices: Mapping[int, Choice]) -> Iterator[Idea]:
    if not design.decorations:
        return
    if all(count == 1 for _, count in design.decorations):
        costly = max(design.decorations, key=lambda row: _effort(choices.get(row[0])))
        left = tuple(row for row in design.decorations if row != costly)
        choice = choices.get(costly[0])
        name = choice.name if choice else "one decoration"
        yield Idea("fewer", f"Without {name}", replace(design, decorations=left))
        return
    halved = tuple((key, max(1, count // 2)) for key, count in design.decorations)
    yield Idea("fewer", "With half of the decorations", replace(design, decorations=halved))


def _effort(choice: Choice | None) -> tuple[Decimal, Decimal]:
    return (choice.minutes, choice.material_cost) if choice else (Decimal(0), Decimal(0))


def _is_possible(design: Design) -> bool:
    try:
        return parse_design(design.as_json()) == design
    except Invalid:
        return False
