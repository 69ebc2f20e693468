"""Pictures with a request."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.custom_cakes import selectors, services
from apps.custom_cakes.api.asking import CakePhotoInput, limit
from apps.custom_cakes.api.representing import CakePhotoOutput, photo_json
from apps.custom_cakes.services.photos import MAX_BYTES
from bakery.edge.access import Anyone
from bakery.edge.private import PrivateView
from bakery.edge.uploads import one_file, sent_file
from bakery.kernel import clock

_TAG = ["custom cakes"]


class PhotosView(PrivateView):
    """Pictures with a request."""

    permission_classes = [Anyone]
    parser_classes = [one_file(MAX_BYTES)]

    @extend_schema(
        tags=_TAG,
        summary="Add a picture",
        request={"multipart/form-data": CakePhotoInput},
        responses={201: CakePhotoOutput},
        operation_id="custom_cake_photo_add",
    )
    def post(self, request: Request, token: str) -> Response:
        """Keep one picture of at most 10 MB, written anew without metadata; six at most.

        400 ``picture_type``, ``not_a_picture``, ``picture_animated``; 409 ``too_many_photos``.
        """
        limit(request, "custom_photo")
        found = selectors.request_by_token(token)
        file = sent_file(request)
        fields: Any = request.data
        photo = services.add_photo(
            request_id=found.pk,
            data=file.read(MAX_BYTES + 1),
            caption=str(fields.get("caption") or ""),
            at=clock.now(),
        )
        return Response(photo_json(photo), status=201)


class PhotoView(PrivateView):
    """One picture of a request."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=_TAG,
        summary="Take a picture away",
        responses={204: OpenApiResponse(description="It is gone, from the store as well.")},
        operation_id="custom_cake_photo_remove",
    )
    def delete(self, request: Request, token: str, photo_id: UUID) -> Response:
        """Remove it; 404 ``photo_not_found``, 409 ``not_changeable``."""
        found = selectors.request_by_token(token)
        services.remove_photo(request_id=found.pk, public_id=photo_id, at=clock.now())
        return Response(status=204)
