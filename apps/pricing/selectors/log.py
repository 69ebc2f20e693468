"""Reads of the log of predictions."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.pricing.models import Prediction
from bakery.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionRow:
    """A prediction as it was logged; ``final_price`` None while nobody has decided."""

    id: int
    source: str
    subject: str
    spec: dict[str, Any]
    currency: str
    formula_price: Decimal
    price: Decimal
    low: Decimal
    high: Decimal
    cost: Decimal
    servings: int | None
    servings_least: int | None
    servings_most: int | None
    servings_formula: int | None
    origin: str
    version: str
    at: datetime
    final_price: Decimal | None
    reason: str


_SAME = (
    *("id", "source", "subject", "spec", "currency", "formula_price", "price", "low", "high"),
    *("cost", "servings", "servings_least", "servings_most", "servings_formula", "origin", "at"),
)


def prediction(pk: int) -> PredictionRow:
    """Return one prediction with its decision; one query. Raises `NotFound`."""
    row = Prediction.objects.select_related("version", "decision").filter(pk=pk).first()
    if row is None:
        raise NotFound("prediction_not_found", "There is no such prediction.")
    return prediction_row(row)


def prediction_row(row: Prediction) -> PredictionRow:
    """Return what was logged in ``row``, which was read with its version and decision."""
    decision = getattr(row, "decision", None)
    return PredictionRow(
        **{name: getattr(row, name) for name in _SAME},
        version=row.version.name if row.version else "",
        final_price=decision.final_price if decision else None,
        reason=decision.reason if decision else "",
    )
