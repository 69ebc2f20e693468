"""All receipts and credit notes, over the staff API."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView

from apps.receipts import selectors
from apps.receipts.states import DocumentKind
from bakery.edge.access import Staff
from bakery.edge.pagination import NewestFirst

_REPLY = OpenApiExample(
    "One receipt",
    value={
        "number": "R-2026-000001",
        "kind": "receipt",
        "order": "B-261128-7Q2K",
        "issued_at": "2026-11-28T15:04:05Z",
        "issued_on": "2026-11-28",
        "buyer": "Ada Byron",
        "currency": "CAD",
        "subtotal": "48.00",
        "tax_total": "6.24",
        "total": "54.24",
        "is_complete": True,
        "url": "/api/v1/staff/receipts/R-2026-000001.pdf",
    },
    response_only=True,
)


class DocumentFilter(serializers.Serializer[Any]):
    """Which documents staff want to see."""

    kind = serializers.ChoiceField(choices=DocumentKind.choices, required=False)
    order = serializers.CharField(
        required=False, max_length=20, help_text="The number of one order."
    )
    since = serializers.DateField(required=False, help_text="The first day of issue.")
    until = serializers.DateField(required=False, help_text="The last day of issue.")
    incomplete = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Only those that lack what the law asks for, or only the others.",
    )


class DocumentOutput(serializers.Serializer[Any]):
    """A receipt or credit note; sums are above zero in both."""

    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=DocumentKind.choices)
    order = serializers.CharField(source="order.number")
    issued_at = serializers.DateTimeField()
    issued_on = serializers.DateField()
    buyer = serializers.SerializerMethodField(help_text="Empty once the customer was erased.")
    currency = serializers.CharField()
    subtotal = serializers.DecimalField(10, 2)
    tax_total = serializers.DecimalField(10, 2)
    total = serializers.DecimalField(10, 2)
    is_complete = serializers.BooleanField()
    url = serializers.SerializerMethodField(help_text="Its file; null while it is being made.")

    def get_buyer(self, row: Any) -> str:
        """Return who bought."""
        return "" if row.order.erased_at is not None else row.buyer_name or ""

    def get_url(self, row: Any) -> str | None:
        """Return where staff fetch the file."""
        sealed = hasattr(row, "seal")
        return reverse("api-staff-receipt", args=[row.number]) if sealed else None


class StaffDocuments(ListAPIView[Any]):
    """All receipts and credit notes."""

    permission_classes = [Staff("receipts.view_document")]
    serializer_class = DocumentOutput
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Any]:
        """Return the documents asked for."""
        checked = DocumentFilter(data=self.request.query_params)
        checked.is_valid(raise_exception=True)
        given = checked.validated_data
        return selectors.filtered_documents(
            kind=given.get("kind", ""),
            number=given.get("order", ""),
            since=given.get("since"),
            until=given.get("until"),
            incomplete=given.get("incomplete"),
        )

    @extend_schema(
        operation_id="staff_receipts",
        tags=["staff"],
        parameters=[DocumentFilter],
        examples=[_REPLY],
    )
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return receipts and credit notes by kind, order and day of issue; the newest first."""
        reply = super().get(request, *args, **kwargs)
        reply["Cache-Control"] = "no-store"
        return reply
