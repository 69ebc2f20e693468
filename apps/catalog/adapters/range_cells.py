"""How one value of the range is written in a cell and read from it."""

import re
from collections.abc import Iterable, Sequence
from datetime import time
from decimal import Decimal
from typing import Any

from import_export.widgets import Widget

from apps.catalog.rules.stacks import parse_stack, stack_text
from bakery.kernel.errors import Invalid

_DECIMAL = re.compile(r"\d{1,8}(?:\.\d{1,4})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::00)?", re.ASCII)
_YES, _NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})


class Text(Widget):
    """Text, exactly as it is; others say in `read` and `write` what their cells look like."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:  # noqa: ARG002 - the library's signature
        """Return what the cell means; raise ValueError."""
        return self.read(value)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:  # noqa: ARG002 - as above
        """Return the cell of a value, "" for None."""
        return "" if value is None else self.write(value)

    def read(self, text: str) -> Any:
        """Return the text."""
        return text

    def write(self, value: Any) -> str:
        """Return the text."""
        return str(value)


class Amount(Text):
    """A number with a point; nothing is rounded."""

    def read(self, text: str) -> Decimal | None:
        """Return the number, None for an empty cell; raise ValueError."""
        text = text.strip()
        if not text:
            return None
        if not _DECIMAL.fullmatch(text):
            raise ValueError("Write a number such as 12.50.")
        return Decimal(text)

    def write(self, value: Any) -> str:
        """Return the number as it is stored."""
        return f"{value:f}"


class Whole(Text):
    """A whole number."""

    def read(self, text: str) -> int | None:
        """Return the number, None for an empty cell; raise ValueError."""
        text = text.strip()
        if not text:
            return None
        if not _WHOLE.fullmatch(text):
            raise ValueError("Write a whole number.")
        return int(text)


class Flag(Text):
    """Yes or no."""

    def read(self, text: str) -> bool | None:
        """Return the answer, None for an empty cell; raise ValueError."""
        text = text.strip().lower()
        if not text:
            return None
        if text not in _YES | _NO:
            raise ValueError("Write yes or no.")
        return text in _YES

    def write(self, value: Any) -> str:
        """Return yes or no."""
        return "yes" if value else "no"


class Clock(Text):
    """A time of the day."""

    def read(self, text: str) -> time | None:
        """Return the time, None for an empty cell; raise ValueError."""
        text = text.strip()
        if not text:
            return None
        found = _TIME.fullmatch(text)
        if found is None:
            raise ValueError("Write a time such as 15:00.")
        return time(int(found[1]), int(found[2]))

    def write(self, value: Any) -> str:
        """Return hours and minutes."""
        return f"{value:%H:%M}"


class Choice(Text):
    """One of a vocabulary, by its code or its label."""

    def __init__(self, choices: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        pairs = [(str(code), str(label)) for code, label in choices]
        self.codes = {name.lower(): code for code, label in pairs for name in (label, code)}
        self.known = ", ".join(code for code, _ in pairs)

    def read(self, text: str) -> str:
        """Return the code, "" for an empty cell; raise ValueError."""
        text = text.strip().lower()
        if text and text not in self.codes:
            raise ValueError(f"One of: {self.known}.")
        return self.codes.get(text, "")


class Codes(Text):
    """Several of a vocabulary, with commas between them."""

    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__()
        self.codes = tuple(codes)

    def read(self, text: str) -> list[str]:
        """Return the codes; raise ValueError for an unknown one."""
        given = [part.strip().lower() for part in text.split(",") if part.strip()]
        if unknown := [code for code in given if code not in self.codes]:
            raise ValueError(f"Unknown: {', '.join(unknown)}. Known: {', '.join(self.codes)}.")
        return [code for code in self.codes if code in given]

    def write(self, value: Any) -> str:
        """Return the codes in one cell."""
        return ", ".join(value)


class Stack(Text):
    """Tiers as one line, see `rules.stacks`."""

    def read(self, text: str) -> list[dict[str, str]]:
        """Return the tiers; raise ValueError."""
        try:
            return parse_stack(text)
        except Invalid as error:
            raise ValueError(error.message) from error

    def write(self, value: Any) -> str:
        """Return the tiers as a line."""
        return stack_text(value)
