"""Uses of promotions and coupons: reserved with a sale, consumed by its payment, given back.

Steps of the caller's transaction. A redemption is a promotion's use by one sale; its counters
are raised while it is reserved or consumed.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal

from django.conf import settings

from apps.loyalty.models import Redemption
from apps.loyalty.rules.offers import AppliedOffer, Buyer
from apps.loyalty.selectors.customers import customer_keys
from apps.loyalty.services.promotion_uses import Use, give_use_back, in_lock_order, take_use
from apps.loyalty.states import REDEMPTION_LIFE, SpendState
from bakery.kernel import states
from bakery.kernel.errors import Conflict
from bakery.kernel.locks import sorted_unique
from bakery.kernel.money import round_money
from bakery.kernel.rows import insert

SYSTEM = "system"
_LIVE = (SpendState.RESERVED, SpendState.CONSUMED)


def reserve(*, reference: str, buyer: Buyer, offers: Sequence[AppliedOffer], at: datetime) -> None:
    """See `bank.reserve`."""
    if not offers:
        return
    customers = customer_keys(buyer)
    by_promotion = {offer.promotion_id: offer for offer in offers}
    uses = [Use(offer.promotion_id, offer.coupon_id, customers) for offer in offers]
    for use in in_lock_order(uses):
        _require_use(use, by_promotion[use.promotion_id], at=at)
    insert(
        [
            _redemption(reference, by_promotion[use.promotion_id], use, SpendState.RESERVED, at)
            for use in in_lock_order(uses)
        ]
    )


def consume(*, reference: str, at: datetime) -> None:
    """See `bank.consume`."""
    for row in _rows(reference, [SpendState.RESERVED]):
        _move(row, SpendState.CONSUMED, reason="paid", at=at)


def release(*, reference: str, reason: str, at: datetime) -> None:
    """See `bank.release`."""
    for row in _rows(reference, [SpendState.RESERVED]):
        _let_go(row, reason=reason, at=at)


def retake(*, reference: str, at: datetime) -> bool:
    """See `bank.retake`. Limits are asked again; windows are not: the sale was in time."""
    for row in _rows(reference, [SpendState.RESERVED, SpendState.RELEASED]):
        if row.state == SpendState.RESERVED:
            _move(row, SpendState.CONSUMED, reason="late payment", at=at)
            continue
        if row.is_dropped:
            continue
        if not take_use(_use_of(row), at=at, asks_window=False):
            return False
        _move(row, SpendState.CONSUMED, reason="late payment", at=at)
    return True


def give_back(*, reference: str, reason: str, at: datetime) -> None:
    """See `bank.give_back`."""
    for row in _rows(reference, _LIVE):
        _let_go(row, reason=reason, at=at)


def amend(*, reference: str, buyer: Buyer, offers: Sequence[AppliedOffer], at: datetime) -> None:
    """See `bank.amend`. Without other uses what is new is reserved, and `consume` consumes it."""
    rows = {row.promotion_id: row for row in _rows(reference, SpendState.values)}
    wanted = {offer.promotion_id: offer for offer in offers}
    live = {row.state for row in rows.values() if row.state in _LIVE}
    state = SpendState.CONSUMED if SpendState.CONSUMED in live else SpendState.RESERVED
    customers = customer_keys(buyer)
    for pk in sorted_unique([*rows, *wanted]):
        row, offer = rows.get(pk), wanted.get(pk)
        if offer is None:
            if row is not None and row.state in _LIVE:
                _let_go(row, reason="edited", at=at, is_dropped=True)
        elif row is not None and row.state in _LIVE:
            Redemption.objects.filter(pk=row.pk).update(amount=_rounded(offer.amount))
        else:
            use = Use(pk, offer.coupon_id, customers)
            _require_use(use, offer, at=at)
            _take_in(row, _redemption(reference, offer, use, state, at), at=at)


def _take_in(row: Redemption | None, new: Redemption, *, at: datetime) -> None:
    """Write a use that came with an edit; one that had left before comes back as it is now."""
    if row is None:
        insert([new])
        return
    states.transition(
        row,
        machine=REDEMPTION_LIFE,
        to=new.state,
        actor=SYSTEM,
        at=at,
        reason="edited",
        is_dropped=False,
        amount=new.amount,
        coupon_id=new.coupon_id,
        code=new.code,
        label=new.label,
        customers=new.customers,
    )


def _redemption(
    reference: str, offer: AppliedOffer, use: Use, state: SpendState, at: datetime
) -> Redemption:
    return Redemption(
        reference=reference,
        promotion_id=offer.promotion_id,
        coupon_id=offer.coupon_id,
        code=offer.code,
        label=offer.label,
        amount=_rounded(offer.amount),
        customers=list(use.customers),
        state=state,
        created_at=at,
    )


def _rounded(amount: Decimal) -> Decimal:
    return round_money(amount, settings.SHOP_CURRENCY)


def _require_use(use: Use, offer: AppliedOffer, *, at: datetime) -> None:
    if take_use(use, at=at):
        return
    words = "This code cannot be used." if offer.code else f"{offer.label} is not available now."
    raise Conflict(
        "code_refused",
        words,
        details={"code": offer.code, "promotion": offer.label},
    )


def _rows(reference: str, in_states: Collection[str]) -> list[Redemption]:
    """Return the sale's uses by promotion. The caller holds the sale, so nobody else moves them."""
    return list(
        Redemption.objects.filter(reference=reference, state__in=in_states).order_by("promotion_id")
    )


def _use_of(row: Redemption) -> Use:
    return Use(row.promotion_id, row.coupon_id, row.customers)


def _let_go(row: Redemption, *, reason: str, at: datetime, is_dropped: bool = False) -> None:
    _move(row, SpendState.RELEASED, reason=reason, at=at, is_dropped=is_dropped)
    give_use_back(_use_of(row))


def _move(row: Redemption, to: SpendState, *, reason: str, at: datetime, **columns: bool) -> None:
    states.transition(
        row, machine=REDEMPTION_LIFE, to=to, actor=SYSTEM, reason=reason[:500], at=at, **columns
    )
