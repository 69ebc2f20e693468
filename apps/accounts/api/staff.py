"""/api/v1/staff/users: what administrators do to accounts, as in the console."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors, services
from apps.accounts.api import serializers
from apps.accounts.api.authentication import caller
from bakery.edge.access import Staff, SteppedUp
from bakery.edge.pagination import NewestFirst
from bakery.kernel import clock

_ACTIONS = {
    "disable": services.disable_user,
    "enable": services.enable_user,
    "end-sessions": services.end_sessions,
    "reset-second-factor": services.reset_second_factor,
    "anonymise": services.anonymise_user,
}


@extend_schema_view(
    get=extend_schema(
        tags=["staff: users"],
        operation_id="staff_users_list",
        examples=[
            OpenApiExample(
                "User",
                value={
                    "id": 7,
                    "email": "kim@bakery.example",
                    "full_name": "Kim Baker",
                    "is_active": True,
                    "is_staff": True,
                    "roles": ["kitchen"],
                    "has_authenticator": True,
                },
                response_only=True,
            )
        ],
    )
)
class Users(ListAPIView[Any]):
    """Users, newest first."""

    permission_classes = [Staff("accounts.view_user")]
    serializer_class = serializers.StaffUserOut
    pagination_class = NewestFirst

    def get_queryset(self) -> Any:
        """Return users with the columns that are shown."""
        return selectors.user_rows()


@extend_schema(tags=["staff: users"])
class UserAction(APIView):
    """One change of access."""

    permission_classes = [Staff("accounts.manage_staff"), SteppedUp]

    @extend_schema(
        operation_id="staff_users_action",
        request=serializers.ReasonIn,
        responses={204: OpenApiResponse(description="Done.")},
        examples=[
            OpenApiExample("Reason", value={"reason": "left the company"}, request_only=True)
        ],
    )
    def post(self, request: Request, user_id: int, action: str) -> Response:
        """Disable, enable, end all sessions, reset the second factor, or erase the person.

        Needs a code that is at most ten minutes old (403 `step_up_required`).
        """
        data = serializers.ReasonIn(data=request.data)
        data.is_valid(raise_exception=True)
        _ACTIONS[action](
            user_id=user_id,
            actor=f"user:{caller(request).pk}",
            reason=data.validated_data["reason"],
            at=clock.now(),
        )
        return Response(status=204)
