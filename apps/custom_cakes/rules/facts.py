"""What a design comes to: all that its price, its day, its slot and its label follow from."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.catalog.selectors import Estimate
from apps.custom_cakes.rules.allergies import conflicts_of
from apps.custom_cakes.rules.wording import Labels
from apps.pricing.selectors import CakeSpec, spec_as_json


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignFacts:
    """``allergens`` are a size's food facts; ``labels`` rows of [label, text], bottom to top.

    ``lead_days`` are the least working days, ``usual_days`` the calendar days that are usual for
    a cake of its size; ``is_short`` tells that ``wanted_on`` leaves less than those. ``notes`` are
    for staff alone: they tell of costs. ``estimated_hours`` are people's before the factor of
    what such cakes really took, which `spec.labour_hours` has in it: what was measured is compared
    with these, or the factor would correct itself away.
    """

    spec: CakeSpec
    estimated_hours: Decimal
    weight_g: int
    oven_minutes: int
    decorator_minutes: int
    lead_days: int
    usual_days: int
    is_short: bool
    allergens: dict[str, Any]
    labels: Labels
    labels_fr: Labels
    servings: Estimate
    notes: tuple[str, ...]
    wanted_on: date | None = None

    def labels_in(self, language: str) -> Labels:
        """Return the labels in ``language``, English when nothing else is written."""
        return self.labels_fr if language == "fr" else self.labels

    def conflicts(self, allergies: str, language: str = "en") -> list[str]:
        """Return in words what speaks against this cake for somebody with ``allergies``.

        ``allergies`` is what a customer wrote; see `allergies.conflicts_of`.
        """
        return [row.text_in(language) for row in conflicts_of(allergies, self.allergens)]

    def as_json(self) -> dict[str, Any]:
        """Return it as a revision keeps it; text and whole numbers, so that nothing is rounded."""
        return {
            "spec": spec_as_json(self.spec),
            "estimated_hours": str(self.estimated_hours),
            "weight_g": self.weight_g,
            "oven_minutes": self.oven_minutes,
            "decorator_minutes": self.decorator_minutes,
            "lead_days": self.lead_days,
            "usual_days": self.usual_days,
            "is_short": self.is_short,
            "allergens": self.allergens,
            "labels": self.labels,
            "labels_fr": self.labels_fr,
            "servings": {
                "chart": self.servings.chart,
                "style": self.servings.style,
                "servings": self.servings.servings,
                "least": self.servings.least,
                "most": self.servings.most,
                "notes": list(self.servings.notes),
            },
            "notes": list(self.notes),
            "wanted_on": self.wanted_on.isoformat() if self.wanted_on else None,
        }
