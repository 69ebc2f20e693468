"""Shares with their uncertainty. Pure."""

from dataclasses import dataclass
from math import sqrt

# Two-sided 95 %: the 0.975 quantile of the normal distribution.
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``total``, with the 95 % interval of the share; all from 0 to 1."""

    hits: int
    total: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """The first share less the second, with its 95 % interval; from -1 to 1."""

    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Tell whether no difference at all lies outside the interval."""
        return self.low > 0 or self.high < 0


def share(hits: int, total: int) -> Share | None:
    """Return the share with Wilson's score interval; None of nothing.

    E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209: it stays within 0 and 1, and holds for few
    cases and for none.
    """
    if total <= 0:
        return None
    value = hits / total
    spread = 1 + _Z**2 / total
    middle = (value + _Z**2 / (2 * total)) / spread
    half = _Z * sqrt(value * (1 - value) / total + _Z**2 / (4 * total**2)) / spread
    return Share(hits, total, value, max(0.0, middle - half), min(1.0, middle + half))


def difference(first: Share | None, second: Share | None) -> Difference | None:
    """Return ``first`` less ``second`` with Newcombe's hybrid score interval; None without both.

    R. G. Newcombe, Statist. Med. 17 (1998) 873, method 10, from the two intervals of Wilson.
    """
    if first is None or second is None:
        return None
    value = first.value - second.value
    below = sqrt((first.value - first.low) ** 2 + (second.high - second.value) ** 2)
    above = sqrt((first.high - first.value) ** 2 + (second.value - second.low) ** 2)
    return Difference(value, value - below, value + above)
