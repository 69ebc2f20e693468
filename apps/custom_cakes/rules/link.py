"""Addresses of a request and of its pictures: signed, so that nothing is stored and none guessed.

Whoever has a request's address sees it, as with an order's: it goes to its customer's mailbox.
That of a picture works for a while only, and is given to nobody but on such a page or to staff.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from uuid import UUID

from django.core.signing import BadSignature, Signer, TimestampSigner

# The address is no longer than that; whoever sends more has made it up.
LONGEST = 120
PHOTO_LIFETIME = timedelta(hours=1)
_REQUEST_SALT = "custom_cakes.request"
_PHOTO_SALT = "custom_cakes.photo"


def request_token(public_id: UUID) -> str:
    """Return what stands for a request in addresses and in the API."""
    return _signer().sign(_text(public_id))


def request_path(public_id: UUID) -> str:
    """Return the path of a request's page, as mails carry it."""
    return f"/custom-cakes/r/{request_token(public_id)}/"


def read_token(token: str) -> UUID | None:
    """Return the request that a token names; None for one that is not of our making."""
    return _read(_signer(), token)


def photo_path(public_id: UUID) -> str:
    """Return the path of a picture; it works for `PHOTO_LIFETIME`."""
    return f"/custom-cakes/photos/{_photo_signer().sign(_text(public_id))}/"


def read_photo_token(token: str) -> UUID | None:
    """Return the picture that a token names; None for one of others' making or too old."""
    if len(token) > LONGEST:
        return None
    try:
        return _uuid(_photo_signer().unsign(token, max_age=PHOTO_LIFETIME))
    except (BadSignature, ValueError):
        return None


def _read(signer: Signer, token: str) -> UUID | None:
    if len(token) > LONGEST:
        return None
    try:
        return _uuid(signer.unsign(token))
    except (BadSignature, ValueError):
        return None


def _text(public_id: UUID) -> str:
    return urlsafe_b64encode(public_id.bytes).decode().rstrip("=")


def _uuid(text: str) -> UUID:
    return UUID(bytes=urlsafe_b64decode(f"{text}=="))


def _signer() -> Signer:
    return Signer(salt=_REQUEST_SALT, sep=".")


def _photo_signer() -> TimestampSigner:
    return TimestampSigner(salt=_PHOTO_SALT, sep=".")
