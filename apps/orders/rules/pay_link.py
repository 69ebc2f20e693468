"""The address at which an order is paid, as mails carry it: signed, so that nothing is stored."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from uuid import UUID

from django.core.signing import BadSignature, Signer

# The address is no longer than that; whoever sends more has made it up.
LONGEST = 120
# So long after its pickup an order is still shown at it.
KEPT = timedelta(days=30)
_SALT = "orders.pay-link"


def pay_path(public_id: UUID) -> str:
    """Return the path of an order's pay page. It opens that page, and nothing else of an account.

    Good as long as the order, through a change of the site's key while the old one is kept.
    """
    text = urlsafe_b64encode(public_id.bytes).decode().rstrip("=")
    return f"/pay/{_signer().sign(text)}/"


def read_token(token: str) -> UUID | None:
    """Return the order that a token of `pay_path` names; None for one that is not of our making."""
    if len(token) > LONGEST:
        return None
    try:
        text = _signer().unsign(token)
        return UUID(bytes=urlsafe_b64decode(f"{text}=="))
    except (BadSignature, ValueError):
        return None


def is_over(pickup_ends_at: datetime, *, at: datetime) -> bool:
    """Tell whether the address of an order with this pickup shows nothing any more."""
    return at > pickup_ends_at + KEPT


def _signer() -> Signer:
    return Signer(salt=_SALT, sep=".")
