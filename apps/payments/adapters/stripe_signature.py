"""Whether a webhook request really comes from Stripe."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import stripe

from bakery.kernel.errors import Invalid

TOLERANCE = timedelta(seconds=300)
_MAX_HEADER = 4096


def verify_signature(
    body: bytes, header: str | None, *, secrets: Sequence[str], at: datetime
) -> str:
    """Return ``body`` as text when one of ``secrets`` signed it within 5 minutes of ``at``.

    The SDK checks the MAC over the raw bytes. The age is checked here, because the SDK reads the
    wall clock and accepts moments that lie in the future, with which a copied request could be
    replayed for as long as its signer pleases. Raises `Invalid` (``bad_signature``).
    """
    if not header or len(header) > _MAX_HEADER or not header.isascii():
        raise _refused()
    if not any(_is_signed_with(secret, body, header) for secret in secrets if secret):
        raise _refused()
    # Whole numbers: a forged time may be too large for a float.
    if abs(int(at.timestamp()) - _signed_at(header)) > int(TOLERANCE.total_seconds()):
        raise Invalid("signature_too_old", "The signature's time is not within 5 minutes of ours.")
    return body.decode()


def _is_signed_with(secret: str, body: bytes, header: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, header, secret, tolerance=None))
    except (stripe.SignatureVerificationError, UnicodeDecodeError, ValueError):
        return False


def _signed_at(header: str) -> int:
    """Return the time that the MAC covers: the SDK takes the first ``t``, and so do we."""
    return next(int(part.split("=", 2)[1]) for part in header.split(",") if part.startswith("t="))


def _refused() -> Invalid:
    return Invalid("bad_signature", "The signature does not fit the body.")
