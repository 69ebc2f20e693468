"""A person's data over the API: taken along or erased by themselves, or by staff for them."""

from typing import TYPE_CHECKING, Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import selectors as accounts_selectors
from apps.accounts import services as accounts
from apps.orders import selectors, services
from apps.orders.api.carts import customer_of
from bakery.edge import logins
from bakery.edge.access import SignedIn, Staff, SteppedUp
from bakery.edge.private import PrivateView
from bakery.kernel import clock
from bakery.kernel.errors import Invalid

if TYPE_CHECKING:
    from apps.accounts.models import User

_PASSWORD = OpenApiExample(
    "Password", value={"password": "seven layer honey cake"}, request_only=True
)
_GUEST = OpenApiExample(
    "A guest",
    value={"email": "ada@example.com", "reason": "asked for it by letter"},
    request_only=True,
)


class PasswordInput(serializers.Serializer[Any]):
    """The account's password: a session that was left open is not enough."""

    password = serializers.CharField(max_length=256, trim_whitespace=False)


class GuestInput(serializers.Serializer[Any]):
    """Which guest, and why; the reason is kept in the audit trail."""

    email = serializers.EmailField(max_length=254)
    reason = serializers.CharField(min_length=3, max_length=500)


class ErasedOutput(serializers.Serializer[Any]):
    """How many orders were changed."""

    orders = serializers.IntegerField()


def _proved(request: Request) -> "User":
    """Return the customer who gave the right password; raise `Invalid` ``wrong_password``."""
    data = PasswordInput(data=request.data)
    data.is_valid(raise_exception=True)
    user = accounts_selectors.user(customer_of(request))
    assert user is not None  # noqa: S101 - the view's access rule has made it so
    logins.require_login_allowed(request._request, user.email)
    given = data.validated_data["password"]
    if accounts.check_credentials(email=user.email, password=given) is None:
        raise Invalid("wrong_password", "The password is wrong.")
    return user


class MyExportView(PrivateView):
    """The account's data."""

    permission_classes = [SignedIn]

    @extend_schema(
        tags=["me"],
        request=PasswordInput,
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
        examples=[_PASSWORD],
        operation_id="me_export",
    )
    def post(self, request: Request) -> StreamingHttpResponse:
        """Return everything that is kept about the account's owner as one JSON object."""
        body = selectors.person_json(_proved(request), at=clock.now())
        return StreamingHttpResponse(body, content_type="application/json")


class MyErasureView(PrivateView):
    """The end of the account."""

    permission_classes = [SignedIn]

    @extend_schema(
        tags=["me"],
        request=PasswordInput,
        responses={204: OpenApiResponse(description="Closed; the data are being erased.")},
        examples=[_PASSWORD],
        operation_id="me_erase",
    )
    def post(self, request: Request) -> Response:
        """Erase the person and close the account; 409 ``open_orders`` while orders are not over."""
        user = _proved(request)
        accounts.anonymise_user(
            user_id=user.pk, actor="customer", reason="asked for it", at=clock.now()
        )
        return Response(status=204)


class StaffGuestErasureView(PrivateView):
    """Guests who ask to be forgotten."""

    permission_classes = [Staff("accounts.anonymise_user"), SteppedUp]

    @extend_schema(
        tags=["staff"],
        request=GuestInput,
        responses=ErasedOutput,
        examples=[_GUEST],
        operation_id="staff_guests_erase",
    )
    def post(self, request: Request) -> Response:
        """Erase whoever ordered as a guest with a mailbox; needs a fresh code.

        404 ``nothing_to_erase``, 409 ``open_orders`` or ``has_account``.
        """
        data = GuestInput(data=request.data)
        data.is_valid(raise_exception=True)
        actor, at = f"user:{request.user.pk}", clock.now()
        count = services.erase_guest(**data.validated_data, actor=actor, at=at)
        return Response({"orders": count})


class StaffGuestExportView(PrivateView):
    """What is kept about somebody, for whoever has to answer them."""

    permission_classes = [Staff("accounts.anonymise_user"), SteppedUp]

    @extend_schema(
        tags=["staff"],
        request=GuestInput,
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
        examples=[_GUEST],
        operation_id="staff_guests_export",
    )
    def post(self, request: Request) -> StreamingHttpResponse:
        """Return everything that is kept about a mailbox, its account's or a guest's; audited."""
        data = GuestInput(data=request.data)
        data.is_valid(raise_exception=True)
        at = clock.now()
        services.note_export(**data.validated_data, actor=f"user:{request.user.pk}", at=at)
        body = selectors.mailbox_json(data.validated_data["email"], at=at)
        return StreamingHttpResponse(body, content_type="application/json")
