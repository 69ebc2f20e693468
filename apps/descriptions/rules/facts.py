"""What is known of a cake: all that a writer is told, and all that a text may claim."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

MAX_DETAIL = 300


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in value)


# Annotation -> how a stored value becomes it.
_READERS: Mapping[str, Callable[[Any], Any]] = {
    repr(str): str,
    repr(int): int,
    repr(bool): bool,
    "tuple[str, ...]": _texts,
    "tuple[int, ...]": lambda value: tuple(int(item) for item in value),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Data of one cake; never anything about a person.

    ``ingredients`` are what its recipes use, ``others`` what the shop's other cakes use: words that
    would be wrong here. ``flavour`` and ``decoration`` are what staff noted, or what was chosen.
    ``said`` is what the shop already says of it. ``contains`` and ``free_from`` are codes of
    allergens that hold for every size, ``claims`` the diets that people put on it and that the
    facts allow. ``servings`` are all figures that its sizes have, ``numbers`` all others.
    """

    name: str
    kind: str = "cake"
    category: str = ""
    flavour: str = ""
    decoration: str = ""
    said: str = ""
    ingredients: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    free_from: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    servings: tuple[int, ...] = ()
    numbers: tuple[str, ...] = ()
    tiers: int = 0
    event_type: str = ""
    is_made_to_order: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored with a draft."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read it back; what this release does not know is left out, what lacks keeps its default.

        Raises `ValueError` or `TypeError` for values of another kind.
        """
        read: dict[str, Any] = {"name": ""}
        for field in fields(cls):
            if field.name in stored:
                read[field.name] = _READERS[str(field.type)](stored[field.name])
        return cls(**read)

    def told(self) -> dict[str, Any]:
        """Return what a writer is told: what may be said, and nothing that must not be."""
        return {
            "name": self.name,
            "category": self.category,
            "flavour": self.flavour,
            "ingredients": list(self.ingredients),
            "decoration": self.decoration,
            "occasion": self.event_type,
            "made_to_order": self.is_made_to_order,
        }
