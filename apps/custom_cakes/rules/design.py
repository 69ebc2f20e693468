"""A custom cake as its customer describes it: structured choices, with free text beside them.

Stored as JSON by `Design.as_json`, read back by `parse_design`: strictly, or not at all. Nothing
is guessed, rounded or silently left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from apps.catalog.selectors import STYLES, Tier, check_tier
from apps.pricing.states import EventType
from bakery.kernel.errors import Invalid

MAX_TIERS, MAX_DECORATIONS, MAX_COUNT = 6, 12, 200
MAX_LAYERS = 8
# Thinner cannot be cut out of a sponge.
_THINNEST_LAYER = Decimal("0.5")
_LARGEST_KEY = 2**63 - 1
_TIER_KEYS = frozenset(
    {"shape", "length_in", "width_in", "height_in", "layers", "flavour_id", "filling_id"}
)
_DESIGN_KEYS = frozenset({"tiers", "finish_id", "decorations", "event_type", "style", "keep_top"})
_DECORATION_KEYS = frozenset({"option_id", "count"})
_FIELDS_OF_MEASURES = {"length": "length_in", "width": "width_in", "height": "height_in"}


@dataclass(frozen=True, slots=True)
class DesignTier:
    """A tier; lengths in inches. Flavour and filling are keys of `CakeOption`."""

    shape: str
    length_in: Decimal
    width_in: Decimal | None
    height_in: Decimal
    layers: int
    flavour_id: int
    filling_id: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored: lengths as text, so that none is rounded."""
        return {
            "shape": self.shape,
            "length_in": inches_text(self.length_in),
            "width_in": None if self.width_in is None else inches_text(self.width_in),
            "height_in": inches_text(self.height_in),
            "layers": self.layers,
            "flavour_id": self.flavour_id,
            "filling_id": self.filling_id,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A cake from its bottom tier up.

    ``decorations`` are (option, count). ``style`` is how it is cut, "party" or "wedding", and
    with ``keep_top`` the top tier is not eaten. Nothing that a customer types is part of it, not
    even colours: that is a `CakeWish`, which can be forgotten.
    """

    tiers: tuple[DesignTier, ...]
    finish_id: int
    decorations: tuple[tuple[int, int], ...] = ()
    event_type: str = "other"
    style: str = "party"
    keep_top: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored and sent, in the form that `parse_design` reads."""
        return {
            "tiers": [tier.as_json() for tier in self.tiers],
            "finish_id": self.finish_id,
            "decorations": [
                {"option_id": option_id, "count": count} for option_id, count in self.decorations
            ],
            "event_type": self.event_type,
            "style": self.style,
            "keep_top": self.keep_top,
        }

    def option_ids(self) -> set[int]:
        """Return the keys of every option that was chosen."""
        found = {self.finish_id, *(option_id for option_id, _ in self.decorations)}
        for tier in self.tiers:
            found |= {tier.flavour_id} | ({tier.filling_id} if tier.filling_id else set())
        return found


def inches_text(value: Decimal) -> str:
    """Return "8" or "7.5", without zeros that say nothing."""
    return f"{value.normalize():f}"


def parse_design(data: Any) -> Design:
    """Return the design that ``data`` (parsed JSON) describes, tiers from the bottom.

    Raises `Invalid`, each with ``details.field``: ``bad_design`` for another shape of data,
    ``unknown_field``, ``missing``, ``bad_number``, ``bad_choice``, ``bad_tiers``
    (none or too many, or one that is wider than the one below it), ``layers_too_thin``,
    ``option_twice``, and what the servings chart refuses: ``unknown_shape``, ``bad_size``,
    ``width_missing``, ``width_not_used``.
    """
    row = _mapping(data, _DESIGN_KEYS, "")
    tiers = _tiers(_required(row, "tiers", ""))
    keep_top = row.get("keep_top", False)
    if not isinstance(keep_top, bool):
        raise _wrong("bad_choice", "True or false.", "keep_top")
    if keep_top and len(tiers) == 1:
        raise _wrong("bad_tiers", "A cake of one tier cannot keep its top tier.", "keep_top")
    return Design(
        tiers=tiers,
        finish_id=_key(_required(row, "finish_id", ""), "finish_id"),
        decorations=_decorations(row.get("decorations", [])),
        event_type=_choice(row.get("event_type", "other"), EventType.values, "event_type"),
        style=_choice(row.get("style", "party"), STYLES, "style"),
        keep_top=keep_top,
    )


def _tiers(rows: Any) -> tuple[DesignTier, ...]:
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_TIERS:
        raise _wrong("bad_tiers", f"A cake has 1 to {MAX_TIERS} tiers.", "tiers")
    tiers = tuple(_tier(row, f"tiers.{index}") for index, row in enumerate(rows))
    for index, (below, above) in enumerate(pairwise(tiers), start=1):
        if above.length_in > below.length_in or _depth(above) > _depth(below):
            raise _wrong(
                "bad_tiers", "A tier is not wider than the one below it.", f"tiers.{index}"
            )
    return tiers


def _depth(tier: DesignTier) -> Decimal:
    return tier.length_in if tier.width_in is None else tier.width_in


def _tier(data: Any, path: str) -> DesignTier:
    row = _mapping(data, _TIER_KEYS, path)
    measured = _measured(row, path)
    layers = _whole(row.get("layers", 2), MAX_LAYERS, f"{path}.layers")
    if measured.height < _THINNEST_LAYER * layers:
        raise _wrong(
            "layers_too_thin",
            f"A layer is at least {_THINNEST_LAYER} inch high: fewer layers, or a higher tier.",
            f"{path}.layers",
        )
    filling = row.get("filling_id")
    return DesignTier(
        shape=measured.shape,
        length_in=measured.length,
        width_in=measured.width,
        height_in=measured.height,
        layers=layers,
        flavour_id=_key(_required(row, "flavour_id", path), f"{path}.flavour_id"),
        filling_id=None if filling is None else _key(filling, f"{path}.filling_id"),
    )


def _measured(row: Mapping[str, Any], path: str) -> Tier:
    """Return shape and lengths as the servings chart takes them, sides in order."""
    shape = _required(row, "shape", path)
    if not isinstance(shape, str):
        raise _wrong("unknown_shape", "A shape is a word.", f"{path}.shape")
    width = row.get("width_in")
    tier = Tier(
        shape=shape,
        length=_inches(_required(row, "length_in", path), f"{path}.length_in"),
        width=None if width is None else _inches(width, f"{path}.width_in"),
        height=_inches(row.get("height_in", "4"), f"{path}.height_in"),
    )
    try:
        return check_tier(tier)
    except Invalid as error:
        field = str(error.details.get("field", ""))
        named = _FIELDS_OF_MEASURES.get(field, field)
        raise _wrong(error.code, error.message, f"{path}.{named}") from error


def _decorations(rows: Any) -> tuple[tuple[int, int], ...]:
    if not isinstance(rows, list) or len(rows) > MAX_DECORATIONS:
        raise _wrong("bad_design", f"Up to {MAX_DECORATIONS} decorations.", "decorations")
    found: dict[int, int] = {}
    for index, data in enumerate(rows):
        path = f"decorations.{index}"
        row = _mapping(data, _DECORATION_KEYS, path)
        option_id = _key(_required(row, "option_id", path), f"{path}.option_id")
        if option_id in found:
            raise _wrong("option_twice", "Name a decoration once, with its count.", path)
        found[option_id] = _whole(row.get("count", 1), MAX_COUNT, f"{path}.count")
    return tuple(found.items())


def _mapping(data: Any, known: frozenset[str], path: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise _wrong("bad_design", "An object is expected here.", path)
    if unknown := sorted(str(name)[:40] for name in data if name not in known):
        field = ".".join(part for part in (path, unknown[0]) if part)
        raise _wrong("unknown_field", f"Known fields: {', '.join(sorted(known))}.", field)
    return data


def _required(row: Mapping[str, Any], name: str, path: str) -> Any:
    if row.get(name) is None:
        field = ".".join(part for part in (path, name) if part)
        raise _wrong("missing", "This is needed.", field)
    return row[name]


def _inches(value: Any, field: str) -> Decimal:
    """Return a length of at most two decimals; the chart says how long it may be."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise _wrong("bad_number", "A length in inches, such as 8 or 7.5.", field)
    text = str(value).strip()
    try:
        number = Decimal(text) if len(text) <= 12 and text.isascii() else Decimal("nan")
    except InvalidOperation as error:
        raise _wrong("bad_number", "A length in inches, such as 8 or 7.5.", field) from error
    # No exponents: "1e1" is a typing mistake more often than a ten.
    if not number.is_finite() or not -2 <= int(number.as_tuple().exponent) <= 0:
        raise _wrong("bad_number", "A length in inches with at most two decimals.", field)
    return Decimal(f"{number.normalize():f}")


def _whole(value: Any, most: int, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise _wrong("bad_number", f"A whole number from 1 to {most}.", field)
    return value


def _key(value: Any, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _LARGEST_KEY:
        raise _wrong("bad_choice", "The number of one of the choices.", field)
    return value


def _choice(value: Any, known: Any, field: str) -> str:
    if not isinstance(value, str) or value not in known:
        raise _wrong("bad_choice", f"One of: {', '.join(known)}.", field)
    return value


def _wrong(code: str, message: str, field: str) -> Invalid:
    return Invalid(code, message, details={"field": field})
