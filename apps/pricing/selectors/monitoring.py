"""What monitoring looks at: decisions beside their predictions, and what challengers said."""

from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Subquery

from apps.pricing.models import Decision, ShadowPrediction
from apps.pricing.rules.geometry import measure_stack
from apps.pricing.rules.monitoring import Judged
from apps.pricing.rules.spec import spec_from_json
from bakery.kernel.errors import Invalid

# More than a bakery decides in years; of more, the newest.
MOST = 5000
_COLUMNS = (
    *("at", "final_price", "prediction__price", "prediction__formula_price", "prediction__low"),
    *("prediction__high", "prediction__spec", "version_name", "shadow"),
)


def judged(
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    version_id: int | None = None,
    challenger_id: int | None = None,
    limit: int = MOST,
) -> list[Judged]:
    """Return the newest decisions, oldest first; one query.

    ``version_id`` takes only what that version predicted, ``challenger_id`` adds what that one
    would have said.
    """
    rows = Decision.objects.order_by("-at", "-pk")
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lte=until)
    if version_id is not None:
        rows = rows.filter(prediction__version_id=version_id)
    said = ShadowPrediction.objects.filter(
        prediction_id=OuterRef("prediction_id"), version_id=challenger_id or 0
    )
    found = rows.annotate(
        version_name=F("prediction__version__name"), shadow=Subquery(said.values("price")[:1])
    ).values_list(*_COLUMNS)[:limit]
    return [row for row in map(_row_of, found) if row is not None][::-1]


def _row_of(found: tuple[Any, ...]) -> Judged | None:
    """Return one decision, None when this release cannot read its cake."""
    at, final, price, formula, low, high, spec, version, shadow = found
    try:
        cake = spec_from_json(spec)
    except Invalid:
        return None
    if price <= 0 or formula <= 0:
        return None
    return Judged(
        at=at,
        predicted=float(price),
        formula=float(formula),
        decided=float(final),
        held=low <= final <= high,
        volume=float(measure_stack(cake.tiers).volume),
        complexity=cake.complexity,
        version=version or "",
        shadow=float(shadow) if shadow else None,
    )
