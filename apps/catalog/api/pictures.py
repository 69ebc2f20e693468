"""Pictures over the API: uploads through this server, direct uploads, order, removal."""

from typing import Any
from uuid import UUID

from django.core.files.storage import storages
from django.http import FileResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog import selectors, services
from apps.catalog.adapters import object_store
from apps.catalog.adapters.pictures import MAX_BYTES
from apps.catalog.api import picture_rows as rows
from apps.catalog.models import Picture
from bakery.edge.access import Anyone, Staff
from bakery.edge.console import actor_of
from bakery.edge.uploads import one_file, sent_file
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

_CHANGE = Staff("catalog.change_product")
_ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
PictureFile = one_file(MAX_BYTES)


class ProductPictures(APIView):
    """The pictures of a product."""

    permission_classes = [_CHANGE]
    parser_classes = [PictureFile]

    @extend_schema(
        summary="List a product's pictures",
        responses=rows.PictureRow(many=True),
        examples=[rows.PICTURE_EXAMPLE],
        tags=["staff"],
    )
    def get(self, request: Request, product_id: int) -> Response:
        """Return the pictures in their order; the shop shows the first."""
        return Response(_listed(product_id))

    @extend_schema(
        summary="Add a picture",
        request={"multipart/form-data": rows.PictureInput},
        responses={201: rows.PictureRow},
        examples=[rows.PICTURE_EXAMPLE],
        tags=["staff"],
    )
    def post(self, request: Request, product_id: int) -> Response:
        """Take in one file as multipart, at most 10 MB; 400 with a reason for what is no picture.

        What is shown is encoded anew from it in several sizes, without any metadata; the file
        itself is kept privately.
        """
        file = sent_file(request)
        asked = rows.PictureInput(data=request.data)
        asked.is_valid(raise_exception=True)
        picture = services.add_picture(
            product_id=product_id,
            data=file.read(MAX_BYTES + 1),
            filename=file.name or "",
            declared_type=file.content_type or "",
            is_main=asked.validated_data["is_main"],
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(rows.picture_row(picture), status=201)


class PictureOrder(APIView):
    """The order of a product's pictures."""

    permission_classes = [_CHANGE]

    @extend_schema(
        summary="Order a product's pictures",
        request=rows.PictureOrderInput,
        responses=rows.PictureRow(many=True),
        examples=[rows.ORDER_EXAMPLE],
        tags=["staff"],
    )
    def put(self, request: Request, product_id: int) -> Response:
        """Put the pictures into this order; 409 unless each is named exactly once."""
        asked = rows.PictureOrderInput(data=request.data)
        asked.is_valid(raise_exception=True)
        services.order_pictures(
            product_id=product_id,
            picture_ids=asked.validated_data["pictures"],
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(_listed(product_id))


class OnePicture(APIView):
    """One picture."""

    permission_classes = [_CHANGE]

    @extend_schema(
        summary="Show a picture",
        responses=rows.PictureRow,
        examples=[rows.PICTURE_EXAMPLE],
        tags=["staff"],
    )
    def get(self, request: Request, picture_id: UUID) -> Response:
        """Return a picture with the addresses of its renditions."""
        return Response(rows.picture_row(selectors.any_picture(picture_id)))

    @extend_schema(summary="Remove a picture", responses={204: None}, tags=["staff"])
    def delete(self, request: Request, picture_id: UUID) -> Response:
        """Delete the picture, its original and all its files; the next one is shown instead."""
        services.remove_picture(picture_id=picture_id, actor=actor_of(request), at=clock.now())
        return Response(status=204)


class MainPicture(APIView):
    """The choice of what the shop shows."""

    permission_classes = [_CHANGE]

    @extend_schema(
        summary="Show a picture first", request=None, responses=rows.PictureRow, tags=["staff"]
    )
    def post(self, request: Request, picture_id: UUID) -> Response:
        """Make it the picture that the shop shows; the others keep their order."""
        picture = services.choose_main_picture(
            picture_id=picture_id, actor=actor_of(request), at=clock.now()
        )
        return Response(rows.picture_row(picture))


class PictureOriginal(APIView):
    """The untouched upload."""

    permission_classes = [_CHANGE]

    @extend_schema(
        summary="Get a picture's original",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 302: None},
        tags=["staff"],
    )
    def get(self, request: Request, picture_id: UUID) -> HttpResponseBase:
        """Send the file as a download, or the way to it: a link that is good for a minute.

        It is a stranger's file and never shown in our origin, whatever is in it.
        """
        picture = selectors.any_picture(picture_id)
        link = object_store.sign_download(picture.original_key)
        response = HttpResponseRedirect(link) if link else _download(picture)
        response["Cache-Control"] = "no-store"
        return response


class PictureUploads(APIView):
    """Leave to upload directly."""

    permission_classes = [_CHANGE]

    @extend_schema(
        summary="Offer a direct upload",
        request=rows.UploadOfferInput,
        responses={201: rows.UploadOffer},
        examples=[rows.OFFER_REQUEST, rows.OFFER_EXAMPLE],
        tags=["staff"],
    )
    def post(self, request: Request) -> Response:
        """Return a form for one file of this type and at most this size, good for 15 minutes."""
        asked = rows.UploadOfferInput(data=request.data)
        asked.is_valid(raise_exception=True)
        offered = services.offer_upload(
            content_type=asked.validated_data["content_type"],
            size=asked.validated_data["bytes"],
            actor=actor_of(request),
            at=clock.now(),
        )
        own_url = request.build_absolute_uri(f"/api/v1/picture-uploads/{offered.upload.pk}")
        return Response(rows.offer_row(offered, own_url=own_url), status=201)


class CompleteUpload(APIView):
    """The end of a direct upload."""

    permission_classes = [_CHANGE]

    @extend_schema(
        summary="Complete a direct upload",
        request=rows.UploadCompletion,
        responses=rows.PictureRow,
        examples=[rows.COMPLETE_EXAMPLE, rows.PICTURE_EXAMPLE],
        tags=["staff"],
    )
    def post(self, request: Request, upload_id: UUID) -> Response:
        """Check what was uploaded and make it a picture of the product; again: the same picture."""
        asked = rows.UploadCompletion(data=request.data)
        asked.is_valid(raise_exception=True)
        picture = services.complete_upload(
            upload_id=upload_id,
            **asked.validated_data,
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(rows.picture_row(picture))


class UploadedFile(APIView):
    """Where a direct upload goes when files are kept on this machine; its token is the key."""

    permission_classes = [Anyone]
    authentication_classes: list[Any] = []
    parser_classes = [PictureFile]

    @extend_schema(exclude=True)
    def post(self, request: Request, upload_id: UUID) -> Response:
        """Take the file into quarantine: 403 unless token, type, size and time are as offered."""
        if not object_store.is_local(storages["private"]):
            raise NotFound("upload_not_found", "Files are not uploaded here.")
        file = sent_file(request)
        fields: Any = request.data
        services.receive_upload(
            upload_id=upload_id,
            token=str(fields.get("token", "")),
            content_type=str(fields.get("Content-Type", "")),
            data=file.read(MAX_BYTES + 1),
            at=clock.now(),
        )
        return Response(status=204)


def _listed(product_id: int) -> list[dict[str, Any]]:
    return [rows.picture_row(picture) for picture in selectors.pictures_of(product_id)]


def _download(picture: Picture) -> FileResponse:
    storage = storages["private"]
    if not storage.exists(picture.original_key):
        raise NotFound("file_missing", "The original of this picture is gone.")
    response = FileResponse(
        storage.open(picture.original_key),
        as_attachment=True,
        filename=f"{picture.pk}{_ENDINGS.get(picture.original_type, '')}",
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
