"""Bearer tokens of the API, on simplejwt's reading of the header and our own of the token."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication

from apps.accounts.adapters.signing import BadToken, Claims, read_access
from apps.accounts.models import User
from apps.accounts.selectors import token_owner


class BearerAuthentication(JWTAuthentication):
    """``Authorization: Bearer <access token>``; ``request.auth`` is a `signing.Claims`."""

    def get_validated_token(self, raw_token: bytes) -> Any:
        """Return the claims; 401 ``token_invalid`` for whatever is not a token of ours."""
        try:
            return read_access(raw_token.decode("ascii"))
        except (BadToken, UnicodeDecodeError) as error:
            raise AuthenticationFailed(
                "This access token is not valid.", code="token_invalid"
            ) from error

    def get_user(self, validated_token: Any) -> Any:
        """Return the owner; 401 ``token_ended`` once the log-in behind the token has ended."""
        owner = token_owner(
            user_id=validated_token.user_id,
            token_version=validated_token.token_version,
            family=validated_token.family,
            otp=validated_token.otp,
        )
        if owner is None:
            raise AuthenticationFailed("This log-in has ended.", code="token_ended")
        return owner


class BearerScheme(OpenApiAuthenticationExtension):
    """How the bearer token is described in the OpenAPI document."""

    target_class = "apps.accounts.api.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme object."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def caller(request: Request) -> User:
    """Return the signed-in user of a view that only admits them."""
    assert isinstance(request.user, User)  # noqa: S101 - the view's access rule has made it so
    return request.user


def claims(request: Request) -> Claims | None:
    """Return the claims of the bearer token, None for a browser session."""
    return request.auth if isinstance(request.auth, Claims) else None
