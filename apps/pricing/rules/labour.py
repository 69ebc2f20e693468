"""From hours that cakes took to the factor by which estimates of hours are corrected."""

import math
import statistics
from collections.abc import Sequence
from decimal import Decimal

# So many cakes speak as loudly as the belief that estimates are right.
_WEIGHT = 5
# A forgotten timer must not double prices for ever.
LEAST, MOST = Decimal("0.5"), Decimal(3)
_STEP = Decimal("0.001")


def shrunk_factor(ratios: Sequence[Decimal]) -> Decimal:
    """Return the median of actual over estimated hours, drawn to 1 while there are few.

    On the logarithm: n cakes count n / (n + 5). 1 without any; from `LEAST` to `MOST`.
    """
    if not ratios:
        return Decimal(1)
    share = len(ratios) / (len(ratios) + _WEIGHT)
    factor = Decimal(math.exp(share * math.log(statistics.median(ratios))))
    return min(max(factor.quantize(_STEP), LEAST), MOST)
