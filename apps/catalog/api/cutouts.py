"""Background removal over the API: ask for it, look at it, choose."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog import selectors, services
from apps.catalog.adapters import object_store
from apps.catalog.api import picture_rows
from apps.catalog.states import CutoutStatus, PictureSource
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.kernel import clock

_CHANGE = Staff("catalog.change_product")


class CutoutRow(serializers.Serializer[Any]):
    """What became of removing a picture's background."""

    status = serializers.ChoiceField(choices=[("none", "Never asked for"), *CutoutStatus.choices])
    shown = serializers.ChoiceField(
        choices=PictureSource.choices, help_text="What the shop shows of the picture."
    )
    run = serializers.IntegerField(help_text="How often it was asked for.")
    score = serializers.FloatField(
        allow_null=True, help_text="0 to 1; below 0.5 it is flagged and never shown by itself."
    )
    reasons = serializers.ListField(
        child=serializers.CharField(), help_text="Codes of what is doubtful, the gravest first."
    )
    reasons_text = serializers.ListField(child=serializers.CharField())
    measures = serializers.DictField(
        child=serializers.FloatField(), help_text="What the score comes from; 0 is perfect."
    )
    failure = serializers.CharField(help_text="Code of why there is no result, else empty.")
    failure_text = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    bytes = serializers.IntegerField(help_text="Of the transparent PNG.")
    model = serializers.CharField()
    seconds = serializers.FloatField(allow_null=True, help_text="What the cutting took.")
    requested_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    png = serializers.CharField(allow_null=True, help_text="The transparent PNG, for staff alone.")


class ChoiceInput(serializers.Serializer[Any]):
    """What the shop is to show of the picture."""

    shown = serializers.ChoiceField(choices=PictureSource.choices)
    accept_flagged = serializers.BooleanField(
        default=False, help_text="A person looked at the doubtful cut-out and wants it."
    )


_PICTURE = "3c0f2f5e-7a44-4a3e-9a6e-0f5b8f2f6d11"
_FLAGGED = OpenApiExample(
    "White on white",
    value={
        "status": "flagged",
        "shown": "original",
        "run": 1,
        "score": 0.34,
        "reasons": ["faint_edge"],
        "reasons_text": ["The cake has nearly the colour of what is behind it."],
        "measures": {"unsure": 0.034, "unstable": 0.022, "faint_edge": 0.41},
        "failure": "",
        "failure_text": "",
        "width": 1600,
        "height": 1200,
        "bytes": 1184532,
        "model": "u2netp",
        "seconds": 2.11,
        "requested_at": "2026-06-01T12:00:00Z",
        "finished_at": "2026-06-01T12:00:03Z",
        "png": f"/api/v1/staff/pictures/{_PICTURE}/cutout/png",
    },
    response_only=True,
)
_ACCEPT = OpenApiExample(
    "A doubtful one all the same",
    value={"shown": "cutout", "accept_flagged": True},
    request_only=True,
)


class PictureCutout(APIView):
    """The cut-out of a picture."""

    permission_classes = [_CHANGE]

    @extend_schema(
        summary="Show a picture's cut-out", responses=CutoutRow, examples=[_FLAGGED], tags=["staff"]
    )
    def get(self, request: Request, picture_id: UUID) -> Response:
        """Return how far it is, and what is doubtful about the result."""
        return Response(cutout_row(selectors.cutout_view(picture_id)))

    @extend_schema(
        summary="Remove a picture's background",
        request=None,
        responses={202: CutoutRow},
        examples=[_FLAGGED],
        tags=["staff"],
    )
    def post(self, request: Request, picture_id: UUID) -> Response:
        """Have it cut out by a worker, anew when it was before; the original is never touched."""
        services.request_cutout(picture_id=picture_id, actor=actor_of(request), at=clock.now())
        return Response(cutout_row(selectors.cutout_view(picture_id)), status=202)


class CutoutPng(APIView):
    """The transparent PNG."""

    permission_classes = [_CHANGE]

    @extend_schema(
        summary="Get a picture's cut-out",
        responses={(200, "image/png"): OpenApiTypes.BINARY},
        tags=["staff"],
    )
    def get(self, request: Request, picture_id: UUID) -> HttpResponse:
        """Send the file."""
        key = selectors.cutout_key(picture_id, is_preview=False)
        response = HttpResponse(object_store.read_cutout(key), content_type="image/png")
        response["Content-Disposition"] = f'attachment; filename="{picture_id}.png"'
        response["Cache-Control"] = "no-store"
        return response


class ShownPicture(APIView):
    """The choice between the original and the cut-out."""

    permission_classes = [_CHANGE]

    @extend_schema(
        summary="Choose the original or the cut-out",
        request=ChoiceInput,
        responses=picture_rows.PictureRow,
        examples=[_ACCEPT, picture_rows.PICTURE_EXAMPLE],
        tags=["staff"],
    )
    def post(self, request: Request, picture_id: UUID) -> Response:
        """Show one of the two; 409 `cutout_flagged` for a doubtful one nobody vouched for."""
        asked = ChoiceInput(data=request.data)
        asked.is_valid(raise_exception=True)
        arguments: dict[str, Any] = {
            "picture_id": picture_id, "actor": actor_of(request), "at": clock.now()
        }  # fmt: skip
        if asked.validated_data["shown"] == PictureSource.ORIGINAL:
            picture = services.show_original(**arguments)
        else:
            picture = services.choose_cutout(
                accept_flagged=asked.validated_data["accept_flagged"], **arguments
            )
        return Response(picture_rows.picture_row(picture))


def cutout_row(view: selectors.CutoutView) -> dict[str, Any]:
    """Return a cut-out for staff."""
    cutout = view.cutout
    png = f"/api/v1/staff/pictures/{view.picture.pk}/cutout/png" if view.has_result else None
    return {
        "status": view.status,
        "shown": view.picture.shown,
        "run": cutout.run if cutout else 0,
        "score": cutout.score if cutout else None,
        "reasons": cutout.reasons if cutout else [],
        "reasons_text": view.reasons,
        "measures": cutout.measures if cutout else {},
        "failure": cutout.failure if cutout else "",
        "failure_text": view.failure,
        "width": cutout.width if cutout else 0,
        "height": cutout.height if cutout else 0,
        "bytes": cutout.bytes if cutout else 0,
        "model": cutout.model if cutout else "",
        "seconds": cutout.seconds if cutout else None,
        "requested_at": cutout.requested_at if cutout else None,
        "finished_at": cutout.finished_at if cutout else None,
        "png": png,
    }
