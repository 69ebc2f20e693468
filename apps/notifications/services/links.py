"""Acknowledgement links: unguessable, kept as hashes, and the same at every sending attempt."""

from uuid import uuid4

from apps.notifications.models import Alert, AlertLink
from apps.notifications.rules import hash_token
from bakery.kernel.links import TOKEN_LENGTH, derived_token, public_url

_SALT = "apps.notifications.alert-link"


def _token(link: AlertLink) -> str:
    """Derive the token from the secret key, so that a retry rebuilds the text it sent before."""
    return derived_token(str(link.pk), salt=_SALT)


def make_link(*, alert: Alert, recipient: str) -> AlertLink:
    """Write a link of ``alert`` for one recipient; a step of the caller's transaction."""
    link = AlertLink(pk=uuid4(), alert=alert, recipient=recipient)
    link.token_hash = hash_token(_token(link))
    link.save(force_insert=True)
    return link


def address_of(link: AlertLink) -> str:
    """Return the absolute URL to put into a message."""
    return public_url(f"/alerts/{_token(link)}/")


def link_length() -> int:
    """Return how many characters each of these addresses has."""
    return len(public_url("/alerts//")) + TOKEN_LENGTH
