"""Disputes over the staff API, through the same services as in the console."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.payments import services
from apps.payments.api import dispute_schemas as schemas
from apps.payments.selectors.disputes import console_disputes, dispute_by_stripe_id
from apps.payments.states import UNANSWERED_DISPUTES
from bakery.edge.access import Staff, SteppedUp
from bakery.edge.pagination import NewestFirst
from bakery.edge.private import PrivateView
from bakery.kernel import clock

_TAGS = ["staff"]
_VIEW = "payments.view_dispute"
_ANSWER = "payments.answer_dispute"
_NO_CODE = OpenApiResponse(description="step_up_required")


def _detail(request: Request, dispute_id: str) -> Response:
    row = dispute_by_stripe_id(dispute_id)
    waits = row.status in UNANSWERED_DISPUTES and row.submitted_at is None
    # It tells all about the customer: to who may send it, as in the console.
    waits = waits and request.user.has_perm(_ANSWER)
    prepared = services.prepare_answer(dispute_id=row.pk, at=clock.now()) if waits else {}
    return Response(schemas.DisputeDetailOutput(row, context={"prepared": prepared}).data)


class StaffDisputesView(PrivateView):
    """All disputes."""

    permission_classes = [Staff(_VIEW)]

    @extend_schema(
        operation_id="staff_disputes_list",
        tags=_TAGS,
        parameters=[schemas.DisputeFilter],
        responses=schemas.DisputeOutput(many=True),
        examples=[schemas.REPLY],
    )
    def get(self, request: Request) -> Response:
        """Return disputes by status and order; the newest first."""
        wanted: dict[str, Any] = {}
        if "status" in request.query_params:
            wanted["status"] = request.query_params.getlist("status")
        if "number" in request.query_params:
            wanted["number"] = request.query_params["number"]
        checked = schemas.DisputeFilter(data=wanted)
        checked.is_valid(raise_exception=True)
        found = console_disputes()
        if checked.validated_data.get("status"):
            found = found.filter(status__in=checked.validated_data["status"])
        if checked.validated_data.get("number"):
            found = found.filter(order__number=checked.validated_data["number"])
        pages = NewestFirst()
        rows = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(schemas.DisputeOutput(rows or [], many=True).data)


class StaffDisputeView(PrivateView):
    """One dispute."""

    permission_classes = [Staff(_VIEW)]

    @extend_schema(
        operation_id="staff_disputes_get", tags=_TAGS, responses=schemas.DisputeDetailOutput
    )
    def get(self, request: Request, dispute_id: str) -> Response:
        """Return a dispute with its money and evidence; its prepared answer to who may send it."""
        return _detail(request, dispute_id)


class StaffDisputeAnswerView(PrivateView):
    """The shop's answer."""

    permission_classes = [Staff(_ANSWER), SteppedUp]

    @extend_schema(
        operation_id="staff_disputes_answer",
        tags=_TAGS,
        request=schemas.DisputeAnswerInput,
        responses={
            200: schemas.DisputeDetailOutput,
            403: _NO_CODE,
            409: OpenApiResponse(
                description="already_answered, dispute_closed, dispute_past_due,"
                " answer_in_progress, stripe_refused (with Stripe's words)"
            ),
            503: OpenApiResponse(description="stripe_unavailable: send the same words again"),
        },
        examples=[schemas.ANSWER],
    )
    def post(self, request: Request, dispute_id: str) -> Response:
        """Send the answer to the bank, once; needs a fresh code. 400: bad_answer, empty_answer."""
        checked = schemas.DisputeAnswerInput(data=request.data)
        checked.is_valid(raise_exception=True)
        services.submit_answer(
            dispute_id=dispute_by_stripe_id(dispute_id).pk,
            answer=checked.validated_data["answer"],
            by=f"user:{request.user.pk}",
            at=clock.now(),
        )
        return _detail(request, dispute_id)


class StaffDisputeAcceptView(PrivateView):
    """Giving in."""

    permission_classes = [Staff(_ANSWER), SteppedUp]

    @extend_schema(
        operation_id="staff_disputes_accept",
        tags=_TAGS,
        request=None,
        responses={
            200: schemas.DisputeDetailOutput,
            403: _NO_CODE,
            409: OpenApiResponse(description="dispute_closed, stripe_refused"),
        },
    )
    def post(self, request: Request, dispute_id: str) -> Response:
        """Let the customer keep the money; final, needs a fresh code."""
        services.accept_loss(
            dispute_id=dispute_by_stripe_id(dispute_id).pk,
            by=f"user:{request.user.pk}",
            at=clock.now(),
        )
        return _detail(request, dispute_id)


class StaffDisputeEvidenceView(PrivateView):
    """The frozen evidence."""

    permission_classes = [Staff(_ANSWER), SteppedUp]

    @extend_schema(
        operation_id="staff_disputes_evidence",
        tags=_TAGS,
        responses={
            (200, "application/zip"): OpenApiTypes.BINARY,
            403: _NO_CODE,
            404: OpenApiResponse(
                description="evidence_not_frozen, evidence_gone, evidence_changed"
            ),
        },
    )
    def get(self, request: Request, dispute_id: str) -> HttpResponse:
        """Return the archive, proved unchanged; needs a fresh code, and is noted."""
        dispute = dispute_by_stripe_id(dispute_id)
        data = services.read_evidence(
            dispute_id=dispute.pk, by=f"user:{request.user.pk}", at=clock.now()
        )
        name = f"evidence-{dispute.order.number}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(data, content_type="application/zip", headers=headers)


class StaffDisputeProofView(PrivateView):
    """The proof of it."""

    permission_classes = [Staff(_ANSWER)]

    @extend_schema(
        operation_id="staff_disputes_proof", tags=_TAGS, responses=schemas.DisputeProofOutput
    )
    def get(self, request: Request, dispute_id: str) -> Response:
        """Prove the frozen evidence, file by file."""
        dispute = dispute_by_stripe_id(dispute_id)
        verdict = services.verify_evidence(dispute_id=dispute.pk)
        return Response(schemas.DisputeProofOutput(verdict).data)
