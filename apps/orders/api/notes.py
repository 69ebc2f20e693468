"""Notes and photos of staff on an order."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import selectors, services
from apps.orders.api.fields import StrictCharField
from apps.orders.models import OrderNote, OrderPicture
from apps.orders.states import PictureKind
from bakery.edge.access import Staff
from bakery.edge.private import PrivateView
from bakery.edge.uploads import one_file, sent_file
from bakery.kernel import clock

_MAX_BYTES = 10 * 1024 * 1024
PhotoFile = one_file(_MAX_BYTES)
_NOTE = OpenApiExample(
    "For the kitchen",
    value={"text": "Customer called: the candles are pink.", "on_ticket": True},
    request_only=True,
)
_TAKEN = [(PictureKind.FINISHED, "what was made"), (PictureKind.HANDED_OVER, "the hand-over")]


class OrderNoteInput(serializers.Serializer):  # type: ignore[type-arg]
    """A note of staff."""

    text = StrictCharField(max_length=2000)
    on_ticket = serializers.BooleanField(
        default=False, help_text="Whether the kitchen sees it on the order's ticket."
    )


class OrderNoteOutput(serializers.Serializer):  # type: ignore[type-arg]
    """A note that was kept."""

    id = serializers.IntegerField()
    text = serializers.CharField()
    on_ticket = serializers.BooleanField()
    by = serializers.CharField()
    at = serializers.DateTimeField()


class OrderPhotoInput(serializers.Serializer):  # type: ignore[type-arg]
    """A photo beside its file."""

    file = serializers.FileField(required=False, write_only=True)
    kind = serializers.ChoiceField(choices=_TAKEN, default=PictureKind.FINISHED)
    caption = serializers.CharField(max_length=200, allow_blank=True, default="")


class OrderPhotoOutput(serializers.Serializer):  # type: ignore[type-arg]
    """A photo that was kept; ``sha256`` is of the file at ``url``."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    caption = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    sha256 = serializers.CharField()
    by = serializers.CharField()
    at = serializers.DateTimeField()
    url = serializers.CharField()


def _actor(request: Request) -> str:
    return f"user:{request.user.pk}"


def _note_json(note: OrderNote) -> dict[str, Any]:
    return {
        "id": note.pk,
        "text": note.text,
        "on_ticket": note.on_ticket,
        "by": note.by,
        "at": note.at.isoformat(),
    }


def _photo_json(picture: OrderPicture, public_id: UUID) -> dict[str, Any]:
    return {
        "id": str(picture.pk),
        "kind": picture.kind,
        "caption": picture.caption,
        "width": picture.width,
        "height": picture.height,
        "sha256": picture.sha256,
        "by": picture.by,
        "at": picture.at.isoformat(),
        "url": f"/api/v1/staff/orders/{public_id}/photos/{picture.pk}",
    }


class StaffNotesView(PrivateView):
    """The notes of an order."""

    permission_classes = [Staff("orders.operate_order")]

    @extend_schema(tags=["staff"], responses=OrderNoteOutput(many=True))
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return the notes, oldest first."""
        notes = selectors.notes_of(selectors.order_id_of(public_id))
        return Response([_note_json(note) for note in notes])

    @extend_schema(
        tags=["staff"], request=OrderNoteInput, responses={201: OrderNoteOutput}, examples=[_NOTE]
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Keep a note for good."""
        checked = OrderNoteInput(data=request.data)
        checked.is_valid(raise_exception=True)
        note = services.add_note(
            order_id=selectors.order_id_of(public_id),
            **checked.validated_data,
            actor=_actor(request),
            at=clock.now(),
        )
        return Response(_note_json(note), status=201)


class StaffPhotosView(PrivateView):
    """The photos of an order."""

    permission_classes = [Staff("orders.operate_order")]
    parser_classes = [PhotoFile]

    @extend_schema(tags=["staff"], responses=OrderPhotoOutput(many=True))
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return the photos and signatures, oldest first."""
        pictures = selectors.pictures_of(selectors.order_id_of(public_id))
        return Response([_photo_json(picture, public_id) for picture in pictures])

    @extend_schema(
        tags=["staff"],
        request={"multipart/form-data": OrderPhotoInput},
        responses={201: OrderPhotoOutput},
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Keep one photo, as multipart with at most 10 MB; it is written anew, without metadata."""
        file = sent_file(request)
        fields: Any = request.data
        checked = OrderPhotoInput(
            data={name: fields[name] for name in ("kind", "caption") if name in fields}
        )
        checked.is_valid(raise_exception=True)
        picture = services.add_photo(
            order_id=selectors.order_id_of(public_id),
            data=file.read(_MAX_BYTES + 1),
            kind=PictureKind(checked.validated_data["kind"]),
            caption=checked.validated_data["caption"],
            actor=_actor(request),
            at=clock.now(),
        )
        return Response(_photo_json(picture, public_id), status=201)


class StaffPhotoView(PrivateView):
    """One photo."""

    permission_classes = [Staff("orders.operate_order")]

    @extend_schema(tags=["staff"], responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
    def get(self, request: Request, public_id: UUID, picture_id: UUID) -> HttpResponse:
        """Return the file, proved to be the one that was kept."""
        kept = services.read_picture(
            picture_id=picture_id, order_id=selectors.order_id_of(public_id)
        )
        return HttpResponse(kept.data, content_type=kept.content_type)
