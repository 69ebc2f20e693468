"""Whether lines may be ordered, line by line, with codes that clients may rely on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from bakery.kernel.errors import Invalid
from bakery.kernel.writing import can_be_written

MAX_QUANTITY = 500
MAX_LINES = 50
MAX_MESSAGE = 300
MAX_NOTE = 1000
MAX_CODE = 40


class VariantFacts(Protocol):
    """What the checks need to know of a variant that is on sale."""

    @property
    def per_order_limit(self) -> int | None:
        """At most so many in one order, all lines together."""

    @property
    def message_max_length(self) -> int:
        """Characters that fit on it; 0 when nothing is written on it."""


@dataclass(frozen=True)
class WantedLine:
    """A line of a cart."""

    line_id: int
    variant_id: int
    quantity: int
    message: str


@dataclass(frozen=True)
class LineProblem:
    """Why a line cannot be ordered as it stands."""

    line_id: int
    variant_id: int
    code: str
    message: str

    def as_json(self) -> dict[str, Any]:
        """Return the problem as API clients get it."""
        return {
            "line_id": self.line_id,
            "variant_id": self.variant_id,
            "code": self.code,
            "message": self.message,
        }


def demand(lines: Sequence[WantedLine]) -> dict[int, int]:
    """Return how many of each variant the lines ask for together."""
    wanted: Counter[int] = Counter()
    for line in lines:
        wanted[line.variant_id] += line.quantity
    return dict(wanted)


def shortage_text(name: str, shortage: Mapping[str, Any]) -> str:
    """Return in words what ``shortage`` says of the size called ``name``.

    It has ``available`` pieces and, where a day has a stock of its own, that ``day`` (ISO 8601).
    """
    left = shortage["available"]
    text = f"only {left} left" if left > 0 else "sold out"
    if "day" in shortage:
        day = date.fromisoformat(shortage["day"])
        text = f"{text} on {day:%A} {day.day} {day:%B}"
    return f"{name}: {text}."


def check_message(message: str, facts: VariantFacts) -> tuple[str, str] | None:
    """Return a code and words when ``message`` cannot be written on this variant."""
    if not message:
        return None
    if facts.message_max_length == 0:
        return "message_not_offered", "Nothing can be written on this."
    if len(message) > facts.message_max_length:
        text = f"The message has {len(message)} characters; {facts.message_max_length} fit."
        return "message_too_long", text
    if any(char != "\n" and not can_be_written(char) for char in message):
        return "message_unprintable", "The message has characters that cannot be written."
    return None


def check_note(note: str) -> None:
    """Raise `Invalid` ``bad_note`` when a customer's note is too long or cannot be written."""
    if len(note.strip()) > MAX_NOTE:
        raise Invalid("bad_note", f"A note has room for {MAX_NOTE} characters.")
    if any(char not in "\r\n\t" and not can_be_written(char) for char in note):
        raise Invalid("bad_note", "The note has characters that cannot be written.")


def check_code(code: str) -> str:
    """Return a code as it is kept: letters in capitals, without the spaces and dashes of print.

    Raises `Invalid` ``code_refused``, as for a code that nobody has, when it cannot be one.
    """
    plain = "".join(char for char in code if char not in "-\u2010\u2011\u2013" and char != "_")
    key = "".join(plain.split()).upper()
    if not 1 <= len(key) <= MAX_CODE or not (key.isascii() and key.isalnum()):
        raise Invalid("code_refused", "This code cannot be used.")
    return key


def check_lines(
    lines: Sequence[WantedLine],
    facts: Mapping[int, VariantFacts],
    available: Mapping[int, int | None] | None = None,
) -> list[LineProblem]:
    """Return every reason against ordering ``lines``, in their order; at most one a line.

    ``facts`` has the variants that are on sale; ``available`` their free stock (None: made to
    order), left out where stock is taken and thereby checked anyway.
    """
    wanted = demand(lines)
    problems = []
    for line in lines:
        found = _check(line, facts.get(line.variant_id), wanted[line.variant_id], available or {})
        if found:
            problems.append(LineProblem(line.line_id, line.variant_id, *found))
    return problems


def _check(
    line: WantedLine,
    facts: VariantFacts | None,
    wanted: int,
    available: Mapping[int, int | None],
) -> tuple[str, str] | None:
    if facts is None:
        return "archived", "This is not sold any more."
    limit = facts.per_order_limit
    if limit is not None and wanted > limit:
        return "over_limit", f"At most {limit} of this in one order."
    free = available.get(line.variant_id)
    if free is not None and wanted > free:
        return "sold_out", "Sold out." if free <= 0 else f"Only {free} left."
    return check_message(line.message, facts)
