"""Putting a version in use, going back to the one before it, refusing one."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from apps.pricing.models import ModelVersion
from apps.pricing.rules.promotion import BETTER
from apps.pricing.selectors.versions import current_version, one_version, version_before
from apps.pricing.services.registry import check_file, may_be_used
from apps.pricing.states import VERSION_LIFE, ModelKind, VersionStatus
from bakery.kernel import audit, locks
from bakery.kernel.errors import Conflict, Refused
from bakery.kernel.states import transition

_S = VersionStatus


@dataclass(frozen=True, slots=True)
class _By:
    """Who moves a version, when and why."""

    actor: str
    at: datetime
    reason: str


def promote(*, version_id: int, actor: str, at: datetime, reason: str = "") -> ModelVersion:
    """Put a version in use in place of the current one; return it.

    A challenger must have been better than the formula and than the very version that is in use
    now; one that was in use before may return. Raises `NotFound`; `Refused`: ``not_better``,
    ``simulated_model``; `Conflict`: ``compared_with_another``, ``model_file_refused``,
    ``illegal_transition``.
    """
    row = one_version(version_id)
    _require_real(row)
    _require_file(row)
    with transaction.atomic():
        lock_kind(ModelKind(row.kind))
        row = one_version(version_id)
        current = current_version(ModelKind(row.kind))
        if row.status == _S.CHALLENGER:
            _require_better(row, current)
        by = _By(actor, at, reason)
        before = _step_down(current, row, by) if current else ""
        _move(row, _S.CURRENT, by, promoted_at=at)
        _record("promote", row, by, [before, row.name])
    return row


def roll_back(
    *, kind: ModelKind, actor: str, at: datetime, reason: str = ""
) -> ModelVersion | None:
    """Go back to the version that was in use before; return it, None when that is the formula.

    Good or bad, sure or not: this is for the moment in which something is wrong. Raises `Conflict`
    ``no_current_version``, and ``moved_meanwhile`` when somebody was faster.
    """
    seen = current_version(kind)
    before = version_before(seen) if seen else None
    while before is not None and _is_no_use(before):
        before = version_before(before)
    with transaction.atomic():
        lock_kind(kind)
        current = current_version(kind)
        if current is None:
            raise Conflict("no_current_version", "The formula speaks alone already.")
        if seen is None or seen.pk != current.pk:
            raise Conflict("moved_meanwhile", "Another version came into use. Look again.")
        # Its moment of promotion stays: the next step back goes further back.
        by = _By(actor, at, reason)
        _move(current, _S.RETIRED, by)
        if before is not None:
            _move(before, _S.CURRENT, by)
        _record("roll_back", current, by, [current.name, before.name if before else ""])
    return before


def refuse(*, version_id: int, actor: str, at: datetime, reason: str) -> ModelVersion:
    """Never use a version (again); the formula speaks if it was in use. Returns it.

    Raises `NotFound` and `Conflict` ``illegal_transition``.
    """
    row = one_version(version_id)
    with transaction.atomic():
        lock_kind(ModelKind(row.kind))
        row = one_version(version_id)
        refuse_row(row, actor=actor, at=at, reason=reason)
        _record("refuse", row, _By(actor, at, reason), [row.name, ""])
    return row


def refuse_row(row: ModelVersion, *, actor: str, at: datetime, reason: str) -> None:
    """Refuse ``row``; a step of the caller's transaction."""
    _move(row, _S.REFUSED, _By(actor, at, reason))


def replace_challengers(row: ModelVersion, *, actor: str, at: datetime) -> None:
    """Refuse the challengers older than ``row``; a step of the caller's transaction."""
    lock_kind(ModelKind(row.kind))
    older = ModelVersion.objects.filter(kind=row.kind, status=_S.CHALLENGER, pk__lt=row.pk)
    for other in older:
        refuse_row(other, actor=actor, at=at, reason=f"{row.name} came after it")


def lock_kind(kind: ModelKind) -> None:
    """Let nobody else move versions of ``kind`` until this transaction ends."""
    locks.advisory_lock(f"pricing-versions:{kind}")


def _require_real(row: ModelVersion) -> None:
    if not may_be_used(row):
        raise Refused(
            "simulated_model", "It learned from simulated decisions: not for a real shop."
        )


def _is_no_use(row: ModelVersion) -> bool:
    is_bad = check_file(key=row.artefact_key, sha256=row.artefact_sha256)
    return bool(is_bad) or not may_be_used(row)


def _require_file(row: ModelVersion) -> None:
    problem = check_file(key=row.artefact_key, sha256=row.artefact_sha256)
    if problem:
        raise Conflict("model_file_refused", f"Its file is not used: {problem}.")


def _require_better(row: ModelVersion, current: ModelVersion | None) -> None:
    if row.metrics.get("verdict") != BETTER:
        raise Refused("not_better", str(row.metrics.get("why", "")) or "It was not compared.")
    if row.metrics.get("against", "") != (current.name if current else ""):
        raise Conflict(
            "compared_with_another",
            "It was compared with another version than the one in use now: train anew.",
        )


def _step_down(current: ModelVersion, row: ModelVersion, by: _By) -> str:
    if current.pk != row.pk:
        _move(current, _S.RETIRED, replace(by, reason=by.reason or f"{row.name} came after it"))
    return current.name


def _move(row: ModelVersion, to: VersionStatus, by: _By, **columns: datetime) -> None:
    transition(
        row,
        machine=VERSION_LIFE,
        to=to,
        actor=by.actor,
        at=by.at,
        reason=by.reason[:500],
        **columns,
    )


def _record(action: str, row: ModelVersion, by: _By, change: list[str]) -> None:
    audit.record(
        actor=by.actor,
        action=action,
        object_type="pricing.modelversion",
        object_id=row.pk,
        at=by.at,
        changes={f"{row.kind} model": change},
        reason=by.reason,
    )
