"""Changing what holds: a new version each time, with an entry in the trail."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from apps.recovery.models import RecoveryPolicy, RecoveryRule
from apps.recovery.selectors.rules import current_policy, current_rules, promotions_with_codes
from apps.recovery.states import RuleChannel, Wording
from bakery.kernel import audit
from bakery.kernel.errors import Invalid
from bakery.kernel.locks import advisory_lock

# name -> fewest, most
POLICY_NUMBERS: Mapping[str, tuple[int, int]] = {
    "longest_hours": (1, 720),
    "gap_hours": (1, 720),
    "person_hours": (1, 720),
    # Not below the carriers' rule: one text about a cart within 48 hours.
    "text_hours": (48, 720),
    "attribution_days": (1, 60),
    "coupon_days": (1, 365),
    "link_days": (1, 90),
    "fewest_carts": (1, 100_000),
}
RULE_NUMBERS: Mapping[str, tuple[int, int]] = {
    "delay_minutes": (1, 30 * 24 * 60),
    "coupon_valid_days": (1, 90),
}
MOST_HELD_OUT = Decimal(50)
STEPS = range(1, 10)


def change_policy(*, values: Mapping[str, Any], actor: str, at: datetime) -> RecoveryPolicy:
    """Write the limits that hold from now on; what is not named stays as it is.

    Raises `Invalid` ``bad_number``, ``bad_share``, ``bad_switch`` or ``incomplete``, with
    ``details.field``.
    """
    with transaction.atomic():
        advisory_lock("recovery-rules")
        before = _columns(current_policy(at=at), (*POLICY_NUMBERS, "is_on", "holdout_percent"))
        wanted = _checked_policy({"is_on": True} | before | dict(values))
        row = RecoveryPolicy.objects.create(valid_from=at, **wanted)
        _record("policy", row.pk, before, wanted, actor=actor, at=at)
    return row


def change_rule(*, step: int, values: Mapping[str, Any], actor: str, at: datetime) -> RecoveryRule:
    """Write what step ``step`` (1 to 9) is from now on; what is not named stays as it is.

    Raises `Invalid` ``bad_step``, ``bad_number``, ``bad_channel``, ``bad_wording``,
    ``bad_promotion`` (unknown, or without codes), ``bad_switch`` or ``bad_order`` (a later step
    comes later), with ``details.field``.
    """
    if type(step) is not int or step not in STEPS:
        raise _wrong("bad_step", "A step is a number from 1 to 9.", "step")
    with transaction.atomic():
        advisory_lock("recovery-rules")
        rules = current_rules(at=at)
        held = next((rule for rule in rules if rule.step == step), None)
        names = (*RULE_NUMBERS, "channel", "wording", "promotion_id", "is_active")
        before = _columns(held, names)
        start = {"coupon_valid_days": 7, "promotion_id": None, "is_active": True}
        wanted = _checked_rule(start | before | dict(values))
        _require_order(step, wanted, [rule for rule in rules if rule.step != step])
        row = RecoveryRule.objects.create(step=step, valid_from=at, **wanted)
        _record("rule", row.pk, before, {"step": step, **wanted}, actor=actor, at=at)
    return row


def _columns(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {} if row is None else {name: getattr(row, name) for name in names}


def _checked_policy(values: Mapping[str, Any]) -> dict[str, Any]:
    percent = values.get("holdout_percent")
    is_share = isinstance(percent, Decimal) and percent.is_finite()
    if not is_share or not 0 <= percent <= MOST_HELD_OUT:  # type: ignore[operator]
        raise _wrong("bad_share", f"From 0 to {MOST_HELD_OUT} percent.", "holdout_percent")
    return {
        **{name: _number(values, name, *span) for name, span in POLICY_NUMBERS.items()},
        "is_on": _switch(values, "is_on"),
        "holdout_percent": percent.quantize(Decimal("0.01")),  # type: ignore[union-attr]
    }


def _checked_rule(values: Mapping[str, Any]) -> dict[str, Any]:
    if values.get("channel") not in RuleChannel.values:
        raise _wrong("bad_channel", "A mail or a text.", "channel")
    if values.get("wording") not in Wording.values:
        raise _wrong("bad_wording", "There are no such words.", "wording")
    promotion_id = values.get("promotion_id")
    if promotion_id is not None:
        known = type(promotion_id) is int and 0 < promotion_id < 2**63
        if not known or promotion_id not in promotions_with_codes():
            raise _wrong("bad_promotion", "Choose a promotion that has codes.", "promotion_id")
    return {
        **{name: _number(values, name, *span) for name, span in RULE_NUMBERS.items()},
        "channel": values["channel"],
        "wording": values["wording"],
        "promotion_id": promotion_id,
        "is_active": _switch(values, "is_active"),
    }


def _require_order(step: int, wanted: Mapping[str, Any], others: list[RecoveryRule]) -> None:
    if not wanted["is_active"]:
        return
    delay = wanted["delay_minutes"]
    for rule in others:
        earlier = rule.delay_minutes < delay if rule.step < step else delay < rule.delay_minutes
        if rule.is_active and not earlier:
            raise _wrong("bad_order", f"Step {rule.step} would not be in order.", "delay_minutes")


def _number(values: Mapping[str, Any], field: str, least: int, most: int) -> int:
    value = values.get(field)
    if type(value) is not int or not least <= value <= most:
        raise _wrong("bad_number", f"A whole number from {least} to {most}.", field)
    return int(value)


def _switch(values: Mapping[str, Any], field: str) -> bool:
    value = values.get(field)
    if type(value) is not bool:
        raise _wrong("bad_switch", "On or off.", field)
    return bool(value)


def _wrong(code: str, message: str, field: str) -> Invalid:
    return Invalid(code, message, details={"field": field})


def _record(
    what: str,
    pk: int,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    actor: str,
    at: datetime,
) -> None:
    changes = {
        name: [_plain(before.get(name)), _plain(value)]
        for name, value in after.items()
        if before.get(name) != value
    }
    audit.record(
        actor=actor,
        action=f"recovery.{what}.change",
        object_type=f"recovery.recovery{what}",
        object_id=pk,
        changes=changes,
        at=at,
    )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value
