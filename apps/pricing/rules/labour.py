"""From hours that cakes took to the factor by which estimates of hours are corrected."""

import math
import statistics
from collections.abc import Mapping, Sequence
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


def factors_by_complexity(
    ratios: Mapping[int, Sequence[Decimal]], complexities: Sequence[int]
) -> dict[int, Decimal]:
    """Return the factor of each complexity, which never falls from one to the next.

    Else a decoration that makes a cake more intricate could make it cheaper. Where the figures
    fall, neighbours are pooled by how many cakes stand behind each (isotonic regression); a
    complexity without any takes theirs.
    """
    pools: list[tuple[Decimal, int, int]] = []
    for complexity in complexities:
        found = ratios.get(complexity, ())
        pools.append((shrunk_factor(found), len(found), 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (low, low_weight, low_count), (high, weight, count) = pools[-2:]
            del pools[-2:]
            both = low_weight + weight
            # What nobody measured takes the figure of its neighbour.
            mean = (low * low_weight + high * weight) / both if both else low
            pools.append((mean, both, low_count + count))
    flat = [factor for factor, _, count in pools for _ in range(count)]
    return {
        complexity: factor.quantize(_STEP)
        for complexity, factor in zip(complexities, flat, strict=True)
    }
