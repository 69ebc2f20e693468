"""Promotions as staff make them. Every change is audited, and none rewrites what was granted."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from apps.loyalty.models import Promotion, Redemption
from apps.loyalty.rules.promotion_terms import check_promotion
from apps.loyalty.selectors.promotion_terms import forget_automatic_promotions
from apps.loyalty.selectors.scopes import known_categories, known_products
from apps.loyalty.states import ThresholdBasis
from bakery.kernel import audit
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one

_SCOPES = {"product_ids": "products", "category_ids": "categories", "gift_ids": "gifts"}
_COLUMNS: Mapping[str, Any] = {
    "name": "",
    "kind": "",
    "value": Decimal(100),
    "buy_quantity": 1,
    "get_quantity": 1,
    "threshold": None,
    "threshold_basis": ThresholdBasis.BEFORE.value,
    "needs_code": False,
    "exclusive": False,
    "priority": 0,
    "first_order_only": False,
    "per_customer_limit": None,
    "max_uses": None,
    "starts_at": None,
    "ends_at": None,
}
# What a use was granted by: changed later, the records would say what nobody was promised.
GRANTED = ("kind", "value", "buy_quantity", "get_quantity", "gift_ids")


def create_promotion(
    *,
    values: Mapping[str, Any],
    actor: str,
    at: datetime,
    is_active: bool = True,
    reason: str = "",
) -> Promotion:
    """Create a promotion; ``values`` are columns, and ``product_ids``, ``category_ids``,
    ``gift_ids``; what is left out has its default.

    Raises `Invalid` ``bad_promotion`` with ``details.fields``.
    """
    wanted = _complete({}, values)
    with transaction.atomic():
        row = Promotion.objects.create(
            **{name: wanted[name] for name in _COLUMNS},
            is_active=is_active,
            created_at=at,
            updated_at=at,
        )
        _set_scopes(row, wanted)
        changes = {name: [None, wanted[name]] for name in wanted}
        _finish(row, "add", changes, actor=actor, at=at, reason=reason)
    return row


def change_promotion(
    *, promotion_id: int, values: Mapping[str, Any], actor: str, at: datetime, reason: str = ""
) -> Promotion:
    """Change the named fields, as `create_promotion` takes them.

    Raises `NotFound`, `Invalid` ``bad_promotion``, and `Conflict`: ``promotion_used`` for what it
    gives once somebody had it (copy it instead), ``limit_below_used``.
    """
    with transaction.atomic():
        row = _lock(promotion_id)
        before = _values_of(row)
        wanted = _complete(before, values)
        changed = [name for name in wanted if wanted[name] != before[name]]
        if not changed:
            return row
        _check_uses(row, wanted, changed)
        for name in _COLUMNS:
            setattr(row, name, wanted[name])
        row.updated_at = at
        # `used` is changed by others' conditional UPDATEs; it is not among these columns.
        row.save(update_fields=[*_COLUMNS, "updated_at"])
        _set_scopes(row, {name: wanted[name] for name in changed if name in _SCOPES})
        changes = {name: [before[name], wanted[name]] for name in changed}
        _finish(row, "change", changes, actor=actor, at=at, reason=reason)
    return row


def switch_promotion(
    *, promotion_id: int, is_active: bool, actor: str, at: datetime, reason: str = ""
) -> Promotion:
    """Switch a promotion on or off for carts from now on; what was granted stays. `NotFound`."""
    with transaction.atomic():
        row = _lock(promotion_id)
        if row.is_active != is_active:
            row.is_active, row.updated_at = is_active, at
            row.save(update_fields=["is_active", "updated_at"])
            changes = {"is_active": [not is_active, is_active]}
            _finish(row, "change", changes, actor=actor, at=at, reason=reason)
    return row


def copy_promotion(*, promotion_id: int, actor: str, at: datetime) -> Promotion:
    """Return a new promotion that says the same, switched off, unused and without coupons."""
    with transaction.atomic():
        values = _values_of(_lock(promotion_id))
        name = f"{values['name'][:110]} (copy)"
        return create_promotion(
            values={**values, "name": name}, actor=actor, at=at, is_active=False
        )


def _lock(promotion_id: int) -> Promotion:
    return lock_one(Promotion.objects.filter(pk=promotion_id), what="promotion")


def _values_of(row: Promotion) -> dict[str, Any]:
    scopes = {
        name: sorted(getattr(row, relation).values_list("pk", flat=True))
        for name, relation in _SCOPES.items()
    }
    return {**{name: getattr(row, name) for name in _COLUMNS}, **scopes}


def _complete(before: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return every field, checked: as given, else as before, else its default."""
    empty: dict[str, Any] = {name: [] for name in _SCOPES}
    if unknown := sorted(values.keys() - _COLUMNS.keys() - _SCOPES.keys()):
        raise Invalid("bad_promotion", f"There is no {unknown[0]}.", details={"field": unknown[0]})
    wanted = {**_COLUMNS, **empty, **before, **values}
    wanted["name"] = str(wanted["name"]).strip()
    for name in _SCOPES:
        wanted[name] = sorted(set(wanted[name]))
    check_promotion(wanted)
    products = known_products({*wanted["product_ids"], *wanted["gift_ids"]})
    known = {
        "product_ids": products,
        "category_ids": known_categories(wanted["category_ids"]),
        "gift_ids": products,
    }
    problems = {
        name: ["Some of them do not exist."] for name in _SCOPES if set(wanted[name]) - known[name]
    }
    if problems:
        raise Invalid(
            "bad_promotion", "This promotion cannot be kept.", details={"fields": problems}
        )
    return wanted


def _check_uses(row: Promotion, wanted: Mapping[str, Any], changed: list[str]) -> None:
    most = wanted["max_uses"]
    if most is not None and most < row.used:
        raise Conflict(
            "limit_below_used",
            f"It is used {row.used} times already.",
            details={"field": "max_uses", "used": row.used},
        )
    locked = [name for name in changed if name in GRANTED]
    if locked and Redemption.objects.filter(promotion=row).exists():
        raise Conflict(
            "promotion_used",
            "Somebody has used it: what it gives cannot change. Make a copy instead.",
            details={"fields": {name: ["It cannot change any more."] for name in locked}},
        )


def _set_scopes(row: Promotion, wanted: Mapping[str, Any]) -> None:
    for name, relation in _SCOPES.items():
        if name in wanted:
            getattr(row, relation).set(wanted[name])


def _finish(
    row: Promotion,
    verb: str,
    changes: Mapping[str, Any],
    *,
    actor: str,
    at: datetime,
    reason: str = "",
) -> None:
    """Let carts see it, and write the audit entry, whose lock comes last."""
    forget_automatic_promotions()
    transaction.on_commit(forget_automatic_promotions)
    audit.record(
        actor=actor,
        action=f"loyalty.promotion.{verb}",
        object_type="loyalty.promotion",
        object_id=row.pk,
        changes=changes,
        reason=reason,
        at=at,
    )
