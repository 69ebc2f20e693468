"""Reads of versions: what is in use, what was, what runs beside, and what is being trained."""

from datetime import datetime

from django.db.models import Q

from apps.pricing.models import ModelPolicy, ModelVersion, TrainingRun, VersionTransition
from apps.pricing.rules.promotion import Policy
from apps.pricing.states import ModelKind, TrainingState, VersionStatus
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

_FIELDS = ("least_rows", "margin", "drift_rows", "drift_factor", "least_coverage")


def policy_at(at: datetime) -> Policy:
    """Return the policy of models that holds at ``at``. Raises `NotFound` before the first."""
    rows = ModelPolicy.objects.filter(starts_on__lte=clock.shop_date(at))
    row = rows.order_by("-starts_on", "-pk").values(*_FIELDS).first()
    if row is None:
        raise NotFound("policy_not_found", "There is no policy of models on that day.")
    return Policy(**row)


def current_version(kind: ModelKind) -> ModelVersion | None:
    """Return the version in use, None while the formula speaks alone."""
    return ModelVersion.objects.filter(kind=kind, status=VersionStatus.CURRENT).first()


def one_version(version_id: int) -> ModelVersion:
    """Return a version; raise `NotFound`."""
    row = ModelVersion.objects.filter(pk=version_id).first()
    if row is None:
        raise NotFound("version_not_found", "There is no such version.")
    return row


def version_before(current: ModelVersion) -> ModelVersion | None:
    """Return the version that was in use before ``current``, None when that was the formula."""
    return (
        ModelVersion.objects.filter(
            kind=current.kind, status=VersionStatus.RETIRED, promoted_at__lt=current.promoted_at
        )
        .order_by("-promoted_at")
        .first()
    )


def is_held_back(kind: ModelKind) -> bool:
    """Tell whether people went back to an older version, or to the formula, and stay there.

    Until one of them puts a new version in use, no training does.
    """
    last = (
        VersionTransition.objects.filter(subject__kind=kind)
        .filter(Q(old=VersionStatus.CURRENT) | Q(new=VersionStatus.CURRENT))
        .order_by("-pk")
        .first()
    )
    if last is None:
        return False
    return (last.old, last.new) != (VersionStatus.CHALLENGER, VersionStatus.CURRENT)


def training_under_way(kind: ModelKind) -> TrainingRun | None:
    """Return the training of ``kind`` that runs now."""
    return TrainingRun.objects.filter(kind=kind, state=TrainingState.RUNNING).first()


def latest_trainings(kind: ModelKind, limit: int = 10) -> list[TrainingRun]:
    """Return the newest trainings."""
    rows = TrainingRun.objects.filter(kind=kind).select_related("version")
    return list(rows.order_by("-pk")[:limit])


def newest_challenger(kind: ModelKind = ModelKind.PRICE) -> ModelVersion | None:
    """Return the version that runs beside."""
    rows = ModelVersion.objects.filter(kind=kind, status=VersionStatus.CHALLENGER)
    return rows.order_by("-pk").first()
