"""The three texts of a draft, their limits, and how far one is from another."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any, Self

from bakery.kernel.errors import Invalid

# As long as the product's columns; search engines cut what they show near 160 characters.
LIMITS: Mapping[str, int] = {"short": 200, "long": 5000, "seo": 160}
NAMES: Mapping[str, str] = {
    "short": "Short text",
    "long": "Long text",
    "seo": "Text for search engines",
}
# Where the catalog keeps each.
COLUMNS: Mapping[str, str] = {
    "short": "short_description",
    "long": "description",
    "seo": "seo_description",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """A short, a long (paragraphs apart by an empty line) and a search engine's text."""

    short: str
    long: str
    seo: str

    def as_json(self) -> dict[str, str]:
        """Return them by field."""
        return asdict(self)

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """Return texts that can be stored; raises `Invalid` naming the field that cannot."""
        return cls(**{name: _clean(name, given.get(name)) for name in LIMITS})

    @classmethod
    def received(cls, given: Mapping[str, Any]) -> Self | None:
        """Return what somebody else wrote, as far as it can be stored; None for what is no text.

        A text that is too long stays so, for the check to say it; it is cut far beyond.
        """
        if not all(isinstance(given.get(name), str) for name in LIMITS):
            return None
        return cls(**{name: _storable(given[name])[: 2 * limit] for name, limit in LIMITS.items()})


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a difference; ``how`` is "same", "gone" or "new"."""

    how: str
    text: str


def _clean(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise Invalid("bad_text", f"{NAMES[name]} is missing.", details={"field": name})
    text = "\n".join(line.rstrip() for line in value.replace("\r", "").strip().split("\n"))
    if "\x00" in text or _is_broken(text):
        raise Invalid(
            "unstorable_text", "A text with NUL or half a character.", details={"field": name}
        )
    if len(text) > LIMITS[name]:
        raise Invalid(
            "too_long",
            f"{NAMES[name]} has at most {LIMITS[name]} characters; this one has {len(text)}.",
            details={"field": name, "limit": LIMITS[name], "length": len(text)},
        )
    return text


def _storable(text: str) -> str:
    shown = (char for char in text.replace("\r", "") if char == "\n" or char >= " ")
    return "".join(char for char in shown if not "\ud800" <= char <= "\udfff").strip()


def _is_broken(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def likeness(drafted: Mapping[str, str], final: Mapping[str, str]) -> Decimal:
    """Return the share of characters that stayed as they were drafted, from 0 to 1.

    Twice what both have in common over the length of both (Ratcliff and Obershelp, as difflib
    counts it), words being what is compared.
    """
    same = total = 0
    for name in LIMITS:
        before, after = _words(drafted.get(name, "")), _words(final.get(name, ""))
        blocks = SequenceMatcher(a=before, b=after, autojunk=False).get_matching_blocks()
        same += sum(
            len(word) for block in blocks for word in before[block.a : block.a + block.size]
        )
        total += sum(map(len, before)) + sum(map(len, after))
    return (Decimal(2 * same) / total if total else Decimal(1)).quantize(Decimal("0.0001"))


def difference(before: str, after: str) -> list[Segment]:
    """Return how ``after`` came out of ``before``, word by word."""
    old, new = _words(before), _words(after)
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    return list(_segments(old, new, matcher))


def _segments(old: list[str], new: list[str], matcher: "SequenceMatcher[str]") -> Iterator[Segment]:
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            yield Segment("same", "".join(old[old_from:old_to]))
            continue
        if old_from < old_to:
            yield Segment("gone", "".join(old[old_from:old_to]))
        if new_from < new_to:
            yield Segment("new", "".join(new[new_from:new_to]))


def _words(text: str) -> list[str]:
    """Return words and what stands between them, so that nothing is lost."""
    found: list[str] = []
    for char in text:
        if found and char.isspace() == found[-1][-1].isspace():
            found[-1] += char
        else:
            found.append(char)
    return found
