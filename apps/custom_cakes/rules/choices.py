"""What can be chosen, as rules reckon with it, and which of it a design chose."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from apps.custom_cakes.rules.design import Design
from apps.custom_cakes.states import OptionKind
from bakery.kernel.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An option; see `CakeOption` for the units of what it takes."""

    id: int
    kind: str
    name: str
    name_fr: str = ""
    note: str = ""
    note_fr: str = ""
    recipe_id: int | None = None
    is_edible: bool = True
    grams: Decimal = Decimal(0)
    material_cost: Decimal = Decimal(0)
    minutes: Decimal = Decimal(0)
    complexity: int = 1
    most: int = 1
    lead_days: int = 0

    def name_in(self, language: str) -> str:
        """Return what it is called in ``language``, in English where nothing else was written."""
        return self.name_fr or self.name if language == "fr" else self.name

    def note_in(self, language: str) -> str:
        """Return what is said about it in ``language``."""
        return self.note_fr or self.note if language == "fr" else self.note

    @property
    def is_unknown(self) -> bool:
        """Whether people eat it and no recipe says what is in it."""
        return self.is_edible and self.recipe_id is None


def named_by(design: Design) -> Iterable[tuple[str, int, str]]:
    """Return each choice of ``design`` as (kind, key, path of the field that names it)."""
    for index, tier in enumerate(design.tiers):
        yield OptionKind.FLAVOUR, tier.flavour_id, f"tiers.{index}.flavour_id"
        if tier.filling_id is not None:
            yield OptionKind.FILLING, tier.filling_id, f"tiers.{index}.filling_id"
    yield OptionKind.FINISH, design.finish_id, "finish_id"
    for index, (option_id, _) in enumerate(design.decorations):
        yield OptionKind.DECORATION, option_id, f"decorations.{index}.option_id"


def check_choices(design: Design, choices: Mapping[int, Choice]) -> None:
    """Refuse a design that names what cannot be chosen, or more of it than can be had.

    Raises `Invalid` with ``details.field``: ``option_gone`` (unknown, no longer offered, or not
    of this kind), ``too_many``.
    """
    for kind, key, field in named_by(design):
        choice = choices.get(key)
        if choice is None or choice.kind != kind:
            raise Invalid(
                "option_gone",
                "This can no longer be chosen. Choose another.",
                details={"field": field, "option_id": key},
            )
    for index, (key, count) in enumerate(design.decorations):
        if count > choices[key].most:
            raise Invalid(
                "too_many",
                f"At most {choices[key].most} of {choices[key].name}.",
                details={"field": f"decorations.{index}.count", "most": choices[key].most},
            )
