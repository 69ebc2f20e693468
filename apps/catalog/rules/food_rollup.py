"""What is known of a food's allergens, added up over everything that goes into it.

`Known` says three things, atom by atom: contained, possibly contained as a trace, or not known.
What is none of these is absent. Adding up is the union of each, so one more part can only take
"free from" away, and the order of parts does not matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.catalog.rules.allergen_lists import ATOMS, GROUPS, AllergenList, Item, expand


@dataclass(frozen=True, slots=True)
class Known:
    """``contains`` and ``may_contain`` hold codes (atoms or unnamed kinds), ``unknown`` atoms."""

    contains: frozenset[str] = frozenset()
    may_contain: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()

    def __or__(self, other: "Known") -> "Known":
        """Return what is known of the two together."""
        return Known(
            self.contains | other.contains,
            self.may_contain | other.may_contain,
            self.unknown | other.unknown,
        )


NOTHING_IN_IT = Known()
NOTHING_KNOWN = Known(unknown=frozenset(ATOMS))


def known_of_ingredient(
    contains: Iterable[str], may_contain: Iterable[str], *, complete: bool
) -> Known:
    """Return the facts of an ingredient; not ``complete``: what is not named is not known.

    A kind that is contained without a name ("tree nuts") leaves each of its members unknown.
    """
    named, traces = frozenset(contains), frozenset(may_contain)
    if complete:
        return Known(named, traces, _members(named))
    return Known(named, traces, frozenset(ATOMS) - named - traces)


def known_as_stated(facts: Mapping[str, Any], in_force: AllergenList) -> Known:
    """Return what a person's statement over a list's items means, atom by atom.

    What the list does not cover stays unknown: nobody was asked about celery.
    """
    items = {item.code: item for item in in_force.items}
    contains = {_code(items[code]) for code in facts["contains"] if code in items}
    traces = {_code(items[code]) for code in facts["may_contain"] if code in items}
    covered: set[str] = set().union(*(item.atoms for item in in_force.items))
    return Known(
        frozenset(contains),
        frozenset(traces),
        (frozenset(ATOMS) - covered - expand(contains) - expand(traces)) | _members(contains),
    )


def with_stated(rolled_up: Known, stated: Known) -> Known:
    """Add a person's statement to a recipe's facts: it names more, it never clears anything."""
    return rolled_up | Known(stated.contains, stated.may_contain, _members(stated.contains))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The items of a list by what may be said. An item can be both a trace and unknown."""

    contains: tuple[str, ...]
    may_contain: tuple[str, ...]
    free_from: tuple[str, ...]
    unknown: tuple[str, ...]


def judge(known: Known, in_force: AllergenList) -> Verdict:
    """Return what may be said of each item of a list; "free from" only without any doubt."""
    contains = [item for item in in_force.items if _is_named(item, known.contains)]
    rest = [item for item in in_force.items if item not in contains]
    possible = expand(known.may_contain)
    traces = [item.code for item in rest if item.atoms & possible]
    unknown = [item.code for item in rest if item.atoms & known.unknown]
    return Verdict(
        contains=tuple(item.code for item in contains),
        may_contain=tuple(traces),
        free_from=tuple(item.code for item in rest if item.code not in {*traces, *unknown}),
        unknown=tuple(unknown),
    )


def to_json(known: Known) -> dict[str, list[str]]:
    """Return ``known`` as it is stored, in the vocabulary's order."""
    order = [*ATOMS, *GROUPS]
    return {
        name: [code for code in order if code in getattr(known, name)]
        for name in ("contains", "may_contain", "unknown")
    }


def from_json(stored: Mapping[str, Iterable[str]]) -> Known:
    """Return what `to_json` stored."""
    return Known(*(frozenset(stored[name]) for name in ("contains", "may_contain", "unknown")))


def _code(item: Item) -> str:
    """Return what naming an item means: its only atom, or its kind."""
    return item.group or next(iter(item.atoms))


def _members(codes: Iterable[str]) -> frozenset[str]:
    return expand(code for code in codes if code in GROUPS)


def _is_named(item: Item, codes: frozenset[str]) -> bool:
    if item.atoms & codes:
        return True
    return any(
        item.group == code or GROUPS[code][1] <= item.atoms for code in codes if code in GROUPS
    )
