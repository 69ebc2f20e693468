"""Which promotions hold for a basket, and what they take off.

Orders lie above this app, which must not import them: whether a customer has bought before, they
answer. Why a code is refused is told only of codes that this customer could use with another
basket. All other refusals are one: a guesser learns nothing.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from apps.loyalty.rules.coupon_codes import normal_coupon_code
from apps.loyalty.rules.offers import AppliedOffer, Buyer, OfferLine, Offers, RefusedCode
from apps.loyalty.rules.promotion_terms import Terms
from apps.loyalty.rules.promotions import Candidate, Evaluation, Shortfall, evaluate
from apps.loyalty.selectors.customers import customer_keys
from apps.loyalty.selectors.promotion_terms import (
    CouponTerms,
    automatic_promotions,
    coupons_by_code,
    promotions_by_id,
    uses_of,
)
from apps.loyalty.states import PromotionState

REFUSED = "code_refused"
REFUSED_WORDS = "This code cannot be used."
_TWICE = Shortfall("not_combined", "Another code brings the same offer.")

# By account id (or None) and email: has a sale of this customer been paid before?
Buys = Callable[[int | None, str], bool]
_sources: list[Buys] = []


def answer_first_order_with(source: Buys) -> None:
    """Let ``source`` answer whether an account or a mailbox has a paid order."""
    _sources[:] = [source]


def has_bought(user_id: int | None, email: str) -> bool:
    """Tell whether an account or a mailbox has a paid order, as far as anybody answers."""
    return any(ask(user_id, email) for ask in _sources)


def offers_for(
    lines: Sequence[OfferLine],
    *,
    codes: Sequence[str],
    buyer: Buyer | None,
    at: datetime,
    keep: Collection[int] = (),
) -> Offers:
    """Return what automatic promotions and the coupons behind ``codes`` take off ``lines``.

    ``buyer`` None, or not known yet: limits per customer are not judged, and coupons of somebody
    are refused. ``keep`` are promotions that this sale holds already (an edit): their windows and
    limits are not asked again. Changes nothing; `services.reserve` takes the uses and may still
    find one gone. Codes may be typed in any spelling and order: the answer is the same.

    No query while there are no codes and no promotion that is limited; otherwise three at most,
    and one more where ``keep`` names what ended since.
    """
    found = _Found(codes, buyer, at, keep)
    evaluation = evaluate(lines, found.candidates, settings.SHOP_CURRENCY)
    return Offers(evaluation.applied, tuple(_refusals(codes, found, evaluation)))


def code_is_known(code: str, *, at: datetime) -> bool:
    """Tell whether ``code`` belongs to a coupon that could be used now by somebody."""
    stored = normal_coupon_code(code)
    return any(coupon.is_usable(at) for coupon in coupons_by_code([stored] if stored else []))


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A promotion beside a sample cart: what it takes off, or why it does not."""

    terms: Terms
    state: PromotionState
    offer: AppliedOffer | None
    why: str


def preview_offers(
    lines: Sequence[OfferLine], *, promotion_ids: Collection[int], at: datetime
) -> tuple[Offers, list[PreviewRow]]:
    """Return what automatic promotions and ``promotion_ids`` would do to ``lines`` at ``at``.

    The chosen ones are tried whatever their state, as if their code was typed; nobody's limits
    are asked. Rows are in the order of application.
    """
    chosen = {terms.id: terms for terms in promotions_by_id(promotion_ids)}
    for terms in automatic_promotions(at=at):
        if terms.state(at) == PromotionState.ACTIVE:
            chosen.setdefault(terms.id, terms)
    ranked = sorted(chosen.values(), key=lambda terms: terms.rank)
    evaluation = evaluate(lines, [Candidate(terms) for terms in ranked], settings.SHOP_CURRENCY)
    applied = {offer.promotion_id: offer for offer in evaluation.applied}
    rows = [
        PreviewRow(
            terms,
            terms.state(at),
            applied.get(terms.id),
            evaluation.shortfalls[terms.id].message if terms.id not in applied else "",
        )
        for terms in ranked
    ]
    return Offers(evaluation.applied), rows


class _Found:
    """What may be used by this customer here and now, and which codes brought it."""

    def __init__(
        self, codes: Sequence[str], buyer: Buyer | None, at: datetime, keep: Collection[int]
    ) -> None:
        self.coupons: dict[str, CouponTerms] = {}
        self._buyer, self._keys, self._kept = buyer, customer_keys(buyer), set(keep)
        wanted = {code for code in map(normal_coupon_code, codes) if code}
        coupons = [
            coupon
            for coupon in coupons_by_code(sorted(wanted))
            if coupon.terms.id in self._kept or (coupon.is_usable(at) and self._is_theirs(coupon))
        ]
        automatic = [
            terms
            for terms in automatic_promotions(at=at)
            if terms.id in self._kept or terms.state(at) == PromotionState.ACTIVE
        ]
        known = {coupon.terms.id for coupon in coupons} | {terms.id for terms in automatic}
        automatic += promotions_by_id(self._kept - known)
        barred = self._barred([*automatic, *(coupon.terms for coupon in coupons)])
        by_promotion = {t.id: Candidate(t) for t in automatic if t.id not in barred}
        for coupon in coupons:
            if coupon.terms.id not in barred:
                self.coupons[coupon.code] = coupon
                # Coupons come by age: of two for one promotion the older is used.
                by_promotion.setdefault(
                    coupon.terms.id, Candidate(coupon.terms, coupon.id, coupon.code)
                )
        self.candidates = list(by_promotion.values())
        self.used_codes = {candidate.code for candidate in self.candidates}

    def _is_theirs(self, coupon: CouponTerms) -> bool:
        if coupon.user_id is not None and f"user:{coupon.user_id}" not in self._keys:
            return False
        return not coupon.mailbox or f"mail:{coupon.mailbox}" in self._keys

    def _barred(self, every: Iterable[Terms]) -> set[int]:
        """Return the promotions that are used up, altogether or for this customer."""
        asked = [terms for terms in every if terms.id not in self._kept]
        limited = {
            terms.id: terms
            for terms in asked
            if (terms.max_uses is not None and not terms.needs_code)
            or (terms.customer_limit is not None and self._keys)
        }
        found = uses_of(limited, self._keys)
        barred = {pk for pk, used, mine in found if _is_over(limited[pk], used, mine)}
        first = {t.id for t in asked if t.first_order_only and t.id not in barred}
        if first and self._keys and self._has_bought():
            barred |= first
        return barred

    def _has_bought(self) -> bool:
        buyer = self._buyer
        return buyer is not None and has_bought(buyer.user_id, buyer.email)


def _is_over(terms: Terms, used: int, mine: int) -> bool:
    if terms.max_uses is not None and used >= terms.max_uses:
        return True
    return terms.customer_limit is not None and mine >= terms.customer_limit


def _refusals(codes: Sequence[str], found: _Found, evaluation: Evaluation) -> list[RefusedCode]:
    """Say of each code that does not hold why; once for each spelling of it."""
    applied = {offer.code for offer in evaluation.applied}
    refused: dict[str, RefusedCode] = {}
    for code in codes:
        stored = normal_coupon_code(code)
        coupon = found.coupons.get(stored)
        if stored and stored in applied:
            continue
        if coupon is None:
            refused.setdefault(code, RefusedCode(code, REFUSED, REFUSED_WORDS))
            continue
        why = evaluation.shortfalls.get(coupon.terms.id, _TWICE)
        if stored not in found.used_codes:
            why = _TWICE
        refused.setdefault(code, RefusedCode(code, why.reason, why.message))
    return list(refused.values())
