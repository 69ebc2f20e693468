"""Acknowledgement links: unguessable, kept as hashes, and the same at every sending attempt."""

import base64
from uuid import uuid4

from django.conf import settings
from django.utils.crypto import salted_hmac

from apps.notifications.models import Alert, AlertLink
from apps.notifications.rules import hash_token

_SALT = "apps.notifications.alert-link"
TOKEN_BYTES = 18


def _token(link: AlertLink) -> str:
    """Derive the token from the secret key, so that a retry rebuilds the text it sent before."""
    digest = salted_hmac(_SALT, str(link.pk), algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode()


def make_link(*, alert: Alert, recipient: str) -> AlertLink:
    """Write a link of ``alert`` for one recipient; a step of the caller's transaction."""
    link = AlertLink(pk=uuid4(), alert=alert, recipient=recipient)
    link.token_hash = hash_token(_token(link))
    link.save(force_insert=True)
    return link


def address_of(link: AlertLink) -> str:
    """Return the absolute URL to put into a message."""
    return f"{settings.PUBLIC_BASE_URL.rstrip('/')}/alerts/{_token(link)}/"


def link_length() -> int:
    """Return how many characters each of these addresses has."""
    # Base64 writes 3 bytes as 4 characters.
    return len(f"{settings.PUBLIC_BASE_URL.rstrip('/')}/alerts//") + TOKEN_BYTES * 4 // 3
