"""Whether a file is a receipt of ours, and if not, why not."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from apps.receipts.adapters import signing
from apps.receipts.models import Document, Seal
from apps.receipts.rules.marks import find_marks, has_its_end, looks_like_pdf

# Many times the longest receipt; a longer file is not looked at.
LARGEST_CHECKED = 2 * 1024 * 1024
REASONS = {
    "not_pdf": "This is not a PDF file.",
    "too_large": "This file is larger than any receipt.",
    "cut_off": "The end of the file is missing.",
    "unsigned": "It carries no signature: a copy, a print or something else entirely.",
    "several_signatures": "It carries more than our one signature.",
    "unreadable": "Its signature cannot be read.",
    "altered": "It was changed after it was signed.",
    "added_to": "Something was added to it after it was signed.",
    "other_signer": "It was not signed by us.",
    "unknown": "It is signed with our key, but this shop has no such receipt.",
}


@dataclass(frozen=True)
class Reason:
    """Why a file is not valid; ``code`` is one of `REASONS`."""

    code: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """What a file is. The document is known when the file is it, or began as it."""

    valid: bool
    reasons: tuple[Reason, ...] = ()
    document: Document | None = None
    sealed_at: datetime | None = None

    @property
    def number(self) -> str:
        """The document's number, "" when it is not known."""
        return self.document.number if self.document else ""


def verify_file(*, data: bytes) -> Verdict:
    """Say whether ``data`` is, byte for byte, a document as we issued and signed it.

    Valid only when one signature of ours covers the whole file, and its SHA-256 is the one that was
    written down when it was sealed. Whatever the bytes are, the answer is a verdict.
    """
    if len(data) > LARGEST_CHECKED:
        return _no("too_large")
    if not looks_like_pdf(data):
        return _no("not_pdf")
    seal = _seal_of(data)
    if seal is None:
        return _stranger(data)
    # As things stood when it was signed: a certificate that is over since then takes nothing back.
    finding = signing.examine(data, at=seal.timestamped_at or seal.sealed_at)
    if finding.problem:
        return _no(finding.problem, seal)
    if finding.signer != seal.signer:
        return _no("other_signer", seal)
    return Verdict(valid=True, document=seal.document, sealed_at=seal.sealed_at)


def _stranger(data: bytes) -> Verdict:
    """Say why a file that was never written down is not valid, without parsing it."""
    marks = find_marks(data)
    if not marks:
        return _no("unsigned" if has_its_end(data) else "cut_off")
    first = marks[0]
    if first.until > len(data):
        return _no("cut_off")
    problem = signing.glance(data, first).problem
    if problem:
        return _no(problem)
    if first.until < len(data):
        return _no("added_to", _seal_of(data[: first.until]))
    return _no("unknown")


def _seal_of(data: bytes) -> Seal | None:
    digest = hashlib.sha256(data).hexdigest()
    return Seal.objects.select_related("document").filter(sha256=digest).first()


def _no(code: str, seal: Seal | None = None) -> Verdict:
    return Verdict(
        valid=False,
        reasons=(Reason(code, REASONS[code]),),
        document=seal.document if seal else None,
    )
