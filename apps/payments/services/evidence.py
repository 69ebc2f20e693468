"""Freezing what is known about a disputed order, once, so that it can be proved unchanged.

One ZIP in the private storage: JSON of everything in the database, pictures, receipts, a page that
sums it up, and a manifest with the size and SHA-256 of each. The archive's own SHA-256 is in a row
that the database refuses to change. What happens to the order afterwards does not change it.
"""

import hashlib
import io
import json
import logging
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from apps.notifications.services import read_messages
from apps.orders.services import read_picture
from apps.payments.adapters import evidence_store
from apps.payments.models import Dispute, EvidenceArchive
from apps.payments.rules.disputes import reason_words
from apps.payments.selectors.evidence import EvidenceFacts, evidence_facts
from apps.receipts.services.drawing import draw_page
from apps.receipts.services.files import read_file
from apps.receipts.services.rendering import render_pdf
from bakery.kernel import audit, clock
from bakery.kernel.errors import DomainError, NotFound, Unavailable
from bakery.kernel.rows import insert_unless_taken
from bakery.kernel.stores import discard_files

logger = logging.getLogger(__name__)
MANIFEST = "manifest.json"
SUMMARY = "summary.pdf"
_SCHEMA = 1
_YOUNG = timedelta(minutes=10)


@dataclass(frozen=True)
class EvidenceVerdict:
    """Whether an archive is the one that was frozen; ``reasons`` say why not."""

    valid: bool
    sha256: str
    files: int
    reasons: tuple[str, ...] = ()


def freeze_evidence(*, dispute_id: int, at: datetime) -> EvidenceArchive:
    """Keep what is known about a disputed order now; asked again, return what was kept then.

    Talks to the file storage outside any transaction. Raises `NotFound` ``dispute_not_found`` and
    `Unavailable`.
    """
    dispute = Dispute.objects.select_related("payment").filter(pk=dispute_id).first()
    if dispute is None:
        raise NotFound("dispute_not_found", "There is no such dispute.")
    kept = EvidenceArchive.objects.filter(dispute=dispute).first()
    if kept is not None:
        return kept
    files, missing = _gather(dispute, at=at)
    manifest = {
        "schema": _SCHEMA,
        "dispute": dispute.stripe_id,
        "frozen_at": at.isoformat(),
        "files": [
            {"path": path, "bytes": len(data), "sha256": _sha256(data)}
            for path, data in sorted(files.items())
        ],
        "missing": missing,
    }
    data = _pack({**files, MANIFEST: _json(manifest)}, at=at)
    archive = EvidenceArchive(
        dispute=dispute,
        key=evidence_store.save_archive(data),
        sha256=_sha256(data),
        size=len(data),
        manifest=manifest,
        frozen_at=at,
    )
    return _keep(archive)


def freeze_missing(*, at: datetime, limit: int = 20) -> int:
    """Freeze what an event failed to, of disputes that are some minutes old; return how many."""
    missing = Dispute.objects.filter(archive=None, opened_at__lt=at - _YOUNG).order_by("pk")
    frozen = 0
    for dispute_id in list(missing.values_list("pk", flat=True)[:limit]):
        try:
            freeze_evidence(dispute_id=dispute_id, at=at)
        except DomainError as error:
            logger.warning(
                "evidence not frozen", extra={"object_id": dispute_id, "code": error.code}
            )
            continue
        frozen += 1
    return frozen


def _keep(archive: EvidenceArchive) -> EvidenceArchive:
    """Write the archive's row; whoever comes second drops theirs and gets the first one."""
    with transaction.atomic():
        if insert_unless_taken(archive):
            return archive
    discard_files([archive.key])
    return EvidenceArchive.objects.get(dispute_id=archive.dispute_id)


def read_evidence(*, dispute_id: int, by: str, at: datetime) -> bytes:
    """Return the frozen archive to be downloaded, proved unchanged, and note who took it.

    Raises `NotFound` ``evidence_not_frozen``, ``evidence_gone`` or ``evidence_changed``.
    """
    archive = _archive_of(dispute_id)
    data = evidence_store.read_archive(archive.key)
    if _sha256(data) != archive.sha256:
        logger.error("frozen evidence was changed", extra={"object_id": dispute_id})
        raise NotFound("evidence_changed", "This file is not the evidence that was frozen.")
    with transaction.atomic():
        audit.record(
            actor=by,
            action="payments.dispute.download",
            object_type="payments.dispute",
            object_id=dispute_id,
            changes={"sha256": [None, archive.sha256]},
            at=at,
        )
    return data


def verify_evidence(*, dispute_id: int) -> EvidenceVerdict:
    """Prove that the archive of a dispute is the one that was frozen, file by file.

    Raises `NotFound` ``evidence_not_frozen`` and `Unavailable`.
    """
    archive = _archive_of(dispute_id)
    try:
        data = evidence_store.read_archive(archive.key)
    except NotFound as error:
        return EvidenceVerdict(False, "", 0, (error.message,))  # noqa: FBT003 - its field's name says it
    found = _sha256(data)
    reasons = [] if found == archive.sha256 else ["its SHA-256 is not the one that was kept"]
    reasons += _differences(data, archive.manifest)
    return EvidenceVerdict(not reasons, found, len(archive.manifest["files"]), tuple(reasons))


def _archive_of(dispute_id: int) -> EvidenceArchive:
    archive = EvidenceArchive.objects.filter(dispute_id=dispute_id).first()
    if archive is None:
        raise NotFound("evidence_not_frozen", "The evidence of this dispute is not frozen yet.")
    return archive


def _differences(data: bytes, manifest: Mapping[str, Any]) -> list[str]:
    """Return what in an archive differs from its manifest."""
    sizes = {row["path"]: row["bytes"] for row in manifest["files"]}
    sizes[MANIFEST] = len(_json(manifest))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            # What is longer than it should be is not ours, and may unpack to anything.
            found = {
                info.filename: packed.read(info)
                if info.file_size == sizes.get(info.filename)
                else b""
                for info in packed.infolist()
            }
    except (zipfile.BadZipFile, OSError, RuntimeError, EOFError):
        return ["it is no readable ZIP file"]
    wanted = {row["path"]: row["sha256"] for row in manifest["files"]}
    reasons = [f"{path} is missing" for path in sorted(wanted.keys() - found.keys())]
    extra = found.keys() - wanted.keys() - {MANIFEST}
    reasons += [f"{path} was added" for path in sorted(extra)]
    changed = (
        path for path in wanted.keys() & found.keys() if _sha256(found[path]) != wanted[path]
    )
    reasons += [f"{path} was changed" for path in sorted(changed)]
    if found.get(MANIFEST) != _json(manifest):
        reasons.append(f"{MANIFEST} was changed")
    return reasons


def _gather(dispute: Dispute, *, at: datetime) -> tuple[dict[str, bytes], list[str]]:
    """Return all files of an archive by path, and what should be there and is not."""
    facts = evidence_facts(dispute, at=at)
    said = read_messages(about=f"order:{facts.order.number}:")
    files = {f"{name}.json": _json(value) for name, value in facts.files.items()}
    files["messages.json"] = _json([asdict(message) for message in said])
    missing: list[str] = []
    for path, read in _further(facts):
        try:
            files[path] = read()
        except (NotFound, Unavailable) as error:
            # A store that does not answer is asked again; a file that is gone or bad stays so.
            if isinstance(error, Unavailable) and error.code != "receipt_damaged":
                raise
            missing.append(f"{path}: {error.message}")
    context = {
        **facts.summary,
        "dispute": dispute,
        "reason": reason_words(dispute.reason),
        "messages": said,
        "files": sorted(files),
        "missing": missing,
        "shop_name": settings.SHOP_NAME,
        "frozen_at": at,
        "zone": clock.shop_zone(),
    }
    files[SUMMARY] = draw_page(template="payments/dispute_summary.html", context=context, at=at)
    return files, missing


def _further(facts: EvidenceFacts) -> list[tuple[str, Callable[[], bytes]]]:
    """Return the paths of pictures and receipts, and how each is read."""
    found: list[tuple[str, Callable[[], bytes]]] = []
    for picture in facts.pictures:
        ending = picture.key.rpartition(".")[2]
        path = f"pictures/{picture.kind}-{picture.pk}.{ending}"
        found.append((path, partial(_picture, facts.order.pk, picture.pk)))
    for document in facts.documents:
        path = f"receipts/{document.number}.pdf"
        found.append((path, partial(_receipt, document)))
    return found


def _picture(order_id: int, picture_id: UUID) -> bytes:
    return read_picture(picture_id=picture_id, order_id=order_id).data


def _receipt(document: Any) -> bytes:
    """Return the file of a receipt; one that is not signed yet is drawn from its content."""
    sealed = getattr(document, "seal", None) is not None
    return read_file(document=document) if sealed else render_pdf(document=document)


def _pack(files: Mapping[str, bytes], *, at: datetime) -> bytes:
    """Return a ZIP of ``files``, in the order of their paths; the same files, the same bytes."""
    stamp = at.astimezone(UTC)
    moment = (stamp.year, stamp.month, stamp.day, stamp.hour, stamp.minute, stamp.second)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for path, data in sorted(files.items()):
            info = zipfile.ZipInfo(path, date_time=moment)
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, data)
    return out.getvalue()


def _json(value: Any) -> bytes:
    text = json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1, sort_keys=True)
    return text.encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
