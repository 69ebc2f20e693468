"""/api/v1/loyalty and /api/v1/gift-cards: what customers see of points and gift cards."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.loyalty import selectors, services
from apps.loyalty.api.bank_rows import (
    BankCodeInput,
    CardBalanceView,
    LoyaltyView,
    PointsMoveView,
    ReferralInput,
    ReferralReply,
    card_json,
    shop_currency,
)
from apps.loyalty.rules.gift_codes import INVITATION_COOKIE
from apps.loyalty.states import ReferralState
from bakery.edge import throttling
from bakery.edge.access import Anyone, SignedIn
from bakery.edge.client import client_address, rate_bucket
from bakery.edge.pagination import NewestFirst
from bakery.kernel import clock
from bakery.kernel.links import public_url

_PRIVATE = {"Cache-Control": "private, no-store"}
_LOYALTY = OpenApiExample(
    "Points and an invitation",
    value={
        "points": 240,
        "worth": "12.00",
        "currency": "CAD",
        "debt": 0,
        "next_expiry_on": "2027-06-01",
        "next_expiry_points": 40,
        "store_credit": [],
        "referral": {
            "code": "7K3M9QXA",
            "link": "https://bakery.example/r/7K3M9QXA/",
            "claimed": 2,
            "rewarded": 1,
            "points_for_you": 100,
            "points_for_them": 100,
        },
    },
    response_only=True,
)


def _caller(request: Request) -> int:
    """Return the account of a view that admits only those who are signed in."""
    return int(request.user.pk or 0)


@extend_schema(tags=["loyalty"])
class Loyalty(APIView):
    """The caller's points."""

    permission_classes = [SignedIn]

    @extend_schema(
        operation_id="loyalty_read",
        summary="Read your points",
        responses=LoyaltyView,
        examples=[_LOYALTY],
    )
    def get(self, request: Request) -> Response:
        """Return points, what they are worth, store credit and the code to invite with."""
        at, user_id = clock.now(), _caller(request)
        balance = selectors.points_balance(user_id, at=at)
        code = services.referral_code(user_id=user_id, at=at)
        _, claimed, rewarded = selectors.referrals_of(user_id)
        body = {
            "points": balance.spendable,
            "worth": balance.worth,
            "currency": shop_currency(),
            "debt": balance.debt,
            "next_expiry_on": balance.next_expiry_on,
            "next_expiry_points": balance.next_expiry_points,
            "store_credit": [card_json(card) for card in selectors.store_credit(user_id, at=at)],
            "referral": {
                "code": code,
                "link": public_url(f"/r/{code}/"),
                "claimed": claimed,
                "rewarded": rewarded,
                "points_for_you": settings.LOYALTY_REFERRER_POINTS,
                "points_for_them": settings.LOYALTY_REFERRED_POINTS,
            },
        }
        return Response(LoyaltyView(body).data, headers=_PRIVATE)


@extend_schema_view(
    get=extend_schema(
        tags=["loyalty"], operation_id="loyalty_history", summary="List what changed your points"
    )
)
class LoyaltyHistory(ListAPIView[Any]):
    """The caller's moves, newest first."""

    permission_classes = [SignedIn]
    serializer_class = PointsMoveView
    pagination_class = NewestFirst

    def get_queryset(self) -> Any:
        """Return the caller's own moves alone."""
        if getattr(self, "swagger_fake_view", False):
            return selectors.history_of(0)
        return selectors.history_of(_caller(self.request))


@extend_schema(tags=["loyalty"])
class ClaimReferral(APIView):
    """By whom the caller was invited."""

    permission_classes = [SignedIn]

    @extend_schema(
        operation_id="loyalty_referral",
        summary="Say who invited you",
        request=ReferralInput,
        responses=ReferralReply,
        examples=[
            OpenApiExample("A code", value={"code": "7K3M-9QXA"}, request_only=True),
            OpenApiExample("Waits", value={"state": "pending", "points": 100}, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        """Note the invitation; the points come when the first order was collected.

        Within two weeks of registration and before the first order, once. 400
        `referral_unknown`; 409 `referral_own`, `referral_claimed`, `referral_late`,
        `referral_not_new`, `referral_unverified`. `review`: somebody looks at it first.
        """
        given = ReferralInput(data=request.data)
        given.is_valid(raise_exception=True)
        bucket = rate_bucket(client_address(request._request))
        throttling.require("code", f"referral:{request.user.pk}", bucket)
        code = given.validated_data["code"] or request.COOKIES.get(INVITATION_COOKIE, "")
        referral = services.claim_referral(
            user_id=_caller(request), code=code, address=bucket, at=clock.now()
        )
        waits = referral.state == ReferralState.PENDING
        body = {"state": "pending" if waits else "review", "points": referral.referred_points}
        return Response(body, headers=_PRIVATE)


@extend_schema(tags=["loyalty"])
class GiftCardBalance(APIView):
    """What is left on a gift card."""

    permission_classes = [Anyone]

    @extend_schema(
        operation_id="gift_card_balance",
        summary="Ask what is left on a gift card",
        request=BankCodeInput,
        responses=CardBalanceView,
        examples=[
            OpenApiExample("A code", value={"code": "7K3M-9QXA-0W2D-55TR"}, request_only=True),
            OpenApiExample(
                "Left",
                value={
                    "card": "…55TR",
                    "balance": "18.50",
                    "currency": "CAD",
                    "expires_at": None,
                },
                response_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        """Return the balance; every refusal is 400 `code_refused`. 429 after a few tries."""
        given = BankCodeInput(data=request.data)
        given.is_valid(raise_exception=True)
        bucket = rate_bucket(client_address(request._request))
        throttling.require_code_try("gift-card", bucket)
        user_id = request.user.pk if request.user.is_authenticated else None
        card = selectors.gift_card_by_code(
            given.validated_data["code"], at=clock.now(), user_id=user_id
        )
        return Response(CardBalanceView(card_json(card)).data, headers=_PRIVATE)
