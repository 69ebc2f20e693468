"""Access tokens: signed with Ed25519, read with suspicion.

``settings.JWT_KEYS`` maps key ids to private seeds; ``JWT_ACTIVE_KID`` names the one that signs.
To rotate: add the new key everywhere, make it active, and take the old one out once the last
token that it signed has expired. A token's header chooses among configured keys and nothing
else: algorithm, type, audience and issuer are ours, and headers that point at keys are refused.
"""

import hashlib
import secrets
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

ALGORITHM = "EdDSA"
TYPE = "at+jwt"
DERIVED_KID = "derived"
_REQUIRED = ["exp", "iat", "aud", "iss", "sub", "jti", "ver", "fam"]
_HEADERS = {"alg", "typ", "kid"}
_LONGEST = 4096


class BadToken(Exception):
    """The token is not one of ours, or not one any more. Says why, for logs only."""


@dataclass(frozen=True)
class Claims:
    """What an access token states. ``otp_at`` is in seconds since the epoch, None without OTP."""

    user_id: int
    token_version: int
    family: UUID
    otp_at: int | None
    expires_at: datetime

    @property
    def otp(self) -> bool:
        """Tell whether the log-in proved a one-time code."""
        return self.otp_at is not None


@lru_cache(maxsize=8)
def _parse(keys: tuple[str, ...], secret: str) -> dict[str, Ed25519PrivateKey]:
    if not keys:
        seed = hashlib.sha256(b"access tokens:" + secret.encode()).digest()
        return {DERIVED_KID: Ed25519PrivateKey.from_private_bytes(seed)}
    parsed = {}
    for entry in keys:
        kid, _, text = entry.partition(":")
        try:
            seed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
            parsed[kid] = Ed25519PrivateKey.from_private_bytes(seed)
        except ValueError as error:
            raise ImproperlyConfigured(f"JWT_KEYS: {kid!r} is no 32-byte seed") from error
    return parsed


def _keys() -> dict[str, Ed25519PrivateKey]:
    return _parse(tuple(settings.JWT_KEYS), settings.SECRET_KEY)


def _active() -> tuple[str, Ed25519PrivateKey]:
    keys = _keys()
    kid = settings.JWT_ACTIVE_KID or next(iter(keys))
    if kid not in keys:
        raise ImproperlyConfigured(f"JWT_ACTIVE_KID {kid!r} is not in JWT_KEYS")
    return kid, keys[kid]


def sign_access(
    *, user_id: int, token_version: int, family: UUID, otp_at: datetime | None, at: datetime
) -> str:
    """Return an access token that is good for ``JWT_ACCESS_LIFETIME`` from ``at``."""
    kid, key = _active()
    claims: dict[str, Any] = {
        "sub": str(user_id),
        "ver": token_version,
        "fam": str(family),
        "otp_at": int(otp_at.timestamp()) if otp_at else None,
        "aud": settings.JWT_AUDIENCE,
        "iss": settings.JWT_ISSUER,
        "iat": int(at.timestamp()),
        "exp": int((at + settings.JWT_ACCESS_LIFETIME).timestamp()),
        "jti": secrets.token_urlsafe(12),
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": kid, "typ": TYPE})


def read_access(token: str) -> Claims:
    """Return the claims of an access token; raise `BadToken` for anything else."""
    if len(token) > _LONGEST:
        raise BadToken("too long")
    try:
        header = jwt.get_unverified_header(token)
        if set(header) != _HEADERS or header["typ"] != TYPE or header["alg"] != ALGORITHM:
            raise BadToken("unexpected header")
        key = _keys().get(header["kid"])
        if key is None:
            raise BadToken("unknown key")
        claims = jwt.decode(
            token,
            key.public_key(),
            algorithms=[ALGORITHM],
            audience=settings.JWT_AUDIENCE,
            issuer=settings.JWT_ISSUER,
            options={"require": _REQUIRED, "strict_aud": True},
        )
        return _claims(claims)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise BadToken(type(error).__name__) from error


def _claims(claims: dict[str, Any]) -> Claims:
    otp_at = claims.get("otp_at")
    return Claims(
        user_id=int(claims["sub"]),
        token_version=int(claims["ver"]),
        family=UUID(claims["fam"]),
        otp_at=None if otp_at is None else int(otp_at),
        expires_at=datetime.fromtimestamp(claims["exp"], tz=UTC),
    )
