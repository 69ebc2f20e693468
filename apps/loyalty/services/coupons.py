"""Coupons: codes that staff choose, and batches of codes that nobody can guess."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts import selectors as accounts
from apps.loyalty.models import Coupon, Promotion
from apps.loyalty.rules.coupon_codes import check_coupon_code, check_prefix, random_coupon_code
from apps.loyalty.rules.promotion_terms import MAX_USES
from apps.loyalty.selectors.customers import mailbox_of
from bakery.kernel import audit
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one
from bakery.kernel.rows import insert, insert_unless_taken

MAX_BATCH = 5000
_ROUNDS = 5


def add_coupon(
    *,
    promotion_id: int,
    code: str,
    actor: str,
    at: datetime,
    max_uses: int | None = None,
    user_id: int | None = None,
    email: str = "",
) -> Coupon:
    """Add a code to a promotion that needs one, perhaps for one account or one mailbox alone.

    Raises `NotFound`, `Invalid` (``bad_code``, ``bad_limit``, ``no_code_needed``,
    ``unknown_account``, ``bad_mailbox``) and `Conflict` ``code_taken``.
    """
    stored = check_coupon_code(code)
    _check_limit(max_uses)
    mailbox = mailbox_of(email)
    if email.strip() and not mailbox:
        raise Invalid("bad_mailbox", "This is not an address.", details={"field": "email"})
    with transaction.atomic():
        promotion = _promotion(promotion_id)
        _check_account(user_id)
        row = Coupon(
            promotion=promotion,
            code=stored,
            max_uses=max_uses,
            user_id=user_id,
            mailbox=mailbox,
            created_at=at,
        )
        if not insert_unless_taken(row):
            raise Conflict("code_taken", "This code exists.", details={"field": "code"})
        changes = {"promotion_id": promotion_id, "max_uses": max_uses, "user_id": user_id}
        _record(row, "add", changes, actor=actor, at=at)
    return row


def make_coupons(
    *,
    promotion_id: int,
    count: int,
    actor: str,
    at: datetime,
    prefix: str = "",
    batch: str = "",
    max_uses: int = 1,
) -> list[Coupon]:
    """Make ``count`` codes at random, for ``max_uses`` uses each, all or none.

    Raises `NotFound` and `Invalid` (``bad_count``, ``bad_prefix``, ``bad_limit``,
    ``no_code_needed``).
    """
    start = check_prefix(prefix)
    if not 1 <= count <= MAX_BATCH:
        raise Invalid(
            "bad_count", f"From 1 to {MAX_BATCH} codes at once.", details={"field": "count"}
        )
    _check_limit(max_uses)
    with transaction.atomic():
        promotion = _promotion(promotion_id)
        rows = [
            Coupon(
                promotion=promotion,
                code=code,
                max_uses=max_uses,
                batch=batch.strip()[:60] or f"{at:%Y-%m-%d %H:%M:%S}",
                created_at=at,
            )
            for code in _free_codes(count, start)
        ]
        insert(rows)
        changes = {"count": count, "prefix": start, "batch": rows[0].batch, "max_uses": max_uses}
        audit.record(
            actor=actor,
            action="loyalty.coupon.make",
            object_type="loyalty.promotion",
            object_id=promotion_id,
            changes=changes,
            at=at,
        )
    return rows


def switch_coupon(*, coupon_id: int, is_active: bool, actor: str, at: datetime) -> Coupon:
    """Switch a code off, or on again. Raises `NotFound`."""
    with transaction.atomic():
        row = lock_one(Coupon.objects.filter(pk=coupon_id), what="coupon")
        if row.is_active != is_active:
            row.is_active = is_active
            row.save(update_fields=["is_active"])
            _record(row, "change", {"is_active": [not is_active, is_active]}, actor=actor, at=at)
    return row


def _promotion(promotion_id: int) -> Promotion:
    row = lock_one(Promotion.objects.filter(pk=promotion_id), what="promotion")
    if not row.needs_code:
        raise Invalid("no_code_needed", "This promotion is automatic: it has no codes.")
    return row


def _free_codes(count: int, prefix: str) -> list[str]:
    """Return codes that do not exist; a clash with what is written meanwhile ends as an error."""
    codes: set[str] = set()
    for _ in range(_ROUNDS):
        codes |= {random_coupon_code(prefix) for _ in range(count - len(codes))}
        codes -= set(Coupon.objects.filter(code__in=codes).values_list("code", flat=True))
        if len(codes) == count:
            return sorted(codes)
    raise Conflict("codes_ran_out", "Too few free codes were found: try again.")


def _check_limit(max_uses: int | None) -> None:
    if max_uses is not None and not 1 <= max_uses <= MAX_USES:
        raise Invalid(
            "bad_limit",
            f"A whole number from 1 to {MAX_USES}, or empty.",
            details={"field": "max_uses"},
        )


def _check_account(user_id: int | None) -> None:
    if user_id is not None and accounts.user(user_id) is None:
        raise Invalid("unknown_account", "There is no such account.", details={"field": "user_id"})


def _record(row: Coupon, verb: str, changes: dict[str, Any], *, actor: str, at: datetime) -> None:
    # The code itself is a bearer's secret; its id finds it for whoever may see codes.
    audit.record(
        actor=actor,
        action=f"loyalty.coupon.{verb}",
        object_type="loyalty.coupon",
        object_id=row.pk,
        changes=changes,
        at=at,
    )
