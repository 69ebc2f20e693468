"""A code of its own for a reminder: for one use, for a while, and not for who collects them."""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from apps.loyalty import services as loyalty
from apps.recovery.models import RecoveryAttempt
from apps.recovery.selectors.carts import left_cart
from apps.recovery.selectors.people import reach_of
from apps.recovery.selectors.rules import current_policy, gives_codes
from bakery.kernel.locks import advisory_lock, lock_one

ACTOR = "system"
_PREFIX, _BYTES, _BATCH = "BACK", 10, 500


@dataclass(frozen=True, slots=True)
class Gift:
    """A code, what it gives in the words of its promotion, and when it ends."""

    code: str
    label: str
    ends_at: datetime


def coupon_for(attempt_id: int, *, at: datetime) -> Gift | None:
    """Return the attempt's code, made now if it has none; None when it gets none.

    An account's code is that account's alone; a guest's is known from their message alone, since
    a guest's cart does not say who orders. Asked twice, also at once, it is the same code. None
    for who had one within the policy's days, whatever the cart or the spelling of the mailbox.
    """
    with transaction.atomic():
        rows = RecoveryAttempt.objects.select_related("rule__promotion", "coupon")
        attempt = rows.get(pk=attempt_id)
        promotion = attempt.rule.promotion
        if promotion is None:
            return None
        advisory_lock(f"recovery-person:{attempt.person or attempt.cart_id}")
        attempt = lock_one(RecoveryAttempt.objects.filter(pk=attempt_id), what="attempt")
        if attempt.coupon is None and _deserves(attempt, at=at):
            _give(attempt, at=at)
        if attempt.coupon is None or attempt.coupon_ends_at is None:
            return None
        return Gift(attempt.coupon.code, promotion.name, attempt.coupon_ends_at)


def _deserves(attempt: RecoveryAttempt, *, at: datetime) -> bool:
    policy = current_policy(at=at)
    promotion = attempt.rule.promotion
    if policy is None or promotion is None or not attempt.person:
        return False
    # Made for a promotion that is over, a code would be refused at checkout.
    if not gives_codes(promotion.pk, at=at):
        return False
    since = at - timedelta(days=policy.coupon_days)
    had = RecoveryAttempt.objects.filter(person=attempt.person, planned_at__gt=since)
    return not had.exclude(pk=attempt.pk).exclude(coupon=None).exists()


def _give(attempt: RecoveryAttempt, *, at: datetime) -> None:
    cart = left_cart(attempt.cart_id)
    reach = reach_of(cart) if cart is not None else None
    if reach is None:
        return
    # 80 bits: nobody guesses one, and two are never the same.
    code = _PREFIX + base64.b32encode(secrets.token_bytes(_BYTES)).decode()
    attempt.coupon = loyalty.add_coupon(
        promotion_id=attempt.rule.promotion_id or 0,
        code=code,
        actor=ACTOR,
        at=at,
        max_uses=1,
        user_id=reach.user_id,
    )
    attempt.coupon_ends_at = at + timedelta(days=attempt.rule.coupon_valid_days)
    attempt.save(update_fields=["coupon", "coupon_ends_at"])


def end_coupons(*, at: datetime) -> int:
    """Switch off codes whose days are over; return how many. Some seconds late at most a sweep."""
    over = RecoveryAttempt.objects.filter(
        coupon_ends_at__lte=at, coupon__is_active=True
    ).values_list("coupon_id", flat=True)
    ended = list(over[:_BATCH])
    for coupon_id in ended:
        loyalty.switch_coupon(coupon_id=coupon_id, is_active=False, actor=ACTOR, at=at)
    return len(ended)
