"""The form of a custom cake between a browser and what is kept of it.

A field's name in the browser is the path that refusals name, without "design.": "tiers.0.length_in"
or "decorations.12" (its option), so that each error finds its field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.catalog.selectors import TWO_MEASURES
from apps.catalog.states import CakeShape
from apps.custom_cakes import selectors
from apps.custom_cakes.rules.design import MAX_LAYERS, MAX_TIERS
from apps.custom_cakes.rules.typed import CONTACT
from apps.custom_cakes.rules.wishes import LONGEST
from apps.custom_cakes.states import OptionKind
from apps.pricing.states import EventType
from bakery.kernel.errors import Invalid

STYLES = (("party", "Party slices"), ("wedding", "Wedding slices"))
_TIER = ("shape", "length_in", "width_in", "height_in", "layers", "flavour_id", "filling_id")
_PLAIN = ("finish_id", "event_type", "style")
_WISHES = ("guests", "wanted_on", "event_on", "fulfilment", "budget", *LONGEST)
_ADDRESS = ("recipient", "line1", "line2", "city", "region", "postcode", "instructions")
# What the form begins with.
_FIRST_TIER = {"shape": "round", "length_in": "8", "height_in": "4", "layers": "2"}
# Beyond that nobody has typed it.
_LONGEST_VALUE = 4000


@dataclass(frozen=True, slots=True)
class Field:
    """A field as it is drawn."""

    name: str
    value: str
    error: str = ""

    @property
    def id(self) -> str:
        """Return the key of its element."""
        return f"f-{self.name.replace('.', '-')}"


def typed_of(post: Mapping[str, str]) -> dict[str, Any]:
    """Return what was typed, in the names of the API; what is not of the form is left out."""
    rows = []
    for index in range(MAX_TIERS):
        row = {name: _text(post, f"tiers.{index}.{name}") for name in _TIER}
        if row["shape"]:
            # Left over from another shape, and hidden since.
            rows.append(row if row["shape"] in TWO_MEASURES else {**row, "width_in": ""})
    counts = [
        {"option_id": name.removeprefix("decorations."), "count": _text(post, name)}
        for name in post
        if name.startswith("decorations.") and _text(post, name) not in {"", "0"}
    ]
    design: dict[str, Any] = {
        "tiers": rows,
        **{name: _text(post, name) for name in _PLAIN},
        "decorations": counts[:50],
        "keep_top": bool(post.get("keep_top")),
    }
    typed: dict[str, Any] = {
        "design": design,
        **{name: _text(post, name) for name in (*_WISHES, *CONTACT)},
    }
    if typed["fulfilment"] == "delivery":
        typed["address"] = {
            **{name: _text(post, f"address.{name}") for name in _ADDRESS},
            "country": _text(post, "address.country"),
        }
        if not typed["address"]["recipient"]:
            typed["address"]["recipient"] = typed["name"]
    return typed


def blank(known: Mapping[str, str]) -> dict[str, Any]:
    """Return what a new form begins with; ``known`` is of the account that asks."""
    return {"design": {"tiers": [dict(_FIRST_TIER)], "style": "party"}, **known}


def with_tier(typed: dict[str, Any]) -> dict[str, Any]:
    """Return what was typed with a further tier on top, two inches smaller."""
    tiers = list(typed["design"]["tiers"])
    if len(tiers) < MAX_TIERS:
        last = dict(tiers[-1]) if tiers else dict(_FIRST_TIER)
        for name in ("length_in", "width_in"):
            last[name] = _smaller(str(last.get(name) or ""))
        tiers.append(last)
    return {**typed, "design": {**typed["design"], "tiers": tiers}}


def without_tier(typed: dict[str, Any], index: int) -> dict[str, Any]:
    """Return what was typed without one tier; the last one stays."""
    tiers = list(typed["design"]["tiers"])
    if len(tiers) > 1 and 0 <= index < len(tiers):
        del tiers[index]
    return {**typed, "design": {**typed["design"], "tiers": tiers}}


def form_context(
    typed: Mapping[str, Any], errors: Mapping[str, Invalid], *, language: str
) -> dict[str, Any]:
    """Return what the form's template needs: every field with its value and its error."""
    texts = {_field_name(name): error.message for name, error in errors.items()}
    design = typed.get("design") or {}
    kinds = selectors.options()

    def field(name: str, value: Any) -> Field:
        return Field(name, "" if value is None else str(value), texts.pop(name, ""))

    tiers = [
        _tier(index, row if isinstance(row, Mapping) else {}, field)
        for index, row in enumerate(_rows(design.get("tiers"))[:MAX_TIERS] or [_FIRST_TIER])
    ]
    for position, row in enumerate(tiers):
        row["label"] = _tier_label(position, len(tiers))
    fields = {name: field(name, design.get(name)) for name in _PLAIN}
    fields |= {name: field(name, typed.get(name)) for name in (*_WISHES, *CONTACT)}
    address = typed.get("address") or {}
    return {
        "tiers": tiers,
        "f": fields,
        "address": {name: field(f"address.{name}", address.get(name)) for name in _ADDRESS},
        "country": str(address.get("country") or ""),
        "keep_top": bool(design.get("keep_top")),
        "decorations": _decorations(design, kinds[OptionKind.DECORATION], field, texts, language),
        "flavours": _names(kinds[OptionKind.FLAVOUR], language),
        "fillings": _names(kinds[OptionKind.FILLING], language),
        "finishes": _names(kinds[OptionKind.FINISH], language),
        "shapes": CakeShape.choices,
        "layer_counts": [str(count) for count in range(1, MAX_LAYERS + 1)],
        "event_types": EventType.choices,
        "styles": STYLES,
        "may_add_tier": len(tiers) < MAX_TIERS,
        # What was refused of fields that the form does not have.
        "other_errors": list(texts.values()),
        "has_errors": bool(errors),
    }


def _tier(index: int, row: Mapping[str, Any], field: Any) -> dict[str, Any]:
    found = {name: field(f"tiers.{index}.{name}", row.get(name)) for name in _TIER}
    return {**found, "index": index, "error": field(f"tiers.{index}", "").error}


def _tier_label(index: int, count: int) -> str:
    if count == 1:
        return "Your cake"
    place = " (bottom)" if index == 0 else " (top)" if index == count - 1 else ""
    return f"Tier {index + 1}{place}"


def _decorations(
    design: Mapping[str, Any],
    choices: Sequence[Any],
    field: Any,
    texts: dict[str, str],
    language: str,
) -> list[dict[str, Any]]:
    chosen: dict[str, tuple[int, Any]] = {}
    for index, row in enumerate(_rows(design.get("decorations"))):
        if isinstance(row, Mapping):
            chosen[str(row.get("option_id"))] = (index, row.get("count"))
    found = []
    for choice in choices:
        index, count = chosen.get(str(choice.id), (-1, ""))
        wrong = texts.pop(f"decorations.{index}.count", "") or texts.pop(f"decorations.{index}", "")
        drawn = field(f"decorations.{choice.id}", count)
        found.append(
            {
                "field": Field(drawn.name, drawn.value, wrong or drawn.error),
                "name": choice.name_in(language),
                "note": choice.note_in(language),
                "most": choice.most,
            }
        )
    return found


def _names(choices: Sequence[Any], language: str) -> list[dict[str, str]]:
    return [
        {"id": str(row.id), "name": row.name_in(language), "note": row.note_in(language)}
        for row in choices
    ]


def _rows(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _field_name(name: str) -> str:
    return name.removeprefix("design.")


def _text(post: Mapping[str, str], name: str) -> str:
    return post.get(name, "")[:_LONGEST_VALUE].replace("\x00", "").strip()


def _smaller(text: str) -> str:
    if not (text.isascii() and text.isdecimal() and len(text) < 4):
        return text
    return str(max(int(text) - 2, 4))
