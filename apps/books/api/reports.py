"""/api/v1/staff/books: sales, trial balance, journals and files, as in the console."""

from typing import Any

from django.conf import settings
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
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

from apps.books import services
from apps.books.models import Journal
from apps.books.rules.periods import Period, custom_period
from apps.books.selectors import statements
from apps.books.selectors.exports import EXPORTS
from apps.books.selectors.revenue import revenue
from bakery.edge.access import Staff, SteppedUp
from bakery.edge.console import actor_of
from bakery.edge.pagination import KeysetPagination
from bakery.edge.spreadsheets import csv_stream
from bakery.kernel import clock

_TAGS = ["staff: books"]
_SEE, _EXPORT = "books.view_journal", "books.export_books"
_MONEY: dict[str, Any] = {"max_digits": 14, "decimal_places": 2}


def _amount(help_text: str = "") -> serializers.DecimalField:
    return serializers.DecimalField(**_MONEY, help_text=help_text)


class PeriodInput(serializers.Serializer[Any]):
    """Days of the shop, both included, at most 400 of them."""

    first_day = serializers.DateField()
    last_day = serializers.DateField()


class RevenueTax(serializers.Serializer[Any]):
    """A levy at a rate (a fraction): receipts less credit notes."""

    name = serializers.CharField()
    rate = serializers.DecimalField(max_digits=8, decimal_places=5)
    base = _amount("What it was charged on.")
    amount = _amount()


class RevenueDay(serializers.Serializer[Any]):
    """A day's sales without tax, less what was taken back on it."""

    day = serializers.DateField()
    receipts = serializers.IntegerField()
    credit_notes = serializers.IntegerField()
    net = _amount()
    tax = _amount()


class RevenueReply(serializers.Serializer[Any]):
    """gross - discounts - returned = net = goods + delivery; net + tax = total."""

    first_day = serializers.DateField(source="first")
    last_day = serializers.DateField(source="last")
    currency = serializers.CharField()
    gross = _amount("Receipts without tax, before discounts.")
    discounts = _amount("As prices are written.")
    returned = _amount("Credit notes without tax.")
    net = _amount()
    goods = _amount()
    delivery = _amount()
    tax = _amount()
    total = _amount()
    taxes = RevenueTax(many=True)
    kept_taxes = serializers.DictField(
        child=_amount(), help_text="By levy, in deposits that were kept; beside tax."
    )
    days = RevenueDay(many=True)
    taken = serializers.DictField(child=_amount(), help_text="By kind: online, cash, terminal.")
    unassigned = _amount("Came for no order.")
    refunds = serializers.DictField(child=_amount(), help_text="By way.")
    reversed = _amount("Refunds that came back.")
    gift_cards_issued = _amount()
    store_credit_granted = _amount()
    gift_cards_used = _amount("Less what returned to them.")
    fees = _amount("Stripe's.")
    dispute_fees = _amount()
    disputed = _amount("Held or lost in disputes.")


class BalanceReply(serializers.Serializer[Any]):
    """An account; debit is above zero."""

    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    opening = _amount()
    debit = _amount()
    credit = _amount()
    closing = _amount()


class EntryReply(serializers.Serializer[Any]):
    """An amount on an account; debit is above zero."""

    account = serializers.CharField(source="account.code")
    name = serializers.CharField(source="account.name")
    amount = serializers.DecimalField(max_digits=12, decimal_places=2)
    currency = serializers.CharField()


class JournalReply(serializers.Serializer[Any]):
    """One thing that happened; ``source`` names the row that it comes from."""

    id = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]  # a column of that name
    booked_on = serializers.DateField()
    happened_at = serializers.DateTimeField()
    text = serializers.CharField()
    order = serializers.CharField(source="order.number", allow_null=True, default=None)
    entries = EntryReply(many=True)


class JournalsFilter(PeriodInput):
    """Days, or what is looked for whenever it was."""

    first_day = serializers.DateField(required=False)
    last_day = serializers.DateField(required=False)
    q = serializers.CharField(
        required=False, max_length=120, help_text="Number of an order, or a journal's source."
    )


def _period(request: Request, data: Any = None) -> Period:
    given = PeriodInput(data=request.query_params if data is None else data)
    given.is_valid(raise_exception=True)
    return custom_period(given.validated_data["first_day"], given.validated_data["last_day"])


class RevenueView(APIView):
    """What a time came to."""

    permission_classes = [Staff(_SEE)]

    @extend_schema(
        tags=_TAGS,
        operation_id="staff_books_revenue",
        summary="Show what was sold, taxed, taken and given back in a time",
        parameters=[PeriodInput],
        responses=RevenueReply,
    )
    def get(self, request: Request) -> Response:
        """Return it; 400 ``bad_period``."""
        period = _period(request)
        return Response(RevenueReply(revenue(period.first, period.last)).data)


class TrialBalanceView(APIView):
    """All accounts in a time."""

    permission_classes = [Staff(_SEE)]

    @extend_schema(
        tags=_TAGS,
        operation_id="staff_books_trial_balance",
        summary="Show what every account had, got and has",
        parameters=[PeriodInput],
        responses=BalanceReply(many=True),
    )
    def get(self, request: Request) -> Response:
        """Return them by code; 400 ``bad_period``."""
        period = _period(request)
        rows = statements.trial_balance(period.first, period.last, settings.SHOP_CURRENCY)
        return Response(BalanceReply(rows, many=True).data)


class LatestBooked(KeysetPagination):
    """Pages of journals, the latest first."""

    ordering = ("-booked_on", "-id")  # type: ignore[assignment]  # several columns are fine


@extend_schema_view(
    get=extend_schema(
        tags=_TAGS,
        operation_id="staff_books_journals",
        summary="List journals of a time, of an order, or from a row",
        parameters=[JournalsFilter],
    )
)
class JournalsView(ListAPIView[Any]):
    """Journals with their entries; with neither days nor ``q`` those of today."""

    permission_classes = [Staff(_SEE)]
    serializer_class = JournalReply
    pagination_class = LatestBooked

    def get_queryset(self) -> Any:
        """Return what was asked for."""
        if getattr(self, "swagger_fake_view", False):
            return Journal.objects.none()
        given = JournalsFilter(data=self.request.query_params)
        given.is_valid(raise_exception=True)
        today = clock.shop_date(clock.now())
        first = given.validated_data.get("first_day", today)
        period = custom_period(first, given.validated_data.get("last_day", max(first, today)))
        return statements.journals(
            period.first, period.last, given.validated_data.get("q", "").strip()
        )


class ExportView(APIView):
    """A file for the accountant."""

    permission_classes = [Staff(_EXPORT), SteppedUp]

    @extend_schema(
        tags=_TAGS,
        operation_id="staff_books_export",
        summary="Take a file for the accountant; it is written in the audit trail",
        parameters=[OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=EXPORTS)],
        request=PeriodInput,
        responses={(200, "text/csv"): OpenApiTypes.STR},
        examples=[
            OpenApiExample(
                "A month",
                value={"first_day": "2026-11-01", "last_day": "2026-11-30"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, kind: str) -> StreamingHttpResponse:
        """Return it as CSV, the sums in its last row; 404 ``export_not_found``."""
        period = _period(request, request.data)
        table = services.export_books(
            kind=kind, period=period, actor=actor_of(request), at=clock.now()
        )
        return csv_stream(f"{table.name}.csv", table.header, table.rows)
