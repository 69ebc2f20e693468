"""Addresses of the platform as mails, texts and providers get them, and tokens in them."""

import base64

from django.conf import settings
from django.utils.crypto import salted_hmac

TOKEN_LENGTH = 24
# Base64 writes 3 bytes as 4 characters: 144 bits.
_TOKEN_BYTES = TOKEN_LENGTH * 3 // 4


def public_url(path: str = "") -> str:
    """Return the absolute address of a ``path`` that begins with a slash.

    Built from PUBLIC_BASE_URL, never from what a request calls its host.
    """
    return f"{settings.PUBLIC_BASE_URL.rstrip('/')}{path}"


def derived_token(text: str, *, salt: str) -> str:
    """Return the token of ``text``, always the same: derived from SECRET_KEY, stored nowhere."""
    digest = salted_hmac(salt, text, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:_TOKEN_BYTES]).decode()
