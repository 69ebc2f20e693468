"""Writing the rules of deposits."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.loyalty.selectors.scopes import known_categories, known_products
from apps.orders.models import DepositRule
from apps.orders.selectors.deposits import forget_deposit_rules
from bakery.kernel import audit, clock
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import advisory_lock, lock_one
from bakery.kernel.money import round_money

MAX_AMOUNT, MAX_DAYS, MAX_IDS = Decimal(100_000), 365, 200
_HUNDRED, _STEP = Decimal(100), Decimal("0.01")
_FIELDS = (
    *("name", "starts_on", "ends_on", "percent", "amount", "minimum_total", "minimum_lead_days"),
    *("category_ids", "product_ids", "balance_days", "kept_percent"),
)
_DEFAULTS: Mapping[str, Any] = {
    "ends_on": None,
    "percent": None,
    "amount": None,
    "minimum_total": Decimal(0),
    "minimum_lead_days": 0,
    "category_ids": [],
    "product_ids": [],
    "kept_percent": _HUNDRED,
}


def add_deposit_rule(*, values: Mapping[str, Any], actor: str, at: datetime) -> DepositRule:
    """Write a rule from ``values``, named as the columns of `DepositRule`; return it.

    Raises `Invalid` with ``details.field``: ``bad_name``, ``bad_day``, ``bad_size``,
    ``bad_percent``, ``bad_amount``, ``bad_days`` or ``bad_scope``; `Conflict`
    ``deposit_rule_exists`` for a name that is taken.
    """
    checked = _checked({**_DEFAULTS, **values})
    with transaction.atomic():
        advisory_lock("deposit-rules")
        _require_name(checked["name"], None)
        rule = DepositRule.objects.create(**checked, created_at=at, updated_at=at)
        changes = {name: [None, _plain(value)] for name, value in checked.items() if value}
        _settle(rule, "add", changes, actor=actor, at=at)
    return rule


def change_deposit_rule(
    *, rule_id: int, values: Mapping[str, Any], actor: str, at: datetime
) -> DepositRule:
    """Change the named columns; orders that were placed keep their deposit.

    Raises as `add_deposit_rule`, and `NotFound` ``deposit_rule_not_found``.
    """
    with transaction.atomic():
        advisory_lock("deposit-rules")
        rule = lock_one(DepositRule.objects.filter(pk=rule_id), what="deposit_rule")
        before = {name: getattr(rule, name) for name in _FIELDS}
        checked = _checked(before | dict(values))
        _require_name(checked["name"], rule.pk)
        changes = {
            name: [_plain(before[name]), _plain(value)]
            for name, value in checked.items()
            if before[name] != value
        }
        if not changes:
            return rule
        for name, value in checked.items():
            setattr(rule, name, value)
        rule.updated_at = at
        rule.save()
        _settle(rule, "change", changes, actor=actor, at=at)
    return rule


def _settle(
    rule: DepositRule, verb: str, changes: Mapping[str, Any], *, actor: str, at: datetime
) -> None:
    """Let placing see it, and write the audit entry, whose lock comes last."""
    forget_deposit_rules()
    transaction.on_commit(forget_deposit_rules)
    audit.record(
        actor=actor,
        action=f"deposit_rule.{verb}",
        object_type="orders.depositrule",
        object_id=rule.pk,
        changes=changes,
        at=at,
    )


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    starts_on, ends_on = _day(values, "starts_on"), _day(values, "ends_on")
    if starts_on is None:
        raise _wrong("bad_day", "Say from which day it holds.", "starts_on")
    if ends_on is not None and ends_on < starts_on:
        raise _wrong("bad_day", "It ends before it begins.", "ends_on")
    percent, amount = values.get("percent"), values.get("amount")
    if (percent is None) == (amount is None):
        raise _wrong("bad_size", "Ask either for a percentage or for an amount.", "percent")
    return {
        "name": _name(str(values.get("name") or "")),
        "starts_on": starts_on,
        "ends_on": ends_on,
        "percent": None if percent is None else _percent(percent, "percent", below=True),
        "amount": None if amount is None else _amount(amount, "amount", above=True),
        "minimum_total": _amount(values.get("minimum_total"), "minimum_total"),
        "minimum_lead_days": _days(values.get("minimum_lead_days"), "minimum_lead_days"),
        **_scope(values),
        "balance_days": _days(values.get("balance_days"), "balance_days"),
        "kept_percent": _percent(values.get("kept_percent"), "kept_percent"),
    }


def _require_name(name: str, rule_id: int | None) -> None:
    same = DepositRule.objects.filter(name__iexact=name)
    if (same if rule_id is None else same.exclude(pk=rule_id)).exists():
        raise Conflict(
            "deposit_rule_exists",
            "There is a rule of this name already.",
            details={"field": "name"},
        )


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise _wrong("bad_name", "Name the rule in 1 to 100 characters.", "name")
    return name


def _day(values: Mapping[str, Any], field: str) -> date | None:
    day = values.get(field)
    if day is not None and not (isinstance(day, date) and clock.is_in_our_time(day)):
        raise _wrong("bad_day", "The year is out of range.", field)
    return day


def _percent(value: Any, field: str, *, below: bool = False) -> Decimal:
    """Return a percentage: above 0 and ``below`` 100, or from 0 to 100."""
    if isinstance(value, Decimal) and value.is_finite() and 0 <= value <= _HUNDRED:
        percent = value.quantize(_STEP)
        if not below or 0 < percent < _HUNDRED:
            return percent
    raise _wrong("bad_percent", "That is no percentage that can be asked for.", field)


def _amount(value: Any, field: str, *, above: bool = False) -> Decimal:
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 <= value <= MAX_AMOUNT:
        raise _wrong("bad_amount", f"An amount is from 0 to {MAX_AMOUNT}.", field)
    amount = round_money(value, settings.SHOP_CURRENCY).quantize(_STEP)
    if above and amount == 0:
        raise _wrong("bad_amount", "Ask for more than nothing.", field)
    return amount


def _days(value: Any, field: str) -> int:
    if type(value) is not int or not 0 <= value <= MAX_DAYS:
        raise _wrong("bad_days", f"From 0 to {MAX_DAYS} days.", field)
    return int(value)


def _scope(values: Mapping[str, Any]) -> dict[str, list[int]]:
    """Return the categories and products that it is for, all of which must exist."""
    scope = {}
    for field, known in (
        ("category_ids", known_categories),
        ("product_ids", known_products),
    ):
        ids = list(values.get(field) or [])
        if len(ids) > MAX_IDS or any(type(pk) is not int or not 0 < pk < 2**63 for pk in ids):
            raise _wrong("bad_scope", f"Name at most {MAX_IDS} of them.", field)
        scope[field] = sorted(set(ids))
        if len(known(scope[field])) != len(scope[field]):
            raise _wrong("bad_scope", "One of them does not exist.", field)
    return scope


def _wrong(code: str, message: str, field: str) -> Invalid:
    return Invalid(code, message, details={"field": field})


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, (Decimal, date)) else value
