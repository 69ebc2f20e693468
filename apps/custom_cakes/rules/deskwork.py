"""What staff may do with a request in a state, and where a price stands in its range. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from apps.custom_cakes.states import UNDECIDED, RequestStatus

_S = RequestStatus
_DECIDABLE = frozenset({*UNDECIDED, _S.EXPIRED})
# What may be done, and from where; a note may always be written.
ACTIONS: Mapping[str, frozenset[RequestStatus]] = {
    "approve": _DECIDABLE,
    "counter": _DECIDABLE,
    "ask": frozenset({_S.PENDING_REVIEW, _S.QUESTION_ASKED}),
    "reject": frozenset(UNDECIDED),
    "take_back": frozenset({_S.APPROVED_AWAITING_PAYMENT, _S.COUNTER_OFFERED}),
    "renew": frozenset({_S.EXPIRED}),
    "note": frozenset(_S),
}
# Marks on the range are this wide; beyond both ends a share of it is shown as well.
WIDTH, _BEYOND = 1000, Decimal("0.25")


def actions_for(status: str) -> frozenset[str]:
    """Return what staff may do with a request in ``status``."""
    return frozenset(name for name, states in ACTIONS.items() if RequestStatus(status) in states)


@dataclass(frozen=True, slots=True)
class Scale:
    """A line of prices from ``start`` to ``end``, drawn `WIDTH` wide."""

    start: Decimal
    end: Decimal

    def place(self, price: Decimal) -> int:
        """Return where ``price`` stands, at the line's ends when it is beyond them."""
        share = (price - self.start) / (self.end - self.start)
        return int(min(max(share, Decimal(0)), Decimal(1)) * WIDTH)


def scale_of(*prices: Decimal) -> Scale:
    """Return a line on which all of ``prices`` have room."""
    low, high = min(prices), max(prices)
    spare = max((high - low) * _BEYOND, Decimal(1))
    return Scale(max(low - spare, Decimal(0)), high + spare)
