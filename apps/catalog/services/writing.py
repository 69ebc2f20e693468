"""What every write of the catalog shares: checked fields, one row, one audit entry."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models.fields.files import FieldFile

from bakery.kernel import audit
from bakery.kernel.errors import Conflict, Invalid


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
    check_fields(row)
    try:
        with transaction.atomic():
            row.save(force_insert=before is None)
            audit.record(
                actor=actor,
                action=action,
                object_type=row._meta.label_lower,
                object_id=row.pk,
                changes=differences(before or {}, snapshot(row)),
                at=at,
            )
    except IntegrityError as error:
        if "duplicate key" in str(error):
            raise Conflict("taken", "Something with this name, slug or SKU exists.") from error
        raise Invalid("invalid", "These values do not fit together.") from error


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
