"""Identifiers that look like those of the services."""

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits


def make_token(length: int) -> str:
    """Return `length` random letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def make_hex(length: int) -> str:
    """Return `length` random lower-case hexadecimal digits."""
    return secrets.token_hex((length + 1) // 2)[:length]
