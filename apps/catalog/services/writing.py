"""What every write of the catalog shares: checked fields, one row, one audit entry."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models.fields.files import FieldFile

from bakery.kernel import audit
from bakery.kernel.errors import Conflict, Invalid

_together: ContextVar[list[audit.Change] | None] = ContextVar("_together", default=None)


@contextmanager
def recorded_together() -> Iterator[list[audit.Change]]:
    """One transaction whose audit entries are written at its end, all in a few statements.

    The yielded list holds what is to be recorded; the block may rewrite it before it ends. When
    the block raises, nothing is written.
    """
    with transaction.atomic():
        changes: list[audit.Change] = []
        token = _together.set(changes)
        try:
            yield changes
        finally:
            _together.reset(token)
        audit.record_all(changes)


def record(**change: Any) -> None:
    """Record a change now, or with the others of `recorded_together`; see `audit.Change`."""
    waiting = _together.get()
    if waiting is None:
        audit.record(**change)
    else:
        waiting.append(audit.Change(**change))


def check_fields(row: models.Model) -> None:
    """Raise `Invalid` with ``details.fields`` for what the model's columns do not take."""
    try:
        row.clean_fields()
    except ValidationError as error:
        raise Invalid(
            "invalid", "Some fields are not right.", details={"fields": error.message_dict}
        ) from error


def store(
    row: models.Model,
    *,
    action: str,
    actor: str,
    at: datetime,
    before: Mapping[str, Any] | None = None,
) -> None:
    """Save ``row`` and record what changed since ``before`` (None: it is new).

    Raises `Conflict` ``taken`` when a unique name, slug or SKU exists, `Invalid` ``invalid`` when
    a constraint of the table says no.
    """
    with transaction.atomic():
        save_row(row, is_new=before is None)
        record_change(row, action=action, actor=actor, at=at, before=before)


def save_row(row: models.Model, *, is_new: bool) -> None:
    """Save ``row`` without its audit entry, which must follow: see `record_change`."""
    check_fields(row)
    try:
        with transaction.atomic():
            row.save(force_insert=is_new)
    except IntegrityError as error:
        if "duplicate key" in str(error):
            raise Conflict("taken", "Something with this name, slug or SKU exists.") from error
        raise Invalid("invalid", "These values do not fit together.") from error


def record_change(
    row: models.Model,
    *,
    action: str,
    actor: str,
    at: datetime,
    before: Mapping[str, Any] | None,
    reason: str = "",
    more: Mapping[str, list[Any]] | None = None,
) -> None:
    """Record what changed since ``before``, and ``more``, once every lock is taken."""
    record(
        actor=actor,
        action=action,
        object_type=row._meta.label_lower,
        object_id=row.pk,
        changes={**differences(before or {}, snapshot(row)), **(more or {})},
        reason=reason,
        at=at,
    )


def snapshot(row: models.Model) -> dict[str, Any]:
    """Return the row's columns by name, as they are now."""
    return {
        field.attname: _plain(field.value_from_object(row)) for field in row._meta.concrete_fields
    }


def _plain(value: Any) -> Any:
    return value.name if isinstance(value, FieldFile) else value


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return ``{field: [before, after]}`` for what differs."""
    return {
        name: [before.get(name), value]
        for name, value in after.items()
        if before.get(name) != value and name != "updated_at"
    }
