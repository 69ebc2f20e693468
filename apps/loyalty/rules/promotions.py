"""What promotions take off a basket. Pure; one fixed order, whatever the order of codes.

1. Promotions that can be combined are applied one after another: by kind (some free with others,
   a free item, percentages, amounts), then by priority, the lower number first, then the older
   one first. Each sees what those before it have left of every line.
2. Each exclusive promotion is worked out alone. The best of them is used instead of the
   combination when it takes off more; at a tie the combination stays.

A percentage is rounded once for the promotion, half up, and split over its lines by largest
remainder; so is an amount, which takes no more than there is. Of several goods the cheapest are
given away, and a unit is given away once. No line goes below zero.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.loyalty.rules.offers import AppliedOffer, OfferLine
from apps.loyalty.rules.promotion_terms import Terms
from apps.loyalty.states import PromotionKind, ThresholdBasis
from bakery.kernel.money import allocate, display, round_money

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A promotion that may be used here and now, and the coupon that brought it."""

    terms: Terms
    coupon_id: int | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Why a promotion takes nothing off: ``reason`` is stable, ``message`` is for customers."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is applied, in that order, and by promotion why the others are not."""

    applied: tuple[AppliedOffer, ...]
    shortfalls: dict[int, Shortfall]

    @property
    def saved(self) -> Decimal:
        """All that is taken off."""
        return sum((offer.amount for offer in self.applied), _ZERO)


class _Basket:
    """Lines, what is left to pay of each, and how many units of each were given away."""

    def __init__(self, lines: Sequence[OfferLine], currency: str) -> None:
        self.lines, self.currency = lines, currency
        self.whole = [round_money(line.amount, currency) for line in lines]
        self.left = list(self.whole)
        self.given = [0] * len(lines)

    def split(self, total: Decimal, weights: dict[int, Decimal]) -> tuple[Decimal, ...]:
        """Take ``total`` off the lines by ``weights`` and return what each of all lines lost."""
        parts = allocate(total, list(weights.values()), self.currency)
        lost = [round_money(_ZERO, self.currency)] * len(self.lines)
        for index, part in zip(weights, parts, strict=True):
            lost[index] = min(part, self.left[index])
            self.left[index] -= lost[index]
        return tuple(lost)

    def cheapest(self, indices: Iterable[int], count: int) -> dict[int, int]:
        """Return which of the units not given away yet are the ``count`` cheapest, by line."""
        chosen: dict[int, int] = {}
        for index in sorted(indices, key=lambda i: (self.lines[i].unit_price, i)):
            units = min(count, self.free_units(index))
            if units > 0:
                chosen[index] = units
                count -= units
        return chosen

    def free_units(self, index: int) -> int:
        """Return how many units of a line were not given away."""
        return self.lines[index].quantity - self.given[index]


def evaluate(
    lines: Sequence[OfferLine], candidates: Iterable[Candidate], currency: str
) -> Evaluation:
    """Return what ``candidates`` take off ``lines``; the module's text has the rules.

    Of each promotion there must be one candidate at most.
    """
    ranked = sorted(candidates, key=lambda candidate: candidate.terms.rank)
    together = _apply_all(lines, [c for c in ranked if not c.terms.exclusive], currency)
    best = together
    shortfalls = dict(together.shortfalls)
    alone = [_apply_all(lines, [c], currency) for c in ranked if c.terms.exclusive]
    for single in alone:
        shortfalls |= single.shortfalls
        if single.saved > best.saved:
            best = single
    chosen = {offer.promotion_id for offer in best.applied}
    for offer in [offer for each in (together, *alone) for offer in each.applied]:
        if offer.promotion_id not in chosen:
            shortfalls[offer.promotion_id] = _not_combined(best)
    return Evaluation(best.applied, shortfalls)


def _not_combined(best: Evaluation) -> Shortfall:
    names = " and ".join(offer.label for offer in best.applied)
    return Shortfall(
        "not_combined", f"It cannot be used together with {names}, which takes off more."
    )


def _apply_all(
    lines: Sequence[OfferLine], ranked: Sequence[Candidate], currency: str
) -> Evaluation:
    basket = _Basket(lines, currency)
    applied: list[AppliedOffer] = []
    shortfalls: dict[int, Shortfall] = {}
    for candidate in ranked:
        terms = candidate.terms
        taken = _apply(basket, terms)
        if isinstance(taken, Shortfall):
            shortfalls[terms.id] = taken
        elif not any(taken):
            shortfalls[terms.id] = Shortfall("no_effect", "There is nothing left to take off.")
        else:
            applied.append(
                AppliedOffer(terms.id, candidate.coupon_id, candidate.code, terms.name, taken)
            )
    return Evaluation(tuple(applied), shortfalls)


def _apply(basket: _Basket, terms: Terms) -> tuple[Decimal, ...] | Shortfall:
    covered = [index for index, line in enumerate(basket.lines) if terms.covers(line)]
    if not covered:
        return Shortfall("nothing_in_scope", "It is for other goods than those in the cart.")
    given: dict[int, int] = {}
    if terms.kind in (PromotionKind.BUY_X_GET_Y, PromotionKind.FREE_ITEM):
        found = _units_given(basket, terms, covered)
        if isinstance(found, Shortfall):
            return found
        given = found
    if missing := _missing(basket, terms, covered, given):
        return missing
    if terms.kind == PromotionKind.AMOUNT:
        weights = {index: basket.left[index] for index in covered}
        most = sum(weights.values(), _ZERO)
        return basket.split(min(round_money(terms.value, basket.currency), most), weights)
    if terms.kind == PromotionKind.PERCENTAGE:
        weights = {index: basket.left[index] for index in covered}
    else:
        weights = {
            index: min(basket.lines[index].unit_price * units, basket.left[index])
            for index, units in given.items()
        }
        for index, units in given.items():
            basket.given[index] += units
    total = sum(weights.values(), _ZERO) * terms.value / 100
    return basket.split(round_money(total, basket.currency), weights)


def _units_given(
    basket: _Basket, terms: Terms, covered: Sequence[int]
) -> dict[int, int] | Shortfall:
    """Return the units that are given away by line: the cheapest of those that may be."""
    if terms.kind == PromotionKind.FREE_ITEM:
        gifts = [i for i, line in enumerate(basket.lines) if line.product_id in terms.gift_ids]
        chosen = basket.cheapest(gifts, terms.get_quantity)
        return chosen or Shortfall("gift_missing", "Put the gift into the cart: it costs nothing.")
    group = terms.buy_quantity + terms.get_quantity
    units = sum(basket.free_units(index) for index in covered)
    if units < group:
        kind = " of what it is for" if terms.is_scoped else ""
        return Shortfall("buy_more", f"Add {group - units} more{kind}.")
    return basket.cheapest(covered, units // group * terms.get_quantity)


def _missing(
    basket: _Basket, terms: Terms, covered: Sequence[int], given: dict[int, int]
) -> Shortfall | None:
    """Say how far the goods are from the threshold. A free item does not pay for itself."""
    if terms.threshold is None:
        return None
    sums = basket.left if terms.threshold_basis == ThresholdBasis.AFTER else basket.whole
    spent = sum((sums[index] for index in covered), _ZERO)
    if terms.kind == PromotionKind.FREE_ITEM:
        spent -= sum(
            (basket.lines[i].unit_price * given[i] for i in given if i in set(covered)), _ZERO
        )
    if spent >= terms.threshold:
        return None
    short = display(terms.threshold - spent, basket.currency)
    kind = " of what it is for" if terms.is_scoped else ""
    after = " after discounts" if terms.threshold_basis == ThresholdBasis.AFTER else ""
    return Shortfall("spend_more", f"Add {short} more{kind}{after}.")
