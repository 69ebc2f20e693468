"""Decisions about custom cakes over the API: what the console's desk does, by the same services."""

from collections.abc import Callable
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from apps.custom_cakes import services
from apps.custom_cakes.api.staff_rows import (
    LISTED_EXAMPLE,
    OFFER_EXAMPLE,
    REQUEST_EXAMPLE,
    CakeDeskOut,
    CakeOfferOut,
    ListedCakeRow,
)
from apps.custom_cakes.rules.design import parse_design
from apps.custom_cakes.rules.offers import MAX_PRICE
from apps.custom_cakes.selectors.desk import desk_of
from apps.custom_cakes.selectors.requests_list import listed_requests
from apps.custom_cakes.states import RequestStatus
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.fields import WholeNumber
from bakery.edge.pagination import KeysetPagination
from bakery.edge.private import PrivateView
from bakery.kernel import clock

_SEE, _DECIDE = Staff("custom_cakes.view_cakerequest"), Staff("custom_cakes.decide_cakerequest")
_BELOW_FLOOR = "custom_cakes.price_below_floor"
_BIGGEST_ID, _BIGGEST = 2**63 - 1, 2**31 - 1
_OFFER: dict[str, Any] = {
    "version": 1,
    "price": "412.00",
    "servings_least": 12,
    "servings_most": 16,
    "slot_id": 411,
    "expires_at": None,
    "words": "Keep it cool.",
    "reason": "",
}


class ListFilter(serializers.Serializer[Any]):
    """Which requests are asked for."""

    status = serializers.ChoiceField(RequestStatus.choices, required=False)
    wanted_from = serializers.DateField(required=False)
    wanted_until = serializers.DateField(required=False)


class Seen(serializers.Serializer[Any]):
    """``version`` is that of the request as it was seen: another one is refused."""

    version = WholeNumber(min_value=0, max_value=_BIGGEST)


class CakeWordsInput(Seen):
    """Words to the customer."""

    text = serializers.CharField(max_length=2000)


class CakeTakeBackInput(Seen):
    """Why, for the shop alone."""

    reason = serializers.CharField(max_length=500)


class CakeNoteInput(Seen):
    """A note for the shop alone; empty takes it away."""

    text = serializers.CharField(max_length=2000, allow_blank=True)


class CakeRenewInput(Seen):
    """Another pickup time or end, where those of the offer that lapsed shall not hold."""

    slot_id = WholeNumber(min_value=1, max_value=_BIGGEST_ID, required=False, allow_null=True)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class CakeApprovalInput(Seen):
    """What is offered; ``price`` before tax, ``expires_at`` null for as long as the rule gives."""

    price = serializers.DecimalField(8, 2, min_value=0, max_value=MAX_PRICE)
    servings_least = WholeNumber(min_value=1, max_value=5000)
    servings_most = WholeNumber(min_value=1, max_value=5000)
    slot_id = WholeNumber(min_value=1, max_value=_BIGGEST_ID)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    words = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class CakeCounterInput(CakeApprovalInput):
    """What is offered instead; ``design`` as in requests, such as that of an idea."""

    design = serializers.JSONField()


class StaffRequests(PrivateView, ListAPIView[Any]):
    """Requests that were sent."""

    permission_classes = [_SEE]
    serializer_class = ListedCakeRow
    pagination_class = KeysetPagination

    def get_queryset(self) -> Any:
        """Return the requests asked for."""
        checked = ListFilter(data=self.request.query_params)
        checked.is_valid(raise_exception=True)
        given, rows = checked.validated_data, listed_requests()
        if "status" in given:
            rows = rows.filter(status=given["status"])
        if "wanted_from" in given:
            rows = rows.filter(wanted_on__gte=given["wanted_from"])
        if "wanted_until" in given:
            rows = rows.filter(wanted_on__lte=given["wanted_until"])
        return rows

    @extend_schema(
        operation_id="staff_custom_cakes",
        summary="List requests for custom cakes",
        tags=["staff"],
        parameters=[ListFilter],
        examples=[LISTED_EXAMPLE],
    )
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return requests by status and wanted day, the oldest first."""
        return super().get(request, *args, **kwargs)


class StaffRequest(PrivateView):
    """One request."""

    permission_classes = [_SEE]

    @extend_schema(
        summary="Read all that a decision about a custom cake needs",
        tags=["staff"],
        responses=CakeDeskOut,
        examples=[REQUEST_EXAMPLE],
    )
    def get(self, request: Request, request_id: int) -> Response:
        """Return the request with its estimate, its days and what else could be offered.

        404 ``request_not_found``, or ``nothing_asked`` for one that was not sent.
        """
        return _desk(request_id)


class _Decision(PrivateView):
    """A decision: who posts says which version they saw."""

    permission_classes = [_DECIDE]
    reads: ClassVar[type[Seen]] = Seen

    def decide(
        self, request: Request, request_id: int, call: Callable[..., Any], **more: Any
    ) -> Any:
        """Check what was posted and call the service with it."""
        checked = self.reads(data=request.data)
        checked.is_valid(raise_exception=True)
        given = {**checked.validated_data, **more}
        return call(
            request_id=request_id,
            expected_version=given.pop("version"),
            actor=actor_of(request),
            at=clock.now(),
            **given,
        )


class StaffApprove(_Decision):
    """Yes."""

    reads = CakeApprovalInput

    @extend_schema(
        summary="Approve a custom cake",
        tags=["staff"],
        request=CakeApprovalInput,
        responses=CakeOfferOut,
        examples=[OpenApiExample("At the prediction", value=_OFFER, request_only=True),
                  OFFER_EXAMPLE],
    )  # fmt: skip
    def post(self, request: Request, request_id: int) -> Response:
        """Offer the cake as it was asked for; its time is held and it can be paid until the end.

        400 with a code and ``field`` (``reason_missing`` out of the range or below the floor), 403
        ``below_floor``, 409 ``stale_request`` (details: changes), ``not_decidable``, ``slot_full``.
        """
        may = request.user.has_perm(_BELOW_FLOOR)
        quote = self.decide(request, request_id, services.approve_request, may_go_below_floor=may)
        return Response(CakeOfferOut(quote).data)


class StaffCounter(_Decision):
    """Yes, but."""

    reads = CakeCounterInput

    @extend_schema(
        summary="Offer another cake than was asked for",
        tags=["staff"],
        request=CakeCounterInput,
        responses=CakeOfferOut,
        examples=[
            OpenApiExample(
                "A smaller one",
                value={**_OFFER, "price": "380.00", "design": {"tiers": [], "finish_id": 9}},
                request_only=True,
            ),
            OFFER_EXAMPLE,
        ],
    )
    def post(self, request: Request, request_id: int) -> Response:
        """Offer ``design``; its place is kept, and nothing can be paid, until the customer answers.

        As approving; also 400 ``nothing_changed`` and those of a design.
        """
        checked = CakeCounterInput(data=request.data)
        checked.is_valid(raise_exception=True)
        quote = self.decide(
            request,
            request_id,
            services.counter_offer,
            may_go_below_floor=request.user.has_perm(_BELOW_FLOOR),
            design=parse_design(checked.validated_data["design"]),
        )
        return Response(CakeOfferOut(quote).data)


class StaffRenew(_Decision):
    """Yes, once more."""

    reads = CakeRenewInput

    @extend_schema(
        summary="Make an offer that lapsed once more",
        tags=["staff"],
        request=CakeRenewInput,
        responses=CakeOfferOut,
        examples=[OpenApiExample("As it was", value={"version": 3}, request_only=True),
                  OFFER_EXAMPLE],
    )  # fmt: skip
    def post(self, request: Request, request_id: int) -> Response:
        """Offer the same cake at the same price; 409 ``nothing_to_renew`` or ``slot_full``."""
        given = {"slot_id": None, "expires_at": None}
        checked = CakeRenewInput(data=request.data)
        checked.is_valid(raise_exception=True)
        given |= {name: checked.validated_data.get(name) for name in given}
        quote = self.decide(request, request_id, services.renew_offer, **given)
        return Response(CakeOfferOut(quote).data)


class _Moved(_Decision):
    """A decision after which the request is shown as it is then."""

    def moved(self, request: Request, request_id: int, call: Callable[..., Any]) -> Response:
        """Decide, and return the request."""
        self.decide(request, request_id, call)
        return _desk(request_id)


class StaffAsk(_Moved):
    """A question."""

    reads = CakeWordsInput

    @extend_schema(
        summary="Ask the customer of a custom cake",
        tags=["staff"],
        request=CakeWordsInput,
        responses=CakeDeskOut,
        examples=[
            OpenApiExample(
                "Colours", value={"version": 1, "text": "Which blue?"}, request_only=True
            ),
            REQUEST_EXAMPLE,
        ],
    )
    def post(self, request: Request, request_id: int) -> Response:
        """Mail the question; 409 ``not_askable`` once it is decided."""
        return self.moved(request, request_id, services.ask_customer)


class StaffReject(_Decision):
    """No."""

    reads = CakeWordsInput

    @extend_schema(
        summary="Refuse a custom cake and invite a change",
        tags=["staff"],
        request=CakeWordsInput,
        responses=CakeDeskOut,
        examples=[
            OpenApiExample(
                "Too warm",
                value={"version": 1, "text": "No fondant in July, but buttercream is fine."},
                request_only=True,
            ),
            REQUEST_EXAMPLE,
        ],
    )
    def post(self, request: Request, request_id: int) -> Response:
        """Mail ``text`` as the reason; the customer may send another revision."""
        checked = CakeWordsInput(data=request.data)
        checked.is_valid(raise_exception=True)
        services.reject_request(
            request_id=request_id,
            expected_version=checked.validated_data["version"],
            reason=checked.validated_data["text"],
            actor=actor_of(request),
            at=clock.now(),
        )
        return _desk(request_id)


class StaffTakeBack(_Moved):
    """No longer."""

    reads = CakeTakeBackInput

    @extend_schema(
        summary="Take an offer back that nobody has paid",
        tags=["staff"],
        request=CakeTakeBackInput,
        responses=CakeDeskOut,
        examples=[
            OpenApiExample(
                "A mistake", value={"version": 2, "reason": "wrong price"}, request_only=True
            ),
            REQUEST_EXAMPLE,
        ],
    )
    def post(self, request: Request, request_id: int) -> Response:
        """End the offer; 409 ``already_paid`` or ``nothing_to_take_back``."""
        return self.moved(request, request_id, services.take_back)


class StaffNote(_Moved):
    """A note."""

    reads = CakeNoteInput

    @extend_schema(
        summary="Write a note about a custom cake, for the shop alone",
        tags=["staff"],
        request=CakeNoteInput,
        responses=CakeDeskOut,
        examples=[
            OpenApiExample(
                "Known", value={"version": 1, "text": "Knows the owner"}, request_only=True
            ),
            REQUEST_EXAMPLE,
        ],
    )
    def post(self, request: Request, request_id: int) -> Response:
        """Keep the note; the customer never sees it."""
        return self.moved(request, request_id, services.write_note)


def _desk(request_id: int) -> Response:
    return Response(CakeDeskOut(desk_of(request_id, at=clock.now())).data)
