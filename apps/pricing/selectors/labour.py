"""How long cakes took in fact, beside what was estimated for them."""

from datetime import datetime
from decimal import Decimal

from apps.pricing.models import LabourRecord
from apps.pricing.rules.labour import shrunk_factor

_NEWEST = 200


def labour_factor(complexity: int, *, at: datetime) -> Decimal:
    """Return by what to multiply estimated hours of cakes of ``complexity``; one query.

    From cakes finished before ``at`` only: the median of actual over estimated hours, drawn to 1
    while they are few.
    """
    rows = LabourRecord.objects.filter(complexity=complexity, at__lt=at, estimated_hours__gt=0)
    newest = rows.order_by("-at").values_list("hours", "estimated_hours")[:_NEWEST]
    return shrunk_factor([hours / estimated for hours, estimated in newest if hours > 0])
