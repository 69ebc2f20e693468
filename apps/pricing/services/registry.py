"""Which model is in use: its version's row is read each time, its file once in a process.

So a promotion or a rollback in one process is served by all others with their next estimate,
without a restart.
"""

import logging
import threading
import time
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet

from apps.pricing.adapters.artefacts import load_artefact
from apps.pricing.models import ModelVersion
from apps.pricing.rules.artefact import Artefact, BadArtefact
from apps.pricing.states import DataOrigin, ModelKind, VersionStatus
from bakery.kernel.errors import Unavailable

logger = logging.getLogger(__name__)
MADE_UP = "it learned from simulated decisions"
_KEPT = 8
# A file that was refused is looked at again after so long: somebody may have put it back.
_AGAIN_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A version as it is served; without an ``artefact`` the formula speaks, and ``problem`` says
    why there is none though a version should be in use."""

    artefact: Artefact | None = None
    version_id: int | None = None
    name: str = ""
    problem: str = ""


class _Kept:
    """What this process has read, by SHA-256, and what it was refused."""

    lock = threading.Lock()
    artefacts: dict[str, Artefact] = {}
    refused: dict[str, tuple[float, str]] = {}


def current_model(*, kind: ModelKind) -> Served:
    """Return the version of ``kind`` that is in use; one query, and a file the first time.

    Never raises for a file that is missing, changed or out of reach: then the formula speaks, as
    it does where a database with a version of a made-up bakery came into a real shop.
    """
    row = _rows(kind, VersionStatus.CURRENT).first()
    if row is None:
        return Served()
    if not may_be_used(row):
        return Served(version_id=row.pk, name=row.name, problem=f"{_unused(row)}: {MADE_UP}.")
    return _served(row)


def challengers(*, kind: ModelKind) -> list[Served]:
    """Return the versions of ``kind`` that run beside, the newest first; unreadable ones not."""
    found = [_served(row) for row in _rows(kind, VersionStatus.CHALLENGER)[:3]]
    return [served for served in found if served.artefact]


def may_be_used(row: ModelVersion) -> bool:
    """Tell whether what ``row`` learned from allows its use here."""
    return row.data_origin == DataOrigin.DECISIONS or settings.PRICING_TRUST_SIMULATED


def check_file(*, key: str, sha256: str) -> str:
    """Look at a version's file in the store, past what is kept; return what is wrong, or ""."""
    try:
        load_artefact(key=key, sha256=sha256)
    except BadArtefact as error:
        return str(error)
    except Unavailable:
        return "the file storage does not answer"
    return ""


def _rows(kind: ModelKind, status: VersionStatus) -> QuerySet[ModelVersion]:
    return ModelVersion.objects.filter(kind=kind, status=status).only(
        "name", "data_origin", "artefact_key", "artefact_sha256"
    )


def _unused(row: ModelVersion) -> str:
    return f"Version {row.name} is not used"


def _served(row: ModelVersion) -> Served:
    artefact, problem = _kept(row.artefact_key, row.artefact_sha256)
    if problem:
        problem = f"{_unused(row)}: {problem}."
    return Served(artefact=artefact, version_id=row.pk, name=row.name, problem=problem)


def _kept(key: str, sha256: str) -> tuple[Artefact | None, str]:
    with _Kept.lock:
        if sha256 in _Kept.artefacts:
            return _Kept.artefacts[sha256], ""
        until, why = _Kept.refused.get(sha256, (0.0, ""))
    if time.monotonic() < until:
        return None, why
    try:
        artefact = load_artefact(key=key, sha256=sha256)
    except (BadArtefact, Unavailable) as error:
        why = str(error) if isinstance(error, BadArtefact) else "the file storage does not answer"
        logger.warning("model not used", extra={"object_id": key, "code": why})
        with _Kept.lock:
            _Kept.refused[sha256] = (time.monotonic() + _AGAIN_SECONDS, why)
        return None, why
    with _Kept.lock:
        while len(_Kept.artefacts) >= _KEPT:
            _Kept.artefacts.pop(next(iter(_Kept.artefacts)))
        _Kept.artefacts[sha256] = artefact
        _Kept.refused.pop(sha256, None)
    return artefact, ""


def forget_kept() -> None:
    """Read every file anew from now on, in this process."""
    with _Kept.lock:
        _Kept.artefacts.clear()
        _Kept.refused.clear()
