"""What was typed into the form or sent by a client, and what of it can be read.

A draft is kept like this, complete or not: a mapping of texts, numbers and the raw design, with the
names that the API has. Reading it names everything that is wrong, not only the first thing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.custom_cakes.rules.design import Design, parse_design
from apps.custom_cakes.rules.wishes import LONGEST, Contact, Wishes, check_text, wrong
from bakery.kernel.errors import Invalid
from bakery.kernel.postal import LONGEST as LONGEST_ADDRESS

CONTACT = ("name", "email", "phone", "language")
FIELDS = ("design", "guests", "wanted_on", "event_on", "fulfilment", "budget", *LONGEST, "address")
_TIER_NUMBERS = ("layers", "flavour_id", "filling_id")
_LONGEST_TYPED = 40
_MOST_MONEY = Decimal(10**7)
_LONGEST_CONTACT = 254


@dataclass(frozen=True, slots=True)
class Read:
    """What could be read; ``errors`` are sentences by field, such as "design.tiers.0.length_in".

    ``wishes`` is None while something of the cake or the day is wrong or missing; ``design`` is
    there as soon as the cake can be understood, and ``values`` are what else was understood.
    """

    design: Design | None
    wishes: Wishes | None
    contact: Contact
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: dict[str, Invalid] = field(default_factory=dict)


class _Reader:
    """Reads one field after another and remembers what was wrong."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.errors: dict[str, Invalid] = {}

    def get(self, name: str, read: Callable[[Any], Any], default: Any = None) -> Any:
        """Return the field, ``default`` when it is empty or wrong."""
        value = self.data.get(name)
        if value is None or value == "":
            return default
        try:
            return read(value)
        except Invalid as error:
            found = str(error.details.get("field") or name)
            self.errors.setdefault(found, error)
            return default


def check_shape(data: Mapping[str, Any]) -> None:
    """Raise `Invalid` ``bad_draft`` for what no form could show again, whatever it says.

    A draft is kept as it is typed, right or wrong; but its design is an object with rows of tiers
    and decorations, its address one of texts, and everything else a text, a number or nothing.
    """
    for name, value in data.items():
        if name == "design":
            _check_design(value)
        elif name == "address":
            _check_flat(value, "address")
        else:
            _check_plain(value, name)


def _check_design(design: Any) -> None:
    if design is None:
        return
    if not isinstance(design, Mapping):
        raise wrong("bad_draft", "An object is expected here.", "design")
    for name, value in design.items():
        path = f"design.{name}"
        if name not in {"tiers", "decorations"}:
            _check_plain(value, path)
        elif value is not None and not isinstance(value, list):
            raise wrong("bad_draft", "A list is expected here.", path)
        else:
            for index, row in enumerate(value or ()):
                _check_flat(row, f"{path}.{index}")


def _check_flat(row: Any, path: str) -> None:
    if row is None and path == "address":
        return
    if not isinstance(row, Mapping):
        raise wrong("bad_draft", "An object is expected here.", path)
    for name, value in row.items():
        _check_plain(value, f"{path}.{name}")


def _check_plain(value: Any, path: str) -> None:
    if value is not None and not isinstance(value, str | int | float | bool | date | Decimal):
        raise wrong("bad_draft", "A text or a number is expected here.", path[:200])


def read_typed(data: Mapping[str, Any], *, is_typed: bool, needs_day: bool = True) -> Read:
    """Return what ``data`` says; ``is_typed``: by a person, so that numbers may be texts."""
    reader = _Reader(data)
    design = reader.get("design", lambda value: _design(value, is_typed=is_typed))
    if design is None and not reader.errors:
        reader.errors["design"] = wrong("missing", "Describe the cake.", "design")
    values = {
        "guests": reader.get("guests", lambda value: _whole(value, "guests", is_typed=is_typed)),
        "wanted_on": reader.get("wanted_on", lambda value: _day(value, "wanted_on")),
        "event_on": reader.get("event_on", lambda value: _day(value, "event_on")),
        "fulfilment": reader.get("fulfilment", lambda value: _word(value, "fulfilment"), "pickup"),
        "budget": reader.get("budget", lambda value: _money(value, "budget")),
        "address": reader.get("address", _address),
    }
    for name, longest in LONGEST.items():
        values[name] = reader.get(name, _text_of(name, longest), "")
    contact = Contact(
        **{name: reader.get(name, _text_of(name, _LONGEST_CONTACT), "") for name in CONTACT}
    )
    if needs_day and values["wanted_on"] is None:
        reader.errors.setdefault("wanted_on", wrong("missing", "Say for which day.", "wanted_on"))
    wishes = None
    if not reader.errors and design is not None and values["wanted_on"] is not None:
        wishes = Wishes(design=design, **values)
    return Read(design, wishes, contact, values, reader.errors)


def design_data(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a typed design as `parse_design` takes it: numbers out of texts, blanks left out."""
    data = {name: value for name, value in raw.items() if value not in ("", None)}
    if "finish_id" in data:
        data["finish_id"] = _number(data["finish_id"])
    if isinstance(data.get("tiers"), list):
        data["tiers"] = [_tier_data(row) for row in data["tiers"]]
    if isinstance(data.get("decorations"), list):
        data["decorations"] = [
            {name: _number(value) for name, value in row.items()}
            for row in data["decorations"]
            if isinstance(row, Mapping) and row.get("count") not in ("", None, "0", 0)
        ]
    return data


def _tier_data(row: Any) -> Any:
    if not isinstance(row, Mapping):
        return row
    plain = {name: value for name, value in row.items() if value not in ("", None)}
    return {
        name: _number(value) if name in _TIER_NUMBERS else value for name, value in plain.items()
    }


def _number(value: Any) -> Any:
    """Return the whole number that a text is, the text itself when it is none."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
        return int(value)
    return value


def _design(value: Any, *, is_typed: bool) -> Design:
    if not isinstance(value, Mapping):
        raise wrong("bad_design", "An object is expected here.", "design")
    try:
        return parse_design(design_data(value) if is_typed else value)
    except Invalid as error:
        path = str(error.details.get("field") or "")
        details = {**error.details, "field": f"design.{path}" if path else "design"}
        raise Invalid(error.code, error.message, details=details) from error


def _whole(value: Any, name: str, *, is_typed: bool) -> int:
    value = _number(value) if is_typed else value
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong("bad_number", "A whole number.", name)
    return value


def _day(value: Any, name: str) -> date:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else date.fromisoformat("")
    except ValueError as error:
        raise wrong("bad_day", "Write the day as 2026-11-28.", name) from error


def _money(value: Any, name: str) -> Decimal:
    text = value.strip().replace(",", ".") if isinstance(value, str) else ""
    if isinstance(value, int) and not isinstance(value, bool):
        text = str(value)
    try:
        amount = Decimal(text) if text.isascii() and len(text) <= _LONGEST_TYPED else None
    except InvalidOperation:
        amount = None
    # Compared first: a text of few signs can be a number of a million digits.
    if amount is None or not amount.is_finite() or not 0 < amount <= _MOST_MONEY:
        raise wrong("bad_amount", "Write an amount such as 250.", name)
    return amount


def _word(value: Any, name: str) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TYPED:
        raise wrong("bad_text", "A word is expected here.", name)
    return value


def _text_of(name: str, longest: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise wrong("bad_text", "Text is expected here.", name)
        return check_text(value, longest=longest, field_name=name)

    return read


def _address(value: Any) -> dict[str, str] | None:
    if not isinstance(value, Mapping):
        raise wrong("bad_address", "An object is expected here.", "address")
    if unknown := sorted(
        str(name)[:_LONGEST_TYPED] for name in value if name not in LONGEST_ADDRESS
    ):
        raise wrong("unknown_field", "This is no part of an address.", f"address.{unknown[0]}")
    if not all(isinstance(text, str) for text in value.values()):
        raise wrong("bad_address", "Texts are expected here.", "address")
    texts = {str(name): str(text) for name, text in value.items()}
    return texts if any(texts.values()) else None
