"""/api/v1/staff/books: what does not agree, and comparing again, as in the console."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.books import services
from apps.books.api.difference_rows import (
    BooksDifferenceView,
    CompareInput,
    ExplainInput,
    ReconciliationView,
)
from apps.books.models import Difference, Reconciliation
from apps.books.rules.differences import DifferenceKind
from apps.books.states import DifferenceState
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.pagination import NewestFirst
from bakery.kernel import clock
from bakery.kernel.errors import Invalid, NotFound

_TAGS = ["staff: books"]
# What somebody waits for; longer times are for `manage.py reconcile`.
_MOST_DAYS = timedelta(days=31)
_STATE = OpenApiParameter("state", str, enum=[*DifferenceState.values, "all"])
_KIND = OpenApiParameter("kind", str, enum=DifferenceKind.values)


@extend_schema_view(
    get=extend_schema(
        tags=_TAGS,
        operation_id="staff_differences",
        summary="List what does not agree",
        parameters=[_STATE, _KIND],
    )
)
class Differences(ListAPIView[Any]):
    """Open differences, unless another state is asked for; the newest first."""

    permission_classes = [Staff("books.view_difference")]
    serializer_class = BooksDifferenceView
    pagination_class = NewestFirst

    def get_queryset(self) -> Any:
        """Return differences of one state and kind."""
        rows = Difference.objects.select_related("order", "owner")
        state = self.request.query_params.get("state", DifferenceState.OPEN)
        if state not in {*DifferenceState.values, "all"}:
            raise Invalid("bad_state", "There is no such state.", details={"field": "state"})
        if state != "all":
            rows = rows.filter(state=state)
        kind = self.request.query_params.get("kind")
        if kind and kind not in DifferenceKind.values:
            raise Invalid("bad_kind", "There is no such kind.", details={"field": "kind"})
        return rows.filter(kind=kind) if kind else rows


class OneDifference(APIView):
    """One difference."""

    permission_classes = [Staff("books.view_difference")]

    @extend_schema(
        tags=_TAGS,
        operation_id="staff_difference",
        summary="Show what does not agree, what it means and what to do",
        responses=BooksDifferenceView,
    )
    def get(self, request: Request, difference_id: int) -> Response:
        """Return it; 404 ``difference_not_found``."""
        return _shown(difference_id)


class OwnDifference(APIView):
    """Who looks after a difference."""

    permission_classes = [Staff("books.explain_difference")]

    @extend_schema(
        tags=_TAGS,
        operation_id="staff_difference_own",
        summary="Look after a difference yourself",
        request=None,
        responses=BooksDifferenceView,
    )
    def post(self, request: Request, difference_id: int) -> Response:
        """Make it the caller's."""
        _own(request, difference_id, request.user.pk)
        return _shown(difference_id)

    @extend_schema(
        tags=_TAGS,
        operation_id="staff_difference_disown",
        summary="Let nobody look after a difference",
        responses=BooksDifferenceView,
    )
    def delete(self, request: Request, difference_id: int) -> Response:
        """Make it nobody's."""
        _own(request, difference_id, None)
        return _shown(difference_id)


class ExplainDifference(APIView):
    """Why a difference is right as it is."""

    permission_classes = [Staff("books.explain_difference")]

    @extend_schema(
        tags=_TAGS,
        operation_id="staff_difference_explain",
        summary="Explain a difference",
        request=ExplainInput,
        responses={
            200: BooksDifferenceView,
            409: OpenApiResponse(description="illegal_transition: it is gone already"),
        },
        examples=[
            OpenApiExample(
                "Another shop",
                value={"text": "Sold by the market stall, which has its own books."},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, difference_id: int) -> Response:
        """Explain it; it stays so until its amount changes. 400 ``bad_explanation``."""
        given = _checked(ExplainInput, request)
        services.explain_difference(
            difference_id=difference_id,
            text=given["text"],
            actor=actor_of(request),
            at=clock.now(),
        )
        return _shown(difference_id)


class RecheckDifference(APIView):
    """Whether a difference is still there."""

    permission_classes = [Staff("books.explain_difference")]

    @extend_schema(
        tags=_TAGS,
        operation_id="staff_difference_recheck",
        summary="Check a difference again",
        request=None,
        responses=BooksDifferenceView,
    )
    def post(self, request: Request, difference_id: int) -> Response:
        """Compare its day again, after asking Stripe for what only Stripe has."""
        _find(difference_id)
        services.recheck_difference(
            difference_id=difference_id, at=clock.now(), by=actor_of(request)
        )
        return _shown(difference_id)


class Reconciliations(ListAPIView[Any]):
    """Comparisons, the newest first."""

    permission_classes = [Staff("books.view_reconciliation")]
    serializer_class = ReconciliationView
    pagination_class = NewestFirst
    queryset = Reconciliation.objects.all()

    @extend_schema(
        tags=_TAGS, operation_id="staff_reconciliations", summary="List the comparisons made"
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of them."""
        return super().get(request, *args, **kwargs)


class Compare(APIView):
    """Comparing Stripe, the orders and the books now."""

    permission_classes = [Staff("books.explain_difference")]

    @extend_schema(
        tags=_TAGS,
        operation_id="staff_reconcile",
        summary="Compare some days now",
        request=CompareInput,
        responses=ReconciliationView,
        examples=[
            OpenApiExample(
                "A week",
                value={"first_day": "2026-11-01", "last_day": "2026-11-07"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Compare up to a month; 400 ``bad_days``. ``problem`` says what was not compared."""
        given = _checked(CompareInput, request)
        if given["last_day"] - given["first_day"] > _MOST_DAYS:
            raise Invalid("bad_days", "Compare a month at most here.")
        run = services.reconcile(**given, at=clock.now(), started_by=actor_of(request))
        return Response(ReconciliationView(run).data)


def _checked(given: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    checked = given(data=request.data)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


def _own(request: Request, difference_id: int, user_id: int | None) -> None:
    services.own_difference(
        difference_id=difference_id, user_id=user_id, actor=actor_of(request), at=clock.now()
    )


def _find(difference_id: int) -> Difference:
    row = Difference.objects.select_related("order", "owner").filter(pk=difference_id).first()
    if row is None:
        raise NotFound("difference_not_found", "There is no such difference.")
    return row


def _shown(difference_id: int) -> Response:
    return Response(BooksDifferenceView(_find(difference_id)).data)
