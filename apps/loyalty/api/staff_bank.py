"""/api/v1/staff/loyalty: points, gift cards and invitations, as in the console."""

from dataclasses import asdict
from typing import Any

from django.db.models import Q
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.loyalty import selectors, services
from apps.loyalty.api.bank_rows import (
    AccountPage,
    AccountView,
    AdjustInput,
    BankReasonInput,
    CardView,
    DecideInput,
    DifferenceView,
    IssuedView,
    IssueInput,
    PointsLotView,
    StaffMoveView,
    StaffReferralView,
)
from apps.loyalty.states import ReferralState
from bakery.edge.access import Staff, SteppedUp
from bakery.edge.console import actor_of
from bakery.edge.idempotent import idempotent
from bakery.edge.pagination import NewestFirst
from bakery.kernel import clock
from bakery.kernel.errors import Invalid, NotFound

_SHOWN = 100
_PRIVATE = {"Cache-Control": "private, no-store"}
_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    location=OpenApiParameter.HEADER,
    required=True,
    description="The same key and body are done once.",
)
_STATE = OpenApiParameter("state", str, enum=[*ReferralState.values, "all"])
_SEARCH = OpenApiParameter("search", str, description="A part of the mailbox or the name.")
_WHY = OpenApiExample("Reason", value={"reason": "reported as stolen"}, request_only=True)


def _checked(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    serializer = kind(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


@extend_schema_view(
    get=extend_schema(
        tags=["staff: loyalty"],
        operation_id="staff_loyalty_accounts",
        summary="List customers' points",
        parameters=[_SEARCH],
    )
)
class Accounts(ListAPIView[Any]):
    """Accounts of points."""

    permission_classes = [Staff("loyalty.view_pointsaccount")]
    serializer_class = AccountView
    pagination_class = NewestFirst

    def get_queryset(self) -> Any:
        """Return the accounts that match."""
        rows = selectors.account_rows()
        text = self.request.query_params.get("search", "")[:200]
        if text:
            rows = rows.filter(Q(user__email__icontains=text) | Q(user__full_name__icontains=text))
        return rows


class Account(APIView):
    """One customer's points."""

    permission_classes = [Staff("loyalty.view_pointsaccount")]

    @extend_schema(
        tags=["staff: loyalty"],
        operation_id="staff_loyalty_account",
        summary="Read a customer's points",
        responses=AccountPage,
    )
    def get(self, request: Request, user_id: int) -> Response:
        """Return figures with the newest lots and moves, 100 of each at most."""
        account = selectors.account_of(user_id)
        if account is None:
            raise NotFound("points_not_found", "This customer never had points.")
        body = {
            **AccountView(account).data,
            "lots": PointsLotView(selectors.lots_of(user_id)[:_SHOWN], many=True).data,
            "moves": StaffMoveView(selectors.history_of(user_id)[:_SHOWN], many=True).data,
        }
        return Response(body, headers=_PRIVATE)


class AdjustPoints(APIView):
    """Points by hand."""

    permission_classes = [Staff("loyalty.adjust_points")]

    @extend_schema(
        tags=["staff: loyalty"],
        operation_id="staff_loyalty_adjust",
        summary="Give or take points",
        parameters=[_KEY],
        request=AdjustInput,
        responses=AccountView,
        examples=[
            OpenApiExample(
                "Amends", value={"points": 50, "reason": "late delivery"}, request_only=True
            )
        ],
    )
    @idempotent
    def post(self, request: Request, user_id: int) -> Response:
        """Change the balance and return it; 409 `points_short` when fewer can be taken."""
        services.adjust_points(
            user_id=user_id,
            **_checked(AdjustInput, request),
            ref=f"api-{_key(request)}",
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(AccountView(selectors.account_of(user_id)).data)


@extend_schema_view(
    get=extend_schema(
        tags=["staff: loyalty"], operation_id="staff_gift_cards", summary="List gift cards"
    )
)
class GiftCards(ListAPIView[Any]):
    """Gift cards, newest first, without their codes."""

    permission_classes = [Staff("loyalty.view_giftcard")]
    serializer_class = CardView
    pagination_class = NewestFirst

    def get_queryset(self) -> Any:
        """Return all cards."""
        return selectors.card_rows()


class IssueGiftCard(APIView):
    """A new card."""

    permission_classes = [Staff("loyalty.issue_gift_card"), SteppedUp]

    @extend_schema(
        tags=["staff: loyalty"],
        operation_id="staff_gift_card_issue",
        summary="Issue a gift card or store credit",
        parameters=[_KEY],
        request=IssueInput,
        responses={201: IssuedView},
        examples=[
            OpenApiExample(
                "By mail",
                value={"amount": "50.00", "recipient_email": "eve@example.com", "note": "prize"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Issue it and tell its code. The same key again tells the same card.

        Needs a code that is at most ten minutes old (403 `step_up_required`).
        """
        given = _checked(IssueInput, request)
        ends = services.end_of_card(last_day=given.pop("expires_on", None))
        # Not `idempotent`, which keeps replies: the code must be kept nowhere.
        card = services.issue_gift_card(
            **given,
            expires_at=ends,
            ref=f"api-{actor_of(request)}-{_key(request)}",
            actor=actor_of(request),
            at=clock.now(),
        )
        body = {**CardView(card).data, "code": services.code_of(card=card)}
        return Response(body, status=201, headers=_PRIVATE)


class MoveGiftCard(APIView):
    """Blocking a card and freeing it."""

    permission_classes = [Staff("loyalty.block_gift_card")]

    @extend_schema(
        tags=["staff: loyalty"],
        operation_id="staff_gift_card_move",
        summary="Block a gift card or free it",
        request=BankReasonInput,
        responses=CardView,
        examples=[_WHY],
    )
    def post(self, request: Request, card_id: int, action: str) -> Response:
        """``block`` or ``unblock``; 409 when it is so already, 404 for any other action."""
        service = {"block": services.block_gift_card, "unblock": services.unblock_gift_card}
        if action not in service:
            raise NotFound("action_not_found", "A card can be blocked and unblocked.")
        card = service[action](
            card_id=card_id,
            **_checked(BankReasonInput, request),
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(CardView(card).data)


@extend_schema_view(
    get=extend_schema(
        tags=["staff: loyalty"],
        operation_id="staff_referrals",
        summary="List invitations",
        parameters=[_STATE],
    )
)
class Referrals(ListAPIView[Any]):
    """Invitations: those to review unless something else is asked for."""

    permission_classes = [Staff("loyalty.view_referral")]
    serializer_class = StaffReferralView
    pagination_class = NewestFirst

    def get_queryset(self) -> Any:
        """Return invitations of one state, or all."""
        state = self.request.query_params.get("state", ReferralState.HELD)
        if state == "all":
            return selectors.referral_rows()
        if state not in ReferralState.values:
            raise Invalid("bad_state", "There is no such state.", details={"field": "state"})
        return selectors.referral_rows().filter(state=state)


class DecideReferral(APIView):
    """What becomes of an invitation."""

    permission_classes = [Staff("loyalty.review_referral")]

    @extend_schema(
        tags=["staff: loyalty"],
        operation_id="staff_referral_decide",
        summary="Let an invitation count, or refuse it",
        request=DecideInput,
        responses=StaffReferralView,
        examples=[
            OpenApiExample(
                "A family", value={"accept": True, "reason": "one family"}, request_only=True
            )
        ],
    )
    def post(self, request: Request, referral_id: int) -> Response:
        """Decide; 409 for one that was rewarded already."""
        referral = services.decide_referral(
            referral_id=referral_id,
            **_checked(DecideInput, request),
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(StaffReferralView(referral).data)


class LoyaltyDifferences(APIView):
    """What the nightly comparison would find right now."""

    permission_classes = [Staff("loyalty.view_pointsaccount")]

    @extend_schema(
        tags=["staff: loyalty"],
        operation_id="staff_loyalty_differences",
        summary="Compare points and gift cards with their ledgers",
        responses=DifferenceView(many=True),
    )
    def get(self, request: Request) -> Response:
        """Return every difference; an empty list is good."""
        rows = [asdict(row) for row in selectors.loyalty_differences()]
        return Response(DifferenceView(rows, many=True).data)


def _key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not 1 <= len(key) <= 64 or not (key.isascii() and key.isprintable()):
        raise Invalid(
            "idempotency_key_required", "Send an Idempotency-Key header of 1 to 64 characters."
        )
    return key
