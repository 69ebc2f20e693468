"""How long cakes took in fact, beside what was estimated for them."""

from datetime import datetime
from decimal import Decimal

from apps.pricing.models import LabourRecord
from apps.pricing.rules.labour import factors_by_complexity
from apps.pricing.rules.spec import LEAST_COMPLEXITY, MOST_COMPLEXITY

_NEWEST = 500


def labour_factor(complexity: int, *, at: datetime) -> Decimal:
    """Return by what to multiply estimated hours of cakes of ``complexity``; one query.

    From cakes finished before ``at`` only: the median of actual over estimated hours, drawn to 1
    while they are few; never less than that of plainer cakes.
    """
    # Of each cake what was said of it last by then.
    said = LabourRecord.objects.filter(at__lt=at).order_by("subject", "-at", "-pk")
    last = said.distinct("subject").values("pk")
    rows = LabourRecord.objects.filter(pk__in=last, estimated_hours__gt=0, hours__gt=0)
    ratios: dict[int, list[Decimal]] = {}
    newest = rows.order_by("-at", "-pk").values_list("complexity", "hours", "estimated_hours")
    for of, hours, estimated in newest[:_NEWEST]:
        ratios.setdefault(of, []).append(hours / estimated)
    known = range(LEAST_COMPLEXITY, MOST_COMPLEXITY + 1)
    found = factors_by_complexity(ratios, known)
    return found.get(complexity, Decimal(1))
