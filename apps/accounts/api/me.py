"""/api/v1/me: the caller's own profile and consents."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors, services
from apps.accounts.api import serializers
from apps.accounts.api.authentication import caller
from apps.accounts.models import User
from bakery.edge.access import SignedIn
from bakery.kernel import clock

_PROFILE = OpenApiExample(
    "Profile",
    value={
        "id": 7,
        "email": "ada@example.com",
        "email_verified": True,
        "full_name": "Ada Baker",
        "phone": "+14165550123",
        "language": "en",
        "roles": ["customer"],
        "consents": {"marketing_mail": True, "marketing_sms": False, "analytics": False},
    },
    response_only=True,
)


def _profile(user: User) -> Response:
    body = {
        "id": user.pk,
        "email": user.email,
        "email_verified": user.email_verified_at is not None,
        "full_name": user.full_name,
        "phone": str(user.phone),
        "language": user.language,
        "roles": selectors.roles(user.pk),
        "consents": selectors.consents(user.pk),
    }
    return Response(
        serializers.ProfileOut(body).data, headers={"Cache-Control": "private, no-store"}
    )


@extend_schema(tags=["me"])
class Me(APIView):
    """The caller."""

    permission_classes = [SignedIn]

    @extend_schema(
        operation_id="me_read", responses={200: serializers.ProfileOut}, examples=[_PROFILE]
    )
    def get(self, request: Request) -> Response:
        """Return the caller's profile."""
        return _profile(caller(request))

    @extend_schema(
        operation_id="me_update",
        request=serializers.ProfileIn,
        responses={200: serializers.ProfileOut},
        examples=[
            OpenApiExample("New phone", value={"phone": "+14165550199"}, request_only=True),
            _PROFILE,
        ],
    )
    def patch(self, request: Request) -> Response:
        """Change name, phone or language; nothing else can be written here."""
        data = serializers.ProfileIn(data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        changes = {name: str(value) for name, value in data.validated_data.items()}
        return _profile(services.update_profile(user_id=caller(request).pk, changes=changes))


@extend_schema(tags=["me"])
class Consents(APIView):
    """What the caller allows."""

    permission_classes = [SignedIn]

    @extend_schema(
        operation_id="me_consent",
        request=serializers.ConsentIn,
        responses={200: serializers.ProfileOut},
        examples=[
            OpenApiExample("No news", value={"marketing_mail": False}, request_only=True),
            _PROFILE,
        ],
    )
    def put(self, request: Request) -> Response:
        """Record decisions; each change is kept with its moment as evidence."""
        data = serializers.ConsentIn(data=request.data)
        data.is_valid(raise_exception=True)
        user = caller(request)
        services.record_consents(
            user_id=user.pk, decisions=data.validated_data, source="account", at=clock.now()
        )
        return _profile(user)
