"""Importing and exporting the whole range: checked first, then carried out whole or not at all."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Model, Prefetch

from apps.catalog.adapters.range_table import Line, export_lines, read_lines
from apps.catalog.adapters.tables import read_table, write_table
from apps.catalog.models import Product, RangeImport, Variant
from apps.catalog.selectors.range import range_products
from apps.catalog.services.food import settle_food
from apps.catalog.services.range_plan import Plan, PlannedProduct, plan_range, way_to
from apps.catalog.services.writing import record, recorded_together
from apps.catalog.states import PRODUCT_LIFE, ProductStatus
from bakery.kernel import states
from bakery.kernel.audit import Change
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one, locked

SHOWN = 200
KEPT = timedelta(days=1)
_BATCH = 500
_LONGEST = 120


def export_range(*, file_format: str, at: datetime, actor: str = "system") -> bytes:
    """Return the whole range as a file, archived products and sizes included; it is audited.

    An import of what was exported changes nothing. Raises `Invalid` ``unknown_format``.
    """
    sizes = Prefetch("variants", Variant.objects.order_by("position", "pk"))
    products = range_products().order_by("name", "pk").select_related("category")
    lines: list[Line] = []
    for product in products.prefetch_related(sizes):
        lines += [Line(product, size) for size in product.variants.all()] or [Line(product, None)]
    data = write_table(export_lines(lines), file_format=file_format)
    with transaction.atomic():
        record(
            actor=actor,
            action="export_range",
            object_type="catalog.product",
            object_id="all",
            changes={"rows": [None, len(lines)], "sha256": [None, _sha256(data)]},
            at=at,
        )
    return data


def check_import(
    *, data: bytes, file_format: str, at: datetime, file_name: str = "", actor: str = "system"
) -> RangeImport:
    """Keep the file with what it would change and everything that is wrong with it.

    Nothing of the range is touched. Raises `Invalid` for a file that is no table of ours, see
    `read_table` and `read_lines`; mistakes in rows are in the ``report``.
    """
    plan = _plan(data, file_format, at=at)
    found = RangeImport(
        actor=actor[:200],
        file_name=_clean_name(file_name) or f"range.{file_format}",
        file_format=file_format,
        content=b"" if plan.problems else data,
        sha256=_sha256(data),
        fingerprint=plan.fingerprint(),
        report=_report(plan),
        created_at=at,
    )
    with transaction.atomic():
        RangeImport.objects.filter(created_at__lt=at - KEPT, applied_at=None).delete()
        found.save(force_insert=True)
    return found


def apply_import(*, import_id: UUID, at: datetime, actor: str = "system") -> RangeImport:
    """Carry a checked file out, all of it or nothing; doing it again changes nothing.

    Raises `NotFound`; `Invalid` ``import_has_problems``; `Conflict` ``range_changed`` when the
    file would by now do something else than was shown, ``import_expired``, ``taken``.
    """
    try:
        with recorded_together() as written:
            found = lock_one(RangeImport.objects.filter(pk=import_id), what="import")
            if found.applied_at is not None:
                return found
            _check_ready(found, at=at)
            plan = _plan(bytes(found.content), found.file_format, at=at, is_locking=True)
            if plan.problems or plan.fingerprint() != found.fingerprint:
                raise Conflict(
                    "range_changed",
                    "The range has changed since this file was checked. Send it again.",
                )
            # Taken first: carrying it out makes the rows what they are to become.
            changes = [(product, _recorded(product)) for product in plan.products]
            _carry_out(plan, at=at, actor=actor)
            found.applied_at, found.content = at, b""
            found.save(update_fields=["applied_at", "content"])
            entries = _entries(changes, at=at, actor=actor)
            written.extend([*entries, _summary(found, at=at, actor=actor)])
    except IntegrityError as error:
        raise Conflict("taken", "Somebody took one of these SKUs. Send it again.") from error
    return found


def _check_ready(found: RangeImport, *, at: datetime) -> None:
    if found.report.get("problem_count"):
        raise Invalid("import_has_problems", "Mend the rows that are listed, and send it again.")
    if at - found.created_at > KEPT:
        raise Conflict("import_expired", "This file was checked too long ago. Send it again.")


def _plan(data: bytes, file_format: str, *, at: datetime, is_locking: bool = False) -> Plan:
    given, problems = read_lines(read_table(data, file_format=file_format))
    if is_locking:
        return plan_range(given, problems, at=at, lock=locked)
    return plan_range(given, problems, at=at)


def _carry_out(plan: Plan, *, at: datetime, actor: str) -> None:
    touched = [product for product in plan.products if _is_touched(product)]
    for product in touched:
        product.row.updated_at = at
    _write(Product, [(p.row, p.before, _columns(p.changes())) for p in touched])
    sizes = []
    for product in touched:
        for size in product.sizes:
            size.row.product_id = product.row.pk
            sizes.append((size.row, size.before, _columns(size.changes())))
    _write(Variant, sizes)
    settle_food(
        product_ids=[product.row.pk for product in touched],
        at=at,
        actor=actor,
        because="a file was imported",
    )
    for product in touched:
        for step in (way_to(product.row.status, product.status) or [""])[1:]:
            states.transition(
                product.row, machine=PRODUCT_LIFE, to=ProductStatus(step), actor=actor, at=at
            )


def _is_touched(product: PlannedProduct) -> bool:
    return bool(product.changes()) or any(size.changes() for size in product.sizes)


def _columns(changes: dict[str, Any]) -> set[str]:
    """Return the columns of changes, whose names are for people where a column has another."""
    renamed = {"on_sale": "archived_at", "category_id": "category"}
    return {renamed.get(name, name) for name in changes} - {"status"}


def _write(model: type[Model], rows: Sequence[tuple[Model, Any, set[str]]]) -> None:
    """Insert what is new and update what is not, some hundred rows a statement."""
    manager = model._default_manager
    manager.bulk_create([row for row, before, _ in rows if before is None], batch_size=_BATCH)
    changed = [(row, columns) for row, before, columns in rows if before is not None]
    columns = set().union(*(columns for _, columns in changed)) if changed else set()
    if model is Product and changed:
        columns.add("updated_at")
    if columns:
        manager.bulk_update([row for row, _ in changed], sorted(columns), batch_size=_BATCH)


def _recorded(product: PlannedProduct) -> dict[str, Any]:
    """Return what the audit trail keeps of a product and its sizes, these by their SKU."""
    changes: dict[str, Any] = dict(product.changes())
    for size in product.sizes:
        changes |= {f"{size.row.sku}.{name}": pair for name, pair in size.changes().items()}
    return changes


def _entries(
    changes: Iterable[tuple[PlannedProduct, dict[str, Any]]], *, at: datetime, actor: str
) -> Iterable[Change]:
    """One entry for each product that changed, with its sizes."""
    return [
        Change(
            actor=actor,
            action="import_product",
            object_type="catalog.product",
            object_id=product.row.pk,
            changes=found,
            at=at,
        )
        for product, found in changes
        if found
    ]


def _summary(found: RangeImport, *, at: datetime, actor: str) -> Change:
    told = {name: found.report[name] for name in ("rows", "new", "changed")}
    told["sha256"] = found.sha256
    return Change(
        actor=actor,
        action="import_range",
        object_type="catalog.product",
        object_id="all",
        changes={name: [None, value] for name, value in told.items()},
        at=at,
    )


def _report(plan: Plan) -> dict[str, Any]:
    changes = plan.changes()
    return {
        "rows": plan.rows,
        "new": sum(how == "new" for _, _, how, _ in changes),
        "changed": sum(how == "changed" for _, _, how, _ in changes),
        "problem_count": len(plan.problems),
        "problems": [asdict(problem) for problem in plan.problems[:SHOWN]],
        "changes": [
            {"line": line, "what": what, "how": how, "cells": _texts(fields)}
            for line, what, how, fields in changes[:SHOWN]
        ],
    }


def _texts(fields: dict[str, list[Any]]) -> dict[str, list[str | None]]:
    return {
        name: [None if value is None else str(value)[:_LONGEST] for value in pair]
        for name, pair in fields.items()
    }


def _clean_name(name: str) -> str:
    return "".join(char for char in name if char.isprintable())[-100:]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
