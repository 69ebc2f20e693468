"""Making the file of a document: drawn, signed, kept, written down.

The parts that cannot be in one transaction are in an order that a crash cannot harm. The name of a
file follows from what is drawn, and the store gives a name once: who comes second, another worker
or the next try, finds the file of the first, and finds out that it is right.
"""

import hashlib
import logging
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.notifications.services import raise_alert
from apps.notifications.states import AlertKind
from apps.receipts.adapters import signing, store
from apps.receipts.events import DocumentSealed
from apps.receipts.models import Document, Seal
from apps.receipts.rules.retention import kept_until
from apps.receipts.services.rendering import render_pdf
from bakery.kernel import outbox
from bakery.kernel.errors import Conflict, DomainError

logger = logging.getLogger(__name__)
# What is younger is being made right now.
_YOUNG = timedelta(minutes=2)
# With a key at hand a file is made within seconds; longer is something to look at.
_LATE = timedelta(hours=1)
_BATCH = 20
WARN_BEFORE = timedelta(days=30)


def seal_document(*, document_id: int, at: datetime) -> Seal | None:
    """Make the file of a document unless it has one, and return its seal.

    Without a key, or with a certificate that is over, the document waits: None, and the shop's
    phone is told once. Takes half a second and talks to the store: never call it in a transaction.
    Raises `Unavailable` when it should be tried again, `Conflict` ``file_in_the_way`` when there is
    a file under its name that is not right.
    """
    document = Document.objects.select_related("seal").get(pk=document_id)
    if hasattr(document, "seal"):
        return document.seal
    if why := _hindrance(at=at):
        _tell_of_waiting(why, at=at)
        return None
    pdf = render_pdf(document=document)
    key = _key_of(document, pdf)
    until = kept_until(
        document.issued_on,
        tax_year_ends=settings.RECEIPT_TAX_YEAR_ENDS,
        years=settings.RECEIPT_KEEP_YEARS,
    )
    data = store.read(key)
    if data is None:
        made = signing.sign(pdf, reason=str(document))
        data = made if store.keep(key, made, until=until) else store.read(key) or b""
    finding = signing.examine(data, at=at)
    if finding.problem or not data.startswith(pdf):
        logger.error("receipt file not right", extra={"code": finding.problem or "other_content"})
        raise Conflict("file_in_the_way", f"There is another file where {document} should be.")
    return _write_down(document, key, data, finding, until=until, at=at)


def seal_waiting(*, at: datetime) -> int:
    """Make files that are still missing, the oldest documents' first; return how many were made.

    Tells the shop's phone, once, when one waits for longer than an hour.
    """
    waiting = Document.objects.filter(seal=None, issued_at__lt=at - _YOUNG).order_by("pk")
    made, why = 0, ""
    for document_id in list(waiting.values_list("pk", flat=True)[:_BATCH]):
        try:
            seal = seal_document(document_id=document_id, at=at)
        except (DomainError, RuntimeError) as error:
            why = str(error)
            logger.warning("receipt not sealed", extra={"error": type(error).__name__})
        else:
            if seal is None:
                return made
            made += 1
    if why and waiting.filter(seal=None, issued_at__lt=at - _LATE).exists():
        _tell_of_waiting(why, at=at)
    return made


def watch_certificate(*, at: datetime) -> bool:
    """Tell the shop's phone, once, that the certificate ends within 30 days; whether it does."""
    signer = signing.current_signer()
    if signer is None or signer.until - at > WARN_BEFORE:
        return False
    day = signer.until.date().isoformat()
    raise_alert(
        key=f"receipt-certificate:{signer.fingerprint[:16]}",
        text=f"The certificate that signs receipts ends on {day}. See the runbook: receipts wait"
        " without a new one.",
        at=at,
        kind=AlertKind.SYSTEM,
    )
    return True


def signing_fingerprint() -> str:
    """Return the SHA-256 of the certificate that signs now, "" without one."""
    signer = signing.current_signer()
    return signer.fingerprint if signer else ""


def _hindrance(*, at: datetime) -> str:
    """Return why nothing can be signed now, "" when it can."""
    try:
        signer = signing.current_signer()
    except DomainError as error:
        return error.message
    if signer is None:
        return "No key to sign with is configured."
    if not signer.since <= at <= signer.until:
        return f"The certificate is good from {signer.since:%Y-%m-%d} to {signer.until:%Y-%m-%d}."
    return ""


def _tell_of_waiting(why: str, *, at: datetime) -> None:
    """Raise one alert for as long as the same document is the oldest that waits."""
    oldest = Document.objects.filter(seal=None).order_by("pk").first()
    if oldest is not None:
        raise_alert(
            key=f"receipts-waiting:{oldest.number}",
            text=f"Receipts wait to be signed, {oldest.number} first. {why} Nothing is lost: they"
            " are made once it is put right.",
            at=at,
            kind=AlertKind.SYSTEM,
        )


def _key_of(document: Document, pdf: bytes) -> str:
    """Return the name of a document's file; another drawing of it has another name."""
    digest = hashlib.sha256(pdf).hexdigest()
    return f"{document.issued_on.year}/{document.number}-{digest[:16]}.pdf"


def _write_down(
    document: Document,
    key: str,
    data: bytes,
    finding: signing.Finding,
    *,
    until: date,
    at: datetime,
) -> Seal:
    facts = {
        "key": key,
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "signer": finding.signer,
        "sealed_at": at,
        "timestamped_at": finding.timestamped_at,
        "kept_until": until,
    }
    with transaction.atomic():
        seal, is_new = Seal.objects.get_or_create(document=document, defaults=facts)
        if is_new:
            event = DocumentSealed(document_id=document.pk, order_id=document.order_id)
            outbox.emit(event, key=document.number, at=at)
    return seal
