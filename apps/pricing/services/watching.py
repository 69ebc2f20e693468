"""Noticing that predictions drift from decisions, or that the file of the version in use is bad."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from apps.notifications.services import raise_alert
from apps.notifications.states import AlertKind
from apps.pricing.rules.conformal import COVERAGE
from apps.pricing.rules.monitoring import line_of
from apps.pricing.rules.promotion import drifted
from apps.pricing.selectors.monitoring import judged
from apps.pricing.selectors.versions import current_version, policy_at
from apps.pricing.services.registry import MADE_UP, check_file, may_be_used
from apps.pricing.states import ModelKind
from bakery.kernel import episodes


def watch_models(*, at: datetime) -> list[str]:
    """Look at the versions in use and at the newest decisions; return what is wrong.

    Whoever is on duty is told when it begins, and again only after it was over. Reads files: not
    inside a transaction.
    """
    versions = reverse("admin:pricing_modelversion_changelist")
    findings = {f"file:{kind}": (_file(kind), versions) for kind in ModelKind}
    findings["drift"] = (drift(at=at), reverse("admin:pricing_monitoring"))
    return [
        name for name, (text, path) in findings.items() if _watch(name, text=text, path=path, at=at)
    ]


def drift(*, at: datetime) -> str:
    """Return in words how the newest decisions drift from predictions, "" when they do not.

    The newest ones that the version in use predicted, or the formula while there is none.
    """
    policy, current = policy_at(at), current_version(ModelKind.PRICE)
    rows = judged(until=at, version_id=current.pk if current else None, limit=policy.drift_rows)
    if current is None:
        rows = [row for row in rows if not row.version]
    if not rows:
        return ""
    line = line_of("", rows)
    promised = float(current.metrics["ours"]["mae_log"]) if current else 0.0
    return drifted(
        errors=len(rows),
        mae_log=line.ours.mae_log,
        promised=promised,
        covered=line.covered,
        promised_coverage=COVERAGE,
        policy=policy,
    )


def _file(kind: ModelKind) -> str:
    row = current_version(kind)
    if row is None:
        return ""
    problem = check_file(key=row.artefact_key, sha256=row.artefact_sha256)
    if not may_be_used(row):
        problem = MADE_UP
    if not problem:
        return ""
    return f"Version {row.name} is not used: {problem}. The formula speaks meanwhile."


def _watch(name: str, *, text: str, path: str, at: datetime) -> bool:
    with transaction.atomic():
        turn = episodes.watch(name=f"pricing:{name}", text=text, at=at)
        if turn is episodes.Turn.BEGAN:
            raise_alert(
                key=f"pricing:{name}:{at.isoformat()}",
                text=text,
                at=at,
                kind=AlertKind.SYSTEM,
                path=path,
            )
    return bool(text)
