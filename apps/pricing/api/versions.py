"""/api/v1/staff/models: versions of models, putting them in use and training, as in the console."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.pricing import services
from apps.pricing.models import ModelVersion
from apps.pricing.selectors import versions
from apps.pricing.states import ModelKind, VersionStatus
from bakery.edge.access import Staff, SteppedUp
from bakery.edge.console import actor_of
from bakery.edge.pagination import NewestFirst
from bakery.kernel import clock
from bakery.kernel.errors import Invalid, NotFound

_TAGS = ["staff: models"]
_SEE, _MANAGE = "pricing.view_modelversion", "pricing.manage_models"
_BIGGEST_ID = 2**63 - 1
_KIND = OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=ModelKind.values)
_WHY = OpenApiExample("Why", value={"reason": "Weddings came out too cheap."}, request_only=True)


class ModelReasonInput(serializers.Serializer[Any]):
    """Why; kept with the version and in the audit trail."""

    reason = serializers.CharField(max_length=500)


class ModelVersionRow(serializers.Serializer[Any]):
    """A version. ``metrics`` are those of decisions it has not seen, the formula's beside them."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=ModelKind.choices)
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=VersionStatus.choices)
    data_origin = serializers.CharField(help_text="decisions or simulated.")
    rows = serializers.IntegerField(help_text="Decisions that it learned from.")
    data_sha256 = serializers.CharField()
    artefact_sha256 = serializers.CharField()
    features = serializers.ListField(child=serializers.CharField())
    parameters = serializers.DictField()
    metrics = serializers.DictField()
    note = serializers.CharField()
    trained_by = serializers.CharField()
    trained_at = serializers.DateTimeField()
    promoted_at = serializers.DateTimeField(allow_null=True)


class ModelStateRow(serializers.Serializer[Any]):
    """A kind of model: what is in use, what is wrong with it, and whether one is being trained."""

    kind = serializers.ChoiceField(choices=ModelKind.choices)
    current = ModelVersionRow(allow_null=True, help_text="Null while the formula speaks alone.")
    problem = serializers.CharField(help_text="Why the formula speaks though a version is in use.")
    training_since = serializers.DateTimeField(allow_null=True)
    is_held_back = serializers.BooleanField(
        help_text="Somebody went back: trainings put nothing in use until a person does."
    )


class ModelsReply(serializers.Serializer[Any]):
    """Both kinds; ``drift`` says in words how prices drift from predictions, "" when not."""

    models = ModelStateRow(many=True)
    drift = serializers.CharField()


class ModelsView(APIView):
    """What is in use."""

    permission_classes = [Staff(_SEE)]

    @extend_schema(
        tags=_TAGS,
        operation_id="staff_models",
        summary="Show what is in use",
        responses=ModelsReply,
    )
    def get(self, request: Request) -> Response:
        """Return both kinds."""
        states = [_state(kind) for kind in ModelKind]
        reply = {"models": states, "drift": services.drift(at=clock.now())}
        return Response(ModelsReply(reply).data)


@extend_schema_view(
    get=extend_schema(
        tags=_TAGS,
        operation_id="staff_model_versions",
        summary="List versions",
        parameters=[OpenApiParameter("kind", str, enum=ModelKind.values)],
    )
)
class ModelVersionsView(ListAPIView[Any]):
    """Versions, the newest first."""

    permission_classes = [Staff(_SEE)]
    serializer_class = ModelVersionRow
    pagination_class = NewestFirst

    def get_queryset(self) -> Any:
        """Return versions of one kind, or of both."""
        kind = self.request.query_params.get("kind")
        if kind and kind not in ModelKind.values:
            raise Invalid("bad_kind", "There is no such kind.", details={"field": "kind"})
        rows = ModelVersion.objects.all()
        return rows.filter(kind=kind) if kind else rows


class ModelVersionView(APIView):
    """One version."""

    permission_classes = [Staff(_SEE)]

    @extend_schema(
        tags=_TAGS,
        operation_id="staff_model_version",
        summary="Show a version",
        responses=ModelVersionRow,
    )
    def get(self, request: Request, version_id: int) -> Response:
        """Return it; 404 ``version_not_found``."""
        return _shown(versions.one_version(_id(version_id)))


class PromoteView(APIView):
    """Putting a version in use."""

    permission_classes = [Staff(_MANAGE), SteppedUp]

    @extend_schema(
        tags=_TAGS,
        operation_id="staff_model_version_promote",
        summary="Put a version in use",
        request=ModelReasonInput,
        responses={
            200: ModelVersionRow,
            403: OpenApiResponse(description="not_better, simulated_model, step_up_required"),
            409: OpenApiResponse(
                description="compared_with_another, model_file_refused, illegal_transition"
            ),
        },
        examples=[_WHY],
    )
    def post(self, request: Request, version_id: int) -> Response:
        """Serve it from the next estimate on."""
        row = services.promote(
            version_id=_id(version_id),
            actor=actor_of(request),
            at=clock.now(),
            reason=_reason(request),
        )
        return _shown(row)


class RefuseView(APIView):
    """Never using a version again."""

    permission_classes = [Staff(_MANAGE), SteppedUp]

    @extend_schema(
        tags=_TAGS,
        operation_id="staff_model_version_refuse",
        summary="Refuse a version for good",
        request=ModelReasonInput,
        responses={
            200: ModelVersionRow,
            409: OpenApiResponse(description="illegal_transition: it was refused before"),
        },
        examples=[_WHY],
    )
    def post(self, request: Request, version_id: int) -> Response:
        """Refuse it; the formula speaks if it was in use."""
        row = services.refuse(
            version_id=_id(version_id),
            actor=actor_of(request),
            at=clock.now(),
            reason=_reason(request),
        )
        return _shown(row)


class RollBackView(APIView):
    """Going back to the version before."""

    permission_classes = [Staff(_MANAGE), SteppedUp]

    @extend_schema(
        tags=_TAGS,
        operation_id="staff_model_roll_back",
        summary="Go back to the version before",
        parameters=[_KIND],
        request=ModelReasonInput,
        responses={
            200: ModelStateRow,
            409: OpenApiResponse(description="no_current_version, moved_meanwhile"),
        },
        examples=[_WHY],
    )
    def post(self, request: Request, kind: str) -> Response:
        """Return what is in use now."""
        known = _kind(kind)
        services.roll_back(
            kind=known, actor=actor_of(request), at=clock.now(), reason=_reason(request)
        )
        return Response(ModelStateRow(_state(known)).data)


class TrainView(APIView):
    """Having a version trained."""

    permission_classes = [Staff(_MANAGE)]

    @extend_schema(
        tags=_TAGS,
        operation_id="staff_model_train",
        summary="Have a version trained soon",
        parameters=[_KIND],
        request=None,
        responses={
            202: ModelStateRow,
            409: OpenApiResponse(description="training_already"),
        },
    )
    def post(self, request: Request, kind: str) -> Response:
        """Ask for it; it goes into use by itself when it is better."""
        known = _kind(kind)
        services.ask_training(kind=known, actor=actor_of(request), at=clock.now())
        return Response(ModelStateRow(_state(known)).data, status=status.HTTP_202_ACCEPTED)


def _state(kind: ModelKind) -> dict[str, Any]:
    running = versions.training_under_way(kind)
    return {
        "kind": kind,
        "current": versions.current_version(kind),
        "problem": services.current_model(kind=kind).problem,
        "training_since": running.started_at if running else None,
        "is_held_back": versions.is_held_back(kind),
    }


def _kind(text: str) -> ModelKind:
    if text not in ModelKind.values:
        raise NotFound("model_not_found", "There is no such kind of model.")
    return ModelKind(text)


def _id(version_id: int) -> int:
    return min(version_id, _BIGGEST_ID)


def _reason(request: Request) -> str:
    given = ModelReasonInput(data=request.data)
    given.is_valid(raise_exception=True)
    return str(given.validated_data["reason"])


def _shown(row: ModelVersion) -> Response:
    return Response(ModelVersionRow(row).data)
