"""Receipts over the API: an order's own, any for staff, and whether a file is one of ours."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.orders import selectors as orders
from apps.receipts import selectors, services
from apps.receipts.states import DocumentKind
from bakery.edge.access import Anyone, Staff
from bakery.edge.client import client_address, rate_bucket
from bakery.edge.throttling import require
from bakery.edge.uploads import one_file, sent_file
from bakery.kernel import clock

_LIST = OpenApiExample(
    "A receipt, and what was given back",
    value={
        "receipts": [
            {
                "number": "R-2026-000001",
                "kind": "receipt",
                "issued_on": "2026-11-28",
                "total": "54.24",
                "currency": "CAD",
                "url": "https://bakery.example/orders/5b8f6c1e-6f3f-4a55-9a38-2f6a4c1f9d1a"
                "/receipts/R-2026-000001.pdf?token=eyJudW1iZXI",
            },
            {
                "number": "C-2026-000001",
                "kind": "credit_note",
                "issued_on": "2026-11-30",
                "total": "24.00",
                "currency": "CAD",
                "url": None,
            },
        ]
    },
    response_only=True,
)
_VALID = OpenApiExample(
    "valid",
    value={
        "valid": True,
        "reasons": [],
        "number": "R-2026-000001",
        "kind": "receipt",
        "issued_on": "2026-11-28",
        "total": "54.24",
        "currency": "CAD",
    },
    response_only=True,
)
_ALTERED = OpenApiExample(
    "not valid",
    value={
        "valid": False,
        "reasons": [{"code": "altered", "message": "It was changed after it was signed."}],
        "number": "",
        "kind": None,
        "issued_on": None,
        "total": None,
        "currency": "",
    },
    response_only=True,
)


class ReceiptRow(serializers.Serializer[Any]):
    """A receipt or a credit note."""

    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=DocumentKind.choices)
    issued_on = serializers.DateField()
    total = serializers.DecimalField(10, 2)
    currency = serializers.CharField()
    url = serializers.URLField(
        allow_null=True,
        help_text="The PDF, for fifteen minutes and to whoever has the address; null while it is"
        " being made.",
    )


class ReceiptsOutput(serializers.Serializer[Any]):
    """The documents of an order, oldest first."""

    receipts = ReceiptRow(many=True)


class CheckInput(serializers.Serializer[Any]):
    """A multipart body: one file of at most 2 MB."""

    file = serializers.FileField(allow_empty_file=True)


class ReasonOutput(serializers.Serializer[Any]):
    """Why a file is not valid."""

    code = serializers.ChoiceField(choices=list(services.REASONS.items()))
    message = serializers.CharField()


class VerdictOutput(serializers.Serializer[Any]):
    """What a file is; the document is named when the file is it, or began as it."""

    valid = serializers.BooleanField()
    reasons = ReasonOutput(many=True)
    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=DocumentKind.choices, allow_null=True)
    issued_on = serializers.DateField(allow_null=True)
    total = serializers.DecimalField(10, 2, allow_null=True)
    currency = serializers.CharField()


class OrderReceipts(APIView):
    """The receipts of one order: a guest's by its id alone, an account's to that account only."""

    permission_classes = [Anyone]

    @extend_schema(
        operation_id="orders_receipts",
        tags=["orders"],
        responses={200: ReceiptsOutput, 404: OpenApiResponse(description="order_not_found")},
        examples=[_LIST],
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return the order's receipts and credit notes, with links to their files."""
        user = request.user
        user_id = user.pk if user.is_authenticated and not user.is_staff else None
        order = orders.order_by_public_id(public_id, user_id=user_id)
        at = clock.now()
        rows = [
            {
                "number": paper.number,
                "kind": paper.kind,
                "issued_on": paper.issued_on.isoformat(),
                "total": str(paper.total),
                "currency": paper.currency,
                "url": services.link_to(public_id=public_id, number=paper.number, at=at)
                if paper.is_ready
                else None,
            }
            for paper in services.papers_for_customer(order=order)
        ]
        return Response({"receipts": rows}, headers={"Cache-Control": "no-store"})


class StaffReceiptFile(APIView):
    """The file of any receipt."""

    permission_classes = [Staff("receipts.view_document")]

    @extend_schema(
        operation_id="staff_receipt_file",
        tags=["staff"],
        responses={
            (200, "application/pdf"): OpenApiTypes.BINARY,
            403: OpenApiResponse(description="permission_denied: its customer was erased"),
            404: OpenApiResponse(description="receipt_not_found"),
            503: OpenApiResponse(
                description="receipt_being_made, receipt_damaged, storage_unavailable"
            ),
        },
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """Return the signed PDF of a receipt or credit note."""
        document = selectors.document_by_number(number)
        if not selectors.may_see_buyer(document, request.user):
            raise PermissionDenied
        return HttpResponse(
            services.read_file(document=document),
            content_type="application/pdf",
            headers=services.file_headers(document=document),
        )


class CheckReceipt(APIView):
    """Whether a file is a receipt of ours."""

    permission_classes = [Anyone]
    parser_classes = [one_file(services.LARGEST_CHECKED)]

    @extend_schema(
        operation_id="receipts_check",
        tags=["orders"],
        request={"multipart/form-data": CheckInput},
        responses={
            200: VerdictOutput,
            400: OpenApiResponse(description="one_file_needed, malformed_multipart"),
            413: OpenApiResponse(description="body_too_large"),
            429: OpenApiResponse(description="too_many_requests"),
        },
        examples=[_VALID, _ALTERED],
    )
    def post(self, request: Request) -> Response:
        """Say whether a file is one of our receipts, unchanged; it is looked at and not kept."""
        require("receipt_check", rate_bucket(client_address(request._request)))
        verdict = services.verify_file(data=sent_file(request).read(services.LARGEST_CHECKED + 1))
        document = verdict.document
        return Response(
            {
                "valid": verdict.valid,
                "reasons": [{"code": r.code, "message": r.text} for r in verdict.reasons],
                "number": verdict.number,
                "kind": document.kind if document else None,
                "issued_on": document.issued_on.isoformat() if document else None,
                "total": str(document.total) if document else None,
                "currency": document.currency if document else "",
            },
            headers={"Cache-Control": "no-store"},
        )
