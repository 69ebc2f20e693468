"""/api/v1/me/claims: guest orders that are the account's own."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import services
from apps.orders.api.carts import customer_of
from bakery.edge import logins
from bakery.edge.access import SignedIn
from bakery.edge.private import PrivateView
from bakery.kernel import clock

_DETAIL = "If orders were placed with this address, a mail is on its way to it."


class ClaimInput(serializers.Serializer[Any]):
    """Which mailbox; the account's own when left out."""

    email = serializers.EmailField(max_length=254, required=False)


class ClaimTokenInput(serializers.Serializer[Any]):
    """The secret of the mailed link."""

    token = serializers.CharField(max_length=200)


class ClaimedOutput(serializers.Serializer[Any]):
    """How many orders came to the account."""

    claimed = serializers.IntegerField()


class ClaimMailedOutput(serializers.Serializer[Any]):
    """The same for every mailbox."""

    detail = serializers.CharField()


class ClaimsView(PrivateView):
    """Taking over guest orders."""

    permission_classes = [SignedIn]

    @extend_schema(
        tags=["me"],
        request=ClaimInput,
        responses={200: ClaimedOutput, 202: ClaimMailedOutput},
        examples=[
            OpenApiExample("Of my mailbox", value={}, request_only=True),
            OpenApiExample(
                "Of another mailbox", value={"email": "ada@work.example"}, request_only=True
            ),
        ],
        operation_id="me_claims",
    )
    def post(self, request: Request) -> Response:
        """Take over the guest orders of the account's own, confirmed mailbox; returns how many.

        With ``email`` a link is mailed there, good once and for this account only; the reply (202)
        is the same whether or not orders were placed with it. 403 ``mailbox_unverified``.
        """
        data = ClaimInput(data=request.data)
        data.is_valid(raise_exception=True)
        user_id, at = customer_of(request), clock.now()
        email = data.validated_data.get("email")
        if email is None:
            return Response({"claimed": services.claim_own_orders(user_id=user_id, at=at)})
        logins.require_mail_allowed(request._request, email)
        services.request_claim(user_id=user_id, email=email, at=at)
        return Response({"detail": _DETAIL}, status=202)


class ClaimConfirmView(PrivateView):
    """The mailed link."""

    permission_classes = [SignedIn]

    @extend_schema(
        tags=["me"],
        request=ClaimTokenInput,
        responses=ClaimedOutput,
        examples=[OpenApiExample("Link", value={"token": "mZ3v..."}, request_only=True)],
        operation_id="me_claims_confirm",
    )
    def post(self, request: Request) -> Response:
        """Spend the link that was mailed; 400 ``link_invalid`` when spent, old or not one's own."""
        data = ClaimTokenInput(data=request.data)
        data.is_valid(raise_exception=True)
        token = data.validated_data["token"]
        count = services.confirm_claim(user_id=customer_of(request), token=token, at=clock.now())
        return Response({"claimed": count})
