"""Plain INSERTs of model instances, for paths that write many rows in one request.

Building an INSERT from a queryset costs more than sending it. Here its text is made once per
model; values are prepared by the model's fields as always, and the database's constraints hold as
always. Nothing calls ``save()``: models that override it are refused.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models


@lru_cache(maxsize=64)
def _columns(model: type[models.Model]) -> tuple["models.Field[Any, Any]", ...]:
    """Return the fields that an INSERT states; a serial key is the database's to give."""
    if model.save is not models.Model.save or model._meta.parents:
        raise TypeError(f"{model.__name__} is not inserted without its save()")
    key = model._meta.auto_field
    return tuple(field for field in model._meta.concrete_fields if field is not key)


@lru_cache(maxsize=256)
def _statement(model: type[models.Model], count: int, *, yielding: bool) -> str:
    quote = connection.ops.quote_name
    fields = _columns(model)
    names = ", ".join(quote(str(field.column)) for field in fields)
    row = f"({', '.join(['%s'] * len(fields))})"
    table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
    values = ", ".join([row] * count)
    yields = " ON CONFLICT DO NOTHING" if yielding else ""
    # Names of tables and columns alone; the values are parameters.
    return f"INSERT INTO {table} ({names}) VALUES {values}{yields} RETURNING {key}"  # noqa: S608


def insert(rows: Sequence[models.Model]) -> None:
    """Insert new ``rows`` of one model by one statement and give them their keys.

    Raises `IntegrityError` as ``save()`` does. No rows, no statement.
    """
    if rows:
        _insert(rows, yielding=False)


def insert_unless_taken(row: models.Model) -> bool:
    """Insert ``row`` and return True, or return False when something unique in it is taken.

    Waits for another transaction that is about to take it. The caller's transaction stays
    usable either way, without a savepoint.
    """
    return _insert([row], yielding=True)


def _insert(rows: Sequence[models.Model], *, yielding: bool) -> bool:
    model = type(rows[0])
    fields = _columns(model)
    values = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for row in rows
        for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(_statement(model, len(rows), yielding=yielding), values)
        keys = cursor.fetchall()
    if not keys:
        return False
    attribute = model._meta.pk.attname
    for row, (key,) in zip(rows, keys, strict=True):
        setattr(row, attribute, key)
        # What Django itself sets on an instance that it saved.
        state = row._state  # noqa: SLF001
        state.adding, state.db = False, connection.alias
    return True
