"""Texts as the console shows them: with what is doubted marked, and with what was changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from apps.descriptions.models import Draft, Publication
from apps.descriptions.rules.checking import check
from apps.descriptions.rules.facts import Facts
from apps.descriptions.rules.texts import LIMITS, NAMES, Segment, Texts, difference


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a text; ``message`` says what is wrong with it, "" that nothing is."""

    text: str
    message: str = ""
    binding: bool = False


@dataclass(frozen=True, slots=True)
class ShownText:
    """One of a draft's texts beside what the shop says now."""

    name: str
    label: str
    limit: int
    rows: int
    typed: str
    present: str
    marked: tuple[Stretch, ...]
    problems: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ShownChange:
    """How a published text came out of the draft."""

    label: str
    segments: list[Segment]


def shown_texts(
    draft: Draft, *, typed: Mapping[str, str], present: Mapping[str, str]
) -> list[ShownText]:
    """Return the texts of a draft; ``typed`` is what stands in the fields."""
    return [
        ShownText(
            name=name,
            label=NAMES[name],
            limit=limit,
            rows=14 if name == "long" else 3,
            typed=typed[name],
            present=present.get(name, ""),
            marked=_marked(getattr(draft, name), _of(draft.problems, name)),
            problems=tuple(_of(draft.problems, name)),
        )
        for name, limit in LIMITS.items()
    ]


def claims_that_must_not_stand(present: Mapping[str, str], facts: Facts, on: date) -> list[str]:
    """Return in words what the shop says now that nobody could publish any more.

    A text stays when a recipe changes and a claim comes off; what was typed by hand was never
    checked at all.
    """
    told = {name: text or "." for name, text in present.items()}
    return [
        f'{NAMES[problem.field]}: "{problem.words}" {problem.message}.'
        for problem in check(Texts(**told), facts, on=on)
        if problem.is_binding
    ]


def shown_changes(publication: Publication) -> list[ShownChange]:
    """Return what a person changed before publishing."""
    return [
        ShownChange(NAMES[name], difference(publication.drafted.get(name, ""), text))
        for name, text in publication.final.items()
        if name in NAMES and publication.drafted.get(name, "") != text
    ]


def _of(problems: Sequence[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    return [problem for problem in problems if problem["field"] == name]


def _marked(text: str, problems: Sequence[Mapping[str, Any]]) -> tuple[Stretch, ...]:
    stretches, at = [], 0
    for problem in sorted(problems, key=lambda found: int(found["start"])):
        start, end = int(problem["start"]), int(problem["end"])
        if not at <= start < end <= len(text):
            continue
        stretches.append(Stretch(text[at:start]))
        stretches.append(Stretch(text[start:end], problem["message"], bool(problem["binding"])))
        at = end
    return (*stretches, Stretch(text[at:]))
