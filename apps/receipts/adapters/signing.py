"""Signatures on PDF files (PAdES), with pyHanko: the shop's own, and whether one is it."""

import io
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.receipts.rules.marks import Mark
from bakery.kernel.errors import Unavailable

logger = logging.getLogger(__name__)
_FIELD = "Shop"
# Bytes kept free in a file for a signature beside its certificates, and for a timestamp in it.
_ROOM, _ROOM_FOR_TIME = 3072, 9216


@dataclass(frozen=True)
class Signer:
    """The certificate that signs; ``fingerprint`` is its SHA-256, in lower-case hexadecimal."""

    fingerprint: str
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Finding:
    """What a file's signature comes to: ``problem`` is "" when nothing is wrong with it."""

    problem: str
    signer: str = ""
    timestamped_at: datetime | None = None


@dataclass(frozen=True)
class _Keys:
    key: Any
    certificates: tuple[Any, ...]


def current_signer() -> Signer | None:
    """Return who signs now, None where no key is configured.

    Raises `Unavailable` ``signing_key_unreadable`` for one that cannot be read.
    """
    keys = _keys()
    if keys is None:
        return None
    certificate = keys.certificates[0]
    return Signer(
        _fingerprint(certificate), certificate.not_valid_before, certificate.not_valid_after
    )


def sign(pdf: bytes, *, reason: str) -> bytes:
    """Return ``pdf`` with the shop's signature in a revision of its own; takes half a second.

    ``pdf`` stays as it is at the beginning of the file. With RECEIPT_TIMESTAMP_URL the signature
    carries that server's time (PAdES B-T), else none but ours (B-B). Raises `Unavailable`:
    ``signing_key_missing``, ``signing_key_unreadable``, ``timestamp_unavailable``.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko.sign.timestamps.common_utils import TimestampRequestError
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    shelf: Any = SimpleCertificateStore
    keys = _keys()
    if keys is None:
        raise Unavailable("signing_key_missing", "No key to sign with is configured.")
    stamper = _time_stamper()
    signer = signers.SimpleSigner(
        signing_cert=keys.certificates[0],
        signing_key=keys.key,
        cert_registry=shelf.from_certs(keys.certificates),
    )
    about = signers.PdfSignatureMetadata(
        field_name=_FIELD,
        md_algorithm="sha256",
        reason=reason,
        name=settings.SHOP_NAME,
        subfilter=fields.SigSeedSubFilter.PADES,
    )
    out = io.BytesIO()
    try:
        signers.PdfSigner(about, signer=signer, timestamper=stamper).sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(pdf)),
            bytes_reserved=_room(keys, with_time=stamper is not None),
            output=out,
        )
    except (TimestampRequestError, OSError) as error:
        message = "The timestamp server does not answer as it should; try again."
        raise Unavailable("timestamp_unavailable", message) from error
    return out.getvalue()


def examine(data: bytes, *, at: datetime) -> Finding:
    """Check the signature of a whole file that we made, as things stood ``at``.

    Right only when there is one signature, it covers the whole file, its bytes are as they were
    signed, and its certificate is one of ours that led to one of our roots ``at`` that time. Parses
    the file: not for a stranger's.
    """
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    try:
        found = PdfFileReader(io.BytesIO(data)).embedded_signatures
        if len(found) != 1:
            return Finding("unsigned" if not found else "several_signatures")
        status = validate_pdf_signature(
            found[0],
            signer_validation_context=_context(settings.RECEIPT_TRUSTED_ROOTS, at=at),
            ts_validation_context=_context(settings.RECEIPT_TIMESTAMP_ROOTS, at=at),
            skip_diff=True,
        )
    except (PdfError, SignatureValidationError, ValueError, TypeError, KeyError) as error:
        logger.warning("signature not readable", extra={"error": type(error).__name__})
        return Finding("unreadable")
    signer = _fingerprint(status.signing_cert)
    if not (status.intact and status.valid):
        return Finding("altered", signer)
    if status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        return Finding("added_to", signer)
    if not (status.trusted and is_ours(signer)):
        return Finding("other_signer", signer)
    return Finding("", signer, _time_of(status))


def glance(data: bytes, mark: Mark) -> Finding:
    """Check one signature of any file, without parsing the file or asking whom it leads to.

    The mathematics are done only for a certificate that is ours: with anybody else's key they
    would be a stranger's to make expensive.
    """
    try:
        about, certificate = _signer_info(mark.signature)
        signer = _fingerprint(certificate)
    except Exception as error:  # noqa: BLE001 - whatever a stranger's bytes bring about
        logger.info("signature not readable", extra={"error": type(error).__name__})
        return Finding("unreadable")
    if not is_ours(signer):
        return Finding("other_signer", signer)
    try:
        right = _is_right(about, certificate, mark.covered(data))
    except Exception as error:  # noqa: BLE001 - as above: the rest of it is a stranger's still
        logger.info("signature not readable", extra={"error": type(error).__name__})
        return Finding("unreadable", signer)
    return Finding("" if right else "altered", signer)


def is_ours(fingerprint: str) -> bool:
    """Tell whether a certificate signs for the shop, or did."""
    known = {_plain(item) for item in settings.RECEIPT_RETIRED_SIGNERS}
    known |= {
        _fingerprint(current)
        for current in _certificates(settings.RECEIPT_SIGNING_CERTIFICATES)[:1]
    }
    return fingerprint in known


def _time_of(status: Any) -> datetime | None:
    """Return the time that a timestamp server gave; None without one that is to be believed."""
    stamp = status.timestamp_validity
    if stamp is None or not (stamp.intact and stamp.valid):
        return None
    if settings.RECEIPT_TIMESTAMP_ROOTS and not stamp.trusted:
        return None
    moment: datetime = stamp.timestamp
    return moment


def _time_stamper() -> Any:
    if not settings.RECEIPT_TIMESTAMP_URL:
        return None
    from pyhanko.sign.timestamps.requests_client import RequestsHTTPTimeStamper

    stamper: Any = RequestsHTTPTimeStamper
    return stamper(settings.RECEIPT_TIMESTAMP_URL, timeout=settings.RECEIPT_TIMESTAMP_SECONDS)


def _room(keys: _Keys, *, with_time: bool) -> int:
    """Return how many hexadecimal digits to keep free."""
    certificates = sum(len(certificate.dump()) for certificate in keys.certificates)
    return 2 * (_ROOM + certificates + (_ROOM_FOR_TIME if with_time else 0))


def _context(roots: str, *, at: datetime) -> Any:
    from pyhanko_certvalidator import ValidationContext

    return ValidationContext(trust_roots=list(_certificates(roots)), moment=at)


def _keys() -> _Keys | None:
    if not (settings.RECEIPT_SIGNING_KEY and settings.RECEIPT_SIGNING_CERTIFICATES):
        return None
    return _load_keys(settings.RECEIPT_SIGNING_KEY, settings.RECEIPT_SIGNING_CERTIFICATES)


# By what settings say, so that other settings are other keys.
@lru_cache(maxsize=8)
def _load_keys(key: str, certificates: str) -> _Keys:
    from pyhanko.keys import load_private_key_from_pemder_data

    found = _certificates(certificates)
    try:
        private = load_private_key_from_pemder_data(_pem(key), passphrase=None)
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable("RECEIPT_SIGNING_KEY") from error
    if not found:
        raise _unreadable("RECEIPT_SIGNING_CERTIFICATES")
    return _Keys(private, found)


@lru_cache(maxsize=16)
def _certificates(text: str) -> tuple[Any, ...]:
    from pyhanko.keys import load_certs_from_pemder_data

    if not text:
        return ()
    try:
        found: Iterable[Any] = load_certs_from_pemder_data(_pem(text))
        return tuple(found)
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable("a certificate of receipts") from error


def _pem(value: str) -> bytes:
    """Return the PEM that a setting is, or names a file of."""
    if value.lstrip().startswith("-----BEGIN"):
        return value.replace("\\n", "\n").encode()
    return Path(value).read_bytes()


def _unreadable(name: str) -> Unavailable:
    logger.error("signing key unreadable", extra={"code": name})
    return Unavailable("signing_key_unreadable", f"{name} cannot be read.")


def _fingerprint(certificate: Any) -> str:
    digest: bytes = certificate.sha256
    return digest.hex()


def _plain(fingerprint: str) -> str:
    """Return a fingerprint however it was written: with colons, in capitals."""
    return fingerprint.replace(":", "").strip().lower()


def _signer_info(signature: bytes) -> tuple[Any, Any]:
    """Return the one signer's part of a signature, and the certificate in it."""
    from asn1crypto import cms
    from pyhanko.sign.general import extract_certificate_info, extract_signer_info

    content = cms.ContentInfo.load(signature)["content"]
    return extract_signer_info(content), extract_certificate_info(content).signer_cert


def _is_right(about: Any, certificate: Any, covered: bytes) -> bool:
    """Do the mathematics of a signature: is it this certificate's, and on these bytes."""
    from cryptography.hazmat.primitives.hashes import Hash
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity
    from pyhanko_certvalidator.util import get_pyca_cryptography_hash

    hashed = Hash(get_pyca_cryptography_hash(about["digest_algorithm"]["algorithm"].native))
    hashed.update(covered)
    return all(validate_sig_integrity(about, certificate, "data", hashed.finalize()))
