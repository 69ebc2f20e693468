"""Training a version: from decisions to a file, figures, and a place in use if it deserves it."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from apps.pricing.adapters.artefacts import discard_artefact, store_artefact
from apps.pricing.adapters.learning import Learned, learn
from apps.pricing.adapters.training import PARAMETERS
from apps.pricing.models import ModelVersion, TrainingRun
from apps.pricing.rules.artefact import Artefact
from apps.pricing.rules.conformal import COVERAGE
from apps.pricing.rules.past import PastCake, data_sha256, in_order
from apps.pricing.rules.promotion import BETTER, USELESS, Verdict, judge
from apps.pricing.rules.tables import Table, table_of
from apps.pricing.selectors.decisions import decided_cakes
from apps.pricing.selectors.versions import is_held_back, policy_at
from apps.pricing.services.promoting import promote, refuse_row, replace_challengers
from apps.pricing.services.registry import Served, current_model, may_be_used
from apps.pricing.states import (
    TRAINING_LIFE,
    DataOrigin,
    ModelKind,
    TrainingState,
)
from bakery.kernel import audit, clock
from bakery.kernel.errors import Conflict, DomainError
from bakery.kernel.states import transition

logger = logging.getLogger(__name__)
# A training takes seconds; one so old was cut off with its process.
CUT_OFF_AFTER = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What came of a training; ``version_id`` None when there was nothing to learn from.

    ``text`` says it in words, ``metrics`` in figures; ``is_current`` whether it is in use now.
    """

    text: str
    rows: int
    version_id: int | None = None
    name: str = ""
    is_current: bool = False
    metrics: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """What is trained, for whom; without a ``run`` nothing is written."""

    kind: ModelKind
    actor: str
    at: datetime
    origin: DataOrigin
    run: TrainingRun | None = None


def train(
    *,
    kind: ModelKind,
    actor: str,
    at: datetime,
    cakes: Sequence[PastCake] | None = None,
    dry_run: bool = False,
) -> Trained:
    """Train a version of ``kind`` from the shop's decisions, or from simulated ``cakes``.

    Whatever is handed in counts as simulated: the shop's own decisions are read here.
    It goes into use when it is better than the formula and the version in use on decisions that
    it has not seen, unless people went back to an older version. Seconds of CPU: never in a web
    request nor inside a transaction. With ``dry_run`` nothing is written. Raises `Conflict`
    ``training_already`` while another training of the kind is under way, and `Unavailable` when
    the file cannot be stored.
    """
    origin = DataOrigin.DECISIONS if cakes is None else DataOrigin.SIMULATED
    job = _Job(kind=kind, actor=actor, at=at, origin=origin)
    if dry_run:
        return _train(job, cakes)
    run, begun = _begin(kind, actor, at), time.monotonic()
    try:
        trained = _train(replace(job, run=run), cakes)
    except Exception as error:
        text = error.message if isinstance(error, DomainError) else type(error).__name__
        _end(run, TrainingState.FAILED, _later(at, begun), text=text[:500])
        raise
    _end(
        run,
        TrainingState.DONE if trained.version_id else TrainingState.REFUSED,
        _later(at, begun),
        text=trained.text[:500],
        rows=trained.rows,
        version_id=trained.version_id,
    )
    return trained


def _begin(kind: ModelKind, actor: str, at: datetime) -> TrainingRun:
    """Write down that it has begun; the database admits one of a kind."""
    cut_off = TrainingRun.objects.filter(
        kind=kind, state=TrainingState.RUNNING, started_at__lte=at - CUT_OFF_AFTER
    ).first()
    if cut_off is not None:
        _end(cut_off, TrainingState.FAILED, at, text="was cut off")
    try:
        with transaction.atomic():
            return TrainingRun.objects.create(kind=kind, started_at=at, started_by=actor)
    except IntegrityError as error:
        raise Conflict("training_already", "A training is under way already.") from error


def _end(run: TrainingRun, state: TrainingState, at: datetime, **columns: Any) -> None:
    try:
        transition(
            run,
            machine=TRAINING_LIFE,
            to=state,
            actor=run.started_by,
            at=at,
            finished_at=at,
            **columns,
        )
    except Conflict:
        # It was held for dead and ended by another one.
        logger.warning("training ended twice", extra={"object_id": run.pk})


def _train(job: _Job, cakes: Sequence[PastCake] | None) -> Trained:
    policy = policy_at(job.at)
    rows = decided_cakes(job.kind) if cakes is None else in_order(cakes)
    table = table_of(job.kind, rows)
    if len(table) < policy.least_rows:
        text = f"There are {len(table)} decisions to learn from; {policy.least_rows} are needed."
        return Trained(text=text, rows=len(table))
    served = current_model(kind=job.kind)
    learned = learn(table, current=served.artefact)
    metrics = _metrics(learned, served, table)
    verdict = judge(metrics, policy, current=served.name)
    metrics["verdict"], metrics["why"] = verdict.word, verdict.why
    if job.run is None:
        return Trained(text=verdict.why, rows=len(table), metrics=metrics)
    artefact = _artefact(job, f"{job.kind}-{clock.shop_date(job.at)}-{job.run.pk}", learned, table)
    version = _keep(job, artefact, data_sha256(rows), verdict, metrics)
    is_current = _use(version, verdict, job.actor, job.at)
    return Trained(
        text=_told(verdict, is_current=is_current, version=version),
        rows=len(table),
        version_id=version.pk,
        name=version.name,
        is_current=is_current,
        metrics=metrics,
    )


def _metrics(learned: Learned, served: Served, table: Table) -> dict[str, Any]:
    return {
        **learned.as_json(),
        "against": served.name,
        "promised_coverage": COVERAGE,
        "columns": len(table.names),
    }


def _artefact(job: _Job, name: str, learned: Learned, table: Table) -> Artefact:
    return Artefact(
        kind=job.kind,
        name=name,
        booster=learned.fitted.booster,
        features=table.names,
        monotone=table.monotone,
        quantiles=learned.quantiles,
        ranges=learned.ranges,
        rows=len(table),
        data_origin=job.origin,
        metrics=learned.ours.as_json(),
        trained_at=job.at.isoformat(),
    )


def _keep(
    job: _Job, artefact: Artefact, data: str, verdict: Verdict, metrics: dict[str, Any]
) -> ModelVersion:
    """Store the file, then the row; a version that is no use is refused from the beginning."""
    key, sha256 = store_artefact(artefact)
    try:
        with transaction.atomic():
            version = ModelVersion.objects.create(
                kind=artefact.kind,
                name=artefact.name,
                data_origin=artefact.data_origin,
                rows=artefact.rows,
                data_sha256=data,
                features=list(artefact.features),
                parameters={**PARAMETERS, "rounds": metrics["rounds"]},
                metrics=metrics,
                artefact_key=key,
                artefact_sha256=sha256,
                trained_by=job.actor,
                trained_at=job.at,
                note=verdict.why[:500],
            )
            if verdict.word == USELESS:
                # Nor does it take the place of one that is some use.
                refuse_row(version, actor=job.actor, at=job.at, reason=verdict.why)
            else:
                replace_challengers(version, actor=job.actor, at=job.at)
            audit.record(
                actor=job.actor,
                action="train",
                object_type="pricing.modelversion",
                object_id=version.pk,
                at=job.at,
                changes={"status": ["", version.status]},
                reason=verdict.why,
            )
    except Exception:
        discard_artefact(key)
        raise
    return version


def _use(version: ModelVersion, verdict: Verdict, actor: str, at: datetime) -> bool:
    """Put it in use if it deserves that and nobody went back to an older one."""
    kind = ModelKind(version.kind)
    if verdict.word != BETTER or not may_be_used(version) or is_held_back(kind):
        return False
    try:
        promote(version_id=version.pk, actor=actor, at=at, reason=verdict.why)
    except DomainError as error:
        logger.warning("version not in use", extra={"code": error.code, "object_id": version.pk})
        return False
    return True


def _told(verdict: Verdict, *, is_current: bool, version: ModelVersion) -> str:
    if is_current:
        return f"{verdict.why} It is in use now."
    if verdict.word != BETTER:
        return verdict.why
    if not may_be_used(version):
        return f"{verdict.why} It learned from simulated decisions and is not used."
    return f"{verdict.why} It runs beside; put it in use if you agree."


def _later(at: datetime, begun: float) -> datetime:
    return at + timedelta(seconds=time.monotonic() - begun)
