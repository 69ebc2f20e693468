"""Writing what can be chosen for a custom cake; each change is in the audit trail."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from apps.catalog import selectors as catalog
from apps.custom_cakes.models import CakeOption
from apps.custom_cakes.rules.design import MAX_COUNT
from apps.custom_cakes.states import OptionKind
from bakery.kernel import audit
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one

_FIELDS = (
    *("name", "name_fr", "note", "note_fr", "recipe_id", "is_edible", "grams", "material_cost"),
    *("minutes", "complexity", "most", "lead_days", "position"),
)
_LONGEST = {"name": 80, "name_fr": 80, "note": 200, "note_fr": 200}
# What one takes at most, and to how many decimals it is kept.
_LIMITS = {
    "grams": (Decimal(99_999), Decimal("0.001")),
    "material_cost": (Decimal(99_999), Decimal("0.01")),
    "minutes": (Decimal(9_999), Decimal("0.001")),
}
_WHOLE = {"complexity": (1, 5), "most": (1, MAX_COUNT), "lead_days": (0, 365), "position": (0, 999)}


def create_option(*, kind: str, values: Mapping[str, Any], actor: str, at: datetime) -> CakeOption:
    """Offer one more choice of ``kind``; ``values`` are named as the columns of `CakeOption`.

    Raises `Invalid` with ``details.field``: ``bad_choice`` for a kind, ``unknown_field``,
    ``bad_name``, ``bad_text``, ``bad_number``, ``bad_recipe`` (unknown, or not kept by weight),
    ``grams_missing`` for a recipe of which nothing goes in, ``not_eaten`` for a recipe of what
    nobody eats; `Conflict` ``taken`` for a name that this kind has.
    """
    if kind not in OptionKind.values:
        raise _wrong("bad_choice", f"Kinds: {', '.join(OptionKind.values)}.", "kind")
    with transaction.atomic():
        option = CakeOption(kind=kind)
        _set(option, values, needed=("name",))
        _save(option, is_new=True)
        _record(option, "create", {}, actor=actor, at=at)
    return option


def update_option(
    *,
    option_id: int,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
    actor: str,
    at: datetime,
) -> CakeOption:
    """Change the columns that ``changes`` names; requests that were made keep their figures.

    Raises as `create_option`, `NotFound`, and `Conflict` ``stale_option`` when it is no longer at
    ``expected_version``.
    """
    with transaction.atomic():
        option = _lock(option_id, expected_version)
        before = _snapshot(option)
        _set(option, changes)
        if _snapshot(option) != before:
            option.version += 1
            _save(option, is_new=False)
            _record(option, "change", before, actor=actor, at=at)
    return option


def archive_option(*, option_id: int, actor: str, at: datetime) -> CakeOption:
    """Offer it no longer; doing so again changes nothing. Past requests still name it."""
    return _offer(option_id, "archive", is_active=False, actor=actor, at=at)


def restore_option(*, option_id: int, actor: str, at: datetime) -> CakeOption:
    """Offer it again; `Conflict` ``taken`` when its name is in use by now."""
    return _offer(option_id, "restore", is_active=True, actor=actor, at=at)


def _offer(option_id: int, verb: str, *, is_active: bool, actor: str, at: datetime) -> CakeOption:
    with transaction.atomic():
        option = _lock(option_id, None)
        if option.is_active != is_active:
            before = _snapshot(option)
            option.is_active, option.version = is_active, option.version + 1
            _save(option, is_new=False)
            _record(option, verb, before, actor=actor, at=at)
    return option


def _lock(option_id: int, expected_version: int | None) -> CakeOption:
    option = lock_one(CakeOption.objects.filter(pk=option_id), what="option")
    if expected_version is not None and option.version != expected_version:
        raise Conflict(
            "stale_option",
            "Somebody changed this meanwhile. Look at it again.",
            details={"version": option.version},
        )
    return option


def _set(option: CakeOption, values: Mapping[str, Any], needed: tuple[str, ...] = ()) -> None:
    """Put checked ``values`` on ``option``."""
    if unknown := sorted(str(name)[:40] for name in values if name not in _FIELDS):
        raise _wrong("unknown_field", f"Fields: {', '.join(_FIELDS)}.", unknown[0])
    for name in needed:
        if name not in values:
            raise _wrong("missing", "This is needed.", name)
    for name, value in values.items():
        setattr(option, name, _checked(name, value))
    if option.recipe_id is not None:
        _check_recipe(option)
    if option.kind != OptionKind.DECORATION:
        option.most = 1


def _checked(name: str, value: Any) -> Any:
    if name in _LONGEST:
        return _text(name, value)
    if name in _LIMITS:
        return _amount(name, value)
    if name in _WHOLE:
        least, most = _WHOLE[name]
        if type(value) is not int or not least <= value <= most:
            raise _wrong("bad_number", f"A whole number from {least} to {most}.", name)
        return value
    if name == "is_edible":
        if not isinstance(value, bool):
            raise _wrong("bad_choice", "True or false.", name)
        return value
    if value is not None and (type(value) is not int or not 0 < value < 2**63):
        raise _wrong("bad_recipe", "There is no such recipe.", "recipe_id")
    return value


def _text(name: str, value: Any) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if len(text) > _LONGEST[name] or not text.isprintable() or not isinstance(value, str):
        raise _wrong("bad_text", f"Plain text of at most {_LONGEST[name]} letters.", name)
    if name == "name" and not text:
        raise _wrong("bad_name", "Give it a name.", name)
    return text


def _amount(name: str, value: Any) -> Decimal:
    most, step = _LIMITS[name]
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 <= value <= most:
        raise _wrong("bad_number", f"A number from 0 to {most}.", name)
    if value != value.quantize(step):
        raise _wrong("bad_number", f"In steps of {step}.", name)
    return value.quantize(step)


def _check_recipe(option: CakeOption) -> None:
    """Refuse a recipe that says nothing about this option."""
    if not option.is_edible:
        raise _wrong("not_eaten", "What nobody eats has no recipe.", "recipe_id")
    unit = catalog.recipe_unit(option.recipe_id or 0)
    if unit != "g":
        raise _wrong("bad_recipe", "Choose a recipe whose batch is weighed.", "recipe_id")
    if option.grams <= 0:
        raise _wrong("grams_missing", "Say how many grams of the recipe go in.", "grams")


def _save(option: CakeOption, *, is_new: bool) -> None:
    try:
        with transaction.atomic():
            option.save(force_insert=is_new)
    except IntegrityError as error:
        if "cake_option_name_once" not in str(error):
            raise
        raise Conflict(
            "taken", "There is a choice of this name already.", details={"field": "name"}
        ) from error


def _snapshot(option: CakeOption) -> dict[str, Any]:
    names = ("kind", *_FIELDS, "is_active")
    return {name: _plain(getattr(option, name)) for name in names}


def _record(
    option: CakeOption, verb: str, before: Mapping[str, Any], *, actor: str, at: datetime
) -> None:
    after = _snapshot(option)
    audit.record(
        actor=actor,
        action=f"cake_option.{verb}",
        object_type="custom_cakes.cakeoption",
        object_id=option.pk,
        changes={
            name: [before.get(name), value]
            for name, value in after.items()
            if before.get(name) != value
        },
        at=at,
    )


def _plain(value: Any) -> Any:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _wrong(code: str, message: str, field: str) -> Invalid:
    return Invalid(code, message, details={"field": field})
