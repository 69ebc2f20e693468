"""Secrets in addresses: random or derived, unguessable, and kept as digests only."""

import hashlib
import secrets


def new_token() -> str:
    """Return 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Return what is stored of a token; a plain SHA-256 is enough because tokens are random."""
    return hashlib.sha256(token.encode()).hexdigest()
