"""A design in words, for kitchens, mails and pages, in English and French. Pure."""

from collections.abc import Mapping
from decimal import Decimal

from apps.custom_cakes.rules.choices import Choice
from apps.custom_cakes.rules.design import Design, DesignTier, inches_text
from bakery.kernel.wording import DEFAULT, FRENCH, language_of

Labels = list[list[str]]

_SHAPES_FR = {
    "round": "rond", "square": "carré", "sheet": "plaque", "heart": "cœur", "petal": "pétale",
    "hexagon": "hexagone", "oval": "ovale", "paisley": "goutte", "diamond": "losange",
    "pillow": "coussin", "contour": "galbé",
}  # fmt: skip
_WORDS: dict[str, dict[str, str]] = {
    DEFAULT: {
        "tier": "Tier {no}", "bottom": "Tier {no} (bottom)", "top": "Tier {no} (top)",
        "only": "Cake", "high": "{height} in high", "layers": "{count} layers of {name}",
        "layer": "1 layer of {name}", "filled": "filled with {name}", "finish": "Outside",
        "decorations": "Decorations", "cut": "Cut as",
        "party": "party slices", "wedding": "wedding slices", "kept": "Top tier",
        "keep": "kept, not served",
    },
    FRENCH: {
        "tier": "Étage {no}", "bottom": "Étage {no} (bas)", "top": "Étage {no} (haut)",
        "only": "Gâteau", "high": "{height} po de haut", "layers": "{count} couches de {name}",
        "layer": "1 couche de {name}", "filled": "garniture : {name}", "finish": "Extérieur",
        "decorations": "Décorations", "cut": "Coupe",
        "party": "parts de fête", "wedding": "parts de mariage", "kept": "Étage du haut",
        "keep": "conservé, non servi",
    },
}  # fmt: skip


def labels_of(design: Design, choices: Mapping[int, Choice], language: str = DEFAULT) -> Labels:
    """Return rows of [label, text], tiers from the bottom to the top."""
    tongue = language_of(language)
    words = _WORDS[tongue]
    rows = [
        [_tier_name(index, len(design.tiers), tongue), tier_text(tier, choices, tongue)]
        for index, tier in enumerate(design.tiers)
    ]
    rows.append([words["finish"], name_of(design.finish_id, choices, tongue)])
    if design.decorations:
        rows.append([words["decorations"], decorations_text(design, choices, tongue)])
    rows.append([words["cut"], words.get(design.style, design.style)])
    if design.keep_top:
        rows.append([words["kept"], words["keep"]])
    return rows


def tier_text(tier: DesignTier, choices: Mapping[int, Choice], language: str = DEFAULT) -> str:
    """Return "10 in round, 4 in high, 2 layers of Vanilla, filled with Raspberry"."""
    words = _WORDS[language]
    layers = words["layer" if tier.layers == 1 else "layers"]
    flavour = name_of(tier.flavour_id, choices, language)
    parts = [
        size_text(tier, language),
        words["high"].format(height=inches_in(tier.height_in, language)),
        layers.format(count=tier.layers, name=flavour),
    ]
    if tier.filling_id is not None:
        parts.append(words["filled"].format(name=name_of(tier.filling_id, choices, language)))
    return ", ".join(parts)


def size_text(tier: DesignTier, language: str = DEFAULT) -> str:
    """Return "10 in round", "9 x 13 in sheet", in French "rond de 10 po"."""
    sides = [side for side in (tier.width_in, tier.length_in) if side is not None]
    if language == FRENCH:
        measures = " x ".join(inches_in(side, language) for side in sides)
        return f"{_SHAPES_FR.get(tier.shape, tier.shape)} de {measures} po"
    return f"{' x '.join(inches_in(side, language) for side in sides)} in {tier.shape}"


def decorations_text(design: Design, choices: Mapping[int, Choice], language: str = DEFAULT) -> str:
    """Return "Sugar flower x 5, Gold leaf"."""
    return ", ".join(
        f"{name_of(key, choices, language)} x {count}"
        if count > 1
        else name_of(key, choices, language)
        for key, count in design.decorations
    )


def name_of(key: int, choices: Mapping[int, Choice], language: str = DEFAULT) -> str:
    """Return what an option is called; its number when it no longer exists."""
    choice = choices.get(key)
    return choice.name_in(language) if choice else f"#{key}"


def inches_in(value: Decimal, language: str) -> str:
    """Return a length as people of a language write it: 7.5 or 7,5."""
    text = inches_text(value)
    return text.replace(".", ",") if language == FRENCH else text


def _tier_name(index: int, count: int, language: str) -> str:
    words = _WORDS[language]
    if count == 1:
        return words["only"]
    place = "bottom" if index == 0 else "top" if index == count - 1 else "tier"
    return words[place].format(no=index + 1)


def tier_name(index: int, count: int, language: str = DEFAULT) -> str:
    """Return what the tier at ``index`` (0 is the bottom) of ``count`` is called."""
    return _tier_name(index, count, language_of(language))
