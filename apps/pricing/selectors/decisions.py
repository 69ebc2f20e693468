"""What models learn from: every decision with the cake as it was described then."""

from decimal import Decimal

from apps.pricing.models import Decision
from apps.pricing.rules.past import PARTY, PastCake, in_order
from apps.pricing.rules.spec import spec_from_json
from apps.pricing.states import ModelKind
from bakery.kernel.errors import Invalid

# Of more, the newest: older ones tell about another bakery. A training of so many (some 15 s of
# CPU) ends well within the 50 seconds that a worker has.
_MOST = 20_000
_COLUMNS = (
    *("prediction__subject", "prediction__spec", "prediction__features", "at", "final_price"),
    *("prediction__formula_price", "prediction__servings_formula", "prediction__at"),
    *("final_servings_least", "final_servings_most"),
)


def decided_cakes(kind: ModelKind, *, newest: int = _MOST) -> list[PastCake]:
    """Return the newest decisions that a model of ``kind`` can learn from, in order; one query.

    Of each subject its last one. Those that this release cannot read are left out.
    """
    rows = Decision.objects.order_by("-at", "-pk")
    if kind == ModelKind.SERVINGS:
        rows = rows.filter(
            prediction__servings_formula__isnull=False, final_servings_least__isnull=False
        )
    cakes = []
    found = rows.values_list(*_COLUMNS)[:newest]
    for subject, spec, features, at, price, formula, chart, asked_at, least, most in found:
        try:
            known = spec_from_json(spec)
        except Invalid:
            continue
        exact = features.get("formula") if isinstance(features, dict) else None
        cakes.append(
            PastCake(
                subject=subject,
                at=at,
                spec=known,
                formula_price=formula,
                price=price,
                servings_formula=chart,
                servings=None if least is None else (Decimal(least) + Decimal(most)) / 2,
                exact_formula=Decimal(str(exact)) if exact else None,
                asked_at=asked_at,
                style=spec.get("style", PARTY),
                keep_top=bool(spec.get("keep_top")) and len(known.tiers) > 1,
            )
        )
    return in_order(cakes)
