"""Who a till is: a signature over all that the call means, and a clock that is about right."""

import hmac
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.inventory.rules.till import keys_of, sign
from bakery.edge.client import client_address, rate_bucket
from bakery.edge.throttling import require
from bakery.kernel import clock

_LONGEST = 100


@dataclass(frozen=True)
class TillCaller:
    """The till that signed this call."""

    code: str


class TillAuthentication(BaseAuthentication):
    """``X-Till``, ``X-Till-Timestamp`` (seconds since the epoch) and ``X-Till-Signature``.

    A call that is sent again within the tolerated minutes does no harm: reports are numbered.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, TillCaller]:
        """Return the till; 401 ``signature_invalid`` or ``timestamp_invalid`` otherwise."""
        require("till", rate_bucket(client_address(request._request)))
        till, stamp, given = (
            request.headers.get(name, "")[:_LONGEST]
            for name in ("X-Till", "X-Till-Timestamp", "X-Till-Signature")
        )
        expected = [
            sign(
                key,
                till=till,
                timestamp=stamp,
                method=str(request.method),
                path=request.get_full_path(),
                body=request._request.body,
            )
            for key in keys_of(till, settings.TILL_KEYS)
        ]
        matches = [hmac.compare_digest(one.encode(), given.encode()) for one in expected]
        if not any(matches):
            raise AuthenticationFailed(
                "This is not signed by one of our tills.", "signature_invalid"
            )
        if not stamp.isascii() or not stamp.isdecimal() or not _is_fresh(int(stamp)):
            raise AuthenticationFailed("The till's clock is off.", "timestamp_invalid")
        return AnonymousUser(), TillCaller(till)

    def authenticate_header(self, request: Request) -> str:
        """Make the refusal a 401."""
        return 'Till realm="api"'


def _is_fresh(stamp: int) -> bool:
    return abs(clock.now().timestamp() - stamp) <= int(settings.TILL_CLOCK_SKEW)


class TillScheme(OpenApiAuthenticationExtension):
    """How the signature is described in the OpenAPI document."""

    target_class = "apps.inventory.api.signed_till.TillAuthentication"
    name = "till"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme object."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "X-Till-Signature",
            "description": "v1=HMAC-SHA256; what is signed is in docs/api.md.",
        }


class SignedTill(BasePermission):
    """Tills of ours, by their signature."""

    kind = "till"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Admit tills."""
        return isinstance(request.auth, TillCaller)
