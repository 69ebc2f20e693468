"""/api/v1/auth/: register, confirm, log in and out, refresh, reset and change the password."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import services
from apps.accounts.api import serializers
from apps.accounts.api.authentication import caller, claims
from bakery.edge import logins
from bakery.edge.access import Anyone, SignedIn
from bakery.kernel import clock
from bakery.kernel.errors import Invalid

_ACCEPTED = {"detail": "If this address can be used, a mail is on its way to it."}
_PAIR = OpenApiExample(
    "Tokens",
    value={"access": "eyJ...", "refresh": "3q2-7w...", "token_type": "Bearer", "expires_in": 300},
    response_only=True,
    status_codes=["200"],
)
_NOTHING = OpenApiResponse(description="Done.")
_UNAUTHENTICATED = OpenApiResponse(description="`wrong_credentials`, `otp_required`, `otp_invalid`")


def _data(serializer: Any, request: Request) -> dict[str, Any]:
    """Return the checked body of a request; 400 when it is not right."""
    filled = serializer(data=request.data)
    filled.is_valid(raise_exception=True)
    return dict(filled.validated_data)


class OpenView(APIView):
    """Base of what strangers call. Looks at no credentials, so that stale ones do no harm."""

    permission_classes = [Anyone]
    authentication_classes: list[Any] = []


@extend_schema(tags=["auth"])
class Register(OpenView):
    """Open an account."""

    @extend_schema(
        operation_id="auth_register",
        request=serializers.RegisterIn,
        responses={202: serializers.AcceptedOut},
        examples=[
            OpenApiExample(
                "Registration",
                value={
                    "email": "ada@example.com",
                    "password": "seven layer honey cake",
                    "full_name": "Ada Baker",
                    "phone": "+14165550123",
                    "consents": ["marketing_mail"],
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Take a registration.

        The reply is the same whether or not there is an account; the mailbox's owner gets a
        link to confirm, or a notice. 400 `weak_password` when the password is too weak.
        """
        data = _data(serializers.RegisterIn, request)
        logins.require_mail_allowed(request._request, data["email"])
        services.request_registration(**{**data, "phone": str(data["phone"])}, at=clock.now())
        return Response(_ACCEPTED, status=202)


@extend_schema(tags=["auth"])
class Verify(OpenView):
    """Confirm a mailbox."""

    @extend_schema(
        operation_id="auth_verify",
        request=serializers.MailboxTokenIn,
        responses={204: _NOTHING},
        examples=[OpenApiExample("Link", value={"token": "mZ3v..."}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Confirm the mailbox that the link was mailed to; 400 `link_invalid` when spent or old."""
        services.verify_mailbox(
            token=_data(serializers.MailboxTokenIn, request)["token"], at=clock.now()
        )
        return Response(status=204)


@extend_schema(tags=["auth"])
class Token(OpenView):
    """Log in."""

    @extend_schema(
        operation_id="auth_token",
        request=serializers.LoginIn,
        responses={200: serializers.TokensOut, 401: _UNAUTHENTICATED},
        examples=[
            OpenApiExample(
                "Customer",
                value={"email": "ada@example.com", "password": "seven layer honey cake"},
                request_only=True,
            ),
            OpenApiExample(
                "Staff",
                value={
                    "email": "kim@bakery.example",
                    "password": "cold proof overnight",
                    "otp": "492039",
                },
                request_only=True,
            ),
            _PAIR,
        ],
    )
    def post(self, request: Request) -> Response:
        """Log in with password, and for staff a one-time code.

        401 `wrong_credentials` alike for unknown addresses, wrong passwords and disabled
        accounts; 429 with Retry-After after too many attempts.
        """
        data = _data(serializers.LoginIn, request)
        logins.require_login_allowed(request._request, data["email"])
        if data["otp"]:
            logins.require_code_allowed(request._request, data["email"])
        pair = services.log_in(
            email=data["email"], password=data["password"], code=data["otp"], at=clock.now()
        )
        response = _tokens(pair)
        logins.remember_device(request._request, response, data["email"])
        return response


def _tokens(pair: services.TokenPair) -> Response:
    body = {"access": pair.access, "token_type": "Bearer", "expires_in": pair.expires_in}
    if pair.refresh:
        body["refresh"] = pair.refresh
    return Response(body, headers={"Cache-Control": "no-store"})


@extend_schema(tags=["auth"])
class Refresh(OpenView):
    """Renew tokens."""

    @extend_schema(
        operation_id="auth_refresh",
        request=serializers.RefreshIn,
        responses={
            200: serializers.TokensOut,
            401: OpenApiResponse(description="`refresh_invalid`"),
        },
        examples=[
            OpenApiExample("Spend", value={"refresh": "3q2-7w..."}, request_only=True),
            _PAIR,
        ],
    )
    def post(self, request: Request) -> Response:
        """Spend a refresh token for a new pair, once.

        Using a spent token again revokes every token that descends from the same log-in.
        """
        refresh = _data(serializers.RefreshIn, request)["refresh"]
        return _tokens(services.refresh_tokens(refresh=refresh, at=clock.now()))


@extend_schema(tags=["auth"])
class Logout(OpenView):
    """Log out here."""

    @extend_schema(
        operation_id="auth_logout",
        request=serializers.RefreshIn,
        responses={204: _NOTHING},
        examples=[OpenApiExample("Token", value={"refresh": "3q2-7w..."}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """End the log-in that the refresh token belongs to, its access tokens too."""
        services.log_out(refresh=_data(serializers.RefreshIn, request)["refresh"], at=clock.now())
        return Response(status=204)


@extend_schema(tags=["auth"])
class LogoutAll(APIView):
    """Log out everywhere."""

    permission_classes = [SignedIn]

    @extend_schema(operation_id="auth_logout_all", request=None, responses={204: _NOTHING})
    def post(self, request: Request) -> Response:
        """End every token and browser session of the caller."""
        user = caller(request)
        services.end_sessions(user_id=user.pk, actor=f"user:{user.pk}", at=clock.now())
        return Response(status=204)


@extend_schema(tags=["auth"])
class PasswordReset(OpenView):
    """Forgotten password."""

    @extend_schema(
        operation_id="auth_password_reset",
        request=serializers.EmailIn,
        responses={202: serializers.AcceptedOut},
        examples=[OpenApiExample("Address", value={"email": "ada@example.com"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Mail a link to the address, if it has an account. The reply does not tell."""
        email = _data(serializers.EmailIn, request)["email"]
        logins.require_mail_allowed(request._request, email)
        services.request_password_reset(email=email, at=clock.now())
        return Response(_ACCEPTED, status=202)


@extend_schema(tags=["auth"])
class PasswordResetConfirm(OpenView):
    """A new password through a mailed link."""

    @extend_schema(
        operation_id="auth_password_reset_confirm",
        request=serializers.ResetIn,
        responses={204: _NOTHING},
        examples=[
            OpenApiExample(
                "Reset",
                value={"token": "mZ3v...", "password": "seven layer honey cake"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Set the password and end every session; staff still prove a code at the next log-in."""
        data = _data(serializers.ResetIn, request)
        services.reset_password(**data, at=clock.now())
        return Response(status=204)


@extend_schema(tags=["auth"])
class PasswordChange(APIView):
    """A new password."""

    permission_classes = [SignedIn]

    @extend_schema(
        operation_id="auth_password_change",
        request=serializers.PasswordChangeIn,
        responses={204: _NOTHING},
        examples=[
            OpenApiExample(
                "Change",
                value={
                    "current_password": "seven layer honey cake",
                    "new_password": "eight layer honey cake",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Change the password; every token and session ends, the caller's too."""
        data = _data(serializers.PasswordChangeIn, request)
        user = caller(request)
        logins.require_login_allowed(request._request, user.email)
        services.change_password(
            user_id=user.pk,
            current=data["current_password"],
            new=data["new_password"],
            at=clock.now(),
        )
        return Response(status=204)


@extend_schema(tags=["auth"])
class StepUp(APIView):
    """A fresh second factor."""

    permission_classes = [SignedIn]

    @extend_schema(
        operation_id="auth_step_up",
        request=serializers.CodeIn,
        responses={200: serializers.AccessOut, 401: OpenApiResponse(description="`otp_invalid`")},
        examples=[OpenApiExample("Code", value={"otp": "492039"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Prove a fresh code for dangerous actions; returns a new access token."""
        data = _data(serializers.CodeIn, request)
        user, held = caller(request), claims(request)
        if held is None:
            raise Invalid("bearer_required", "Browser sessions step up at /console/step-up/.")
        logins.require_code_allowed(request._request, user.email)
        return _tokens(
            services.step_up(
                user_id=user.pk, family_id=held.family, code=data["otp"], at=clock.now()
            )
        )
