"""How pictures look in JSON, and what clients send about them."""

from typing import Any

from django.core.files.storage import default_storage
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from apps.catalog.adapters.pictures import MAX_BYTES, TYPES
from apps.catalog.models import Picture
from apps.catalog.rules.renditions import Renditions
from apps.catalog.services import OfferedUpload
from apps.catalog.states import PictureSource
from bakery.edge.fields import WholeNumber

MOST_NAMED = 100


def addresses(renditions: Renditions) -> dict[str, dict[str, str]]:
    """Return renditions with addresses in place of keys."""
    return {
        kind: {width: default_storage.url(key) for width, key in sizes.items()}
        for kind, sizes in renditions.items()
    }


def picture_row(picture: Picture) -> dict[str, Any]:
    """Return a picture for staff."""
    return {
        "id": str(picture.pk),
        "product_id": picture.product_id,
        "position": picture.position,
        "type": picture.original_type,
        "width": picture.width,
        "height": picture.height,
        "bytes": picture.bytes,
        "shown": picture.shown,
        "renditions": addresses(picture.shown_renditions),
        "original": f"/api/v1/staff/pictures/{picture.pk}/original",
        "created_at": picture.created_at,
        "actor": picture.actor,
    }


def offer_row(offered: OfferedUpload, *, own_url: str) -> dict[str, Any]:
    """Return leave to upload; ``own_url`` takes the file where there is no S3."""
    return {
        "id": str(offered.upload.pk),
        "url": offered.url or own_url,
        "fields": offered.fields,
        "expires_at": offered.upload.expires_at,
    }


class PictureRow(serializers.Serializer[Any]):
    """A picture; the first of a product is the one that the shop shows."""

    id = serializers.UUIDField()
    product_id = serializers.IntegerField(allow_null=True)
    position = serializers.IntegerField()
    type = serializers.CharField(help_text="By its content.")
    width = serializers.IntegerField(help_text="Of the original, upright, in pixels.")
    height = serializers.IntegerField()
    bytes = serializers.IntegerField(help_text="Of the original.")
    shown = serializers.ChoiceField(choices=PictureSource.choices)
    renditions = serializers.DictField(
        child=serializers.DictField(child=serializers.CharField()),
        help_text="Addresses by kind (webp, jpeg) and width in pixels.",
    )
    original = serializers.CharField(help_text="The untouched upload, for staff alone.")
    created_at = serializers.DateTimeField()
    actor = serializers.CharField()


class PictureInput(serializers.Serializer[Any]):
    """A multipart body: one file of at most 10 MB, JPEG, PNG or WebP."""

    # What is in it is judged by the service, emptiness included.
    file = serializers.FileField(allow_empty_file=True)
    is_main = serializers.BooleanField(default=False, help_text="Show it first.")


class PictureOrderInput(serializers.Serializer[Any]):
    """All pictures of the product, in the order wanted."""

    pictures = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_NAMED)


class UploadOfferInput(serializers.Serializer[Any]):
    """What will be uploaded."""

    content_type = serializers.ChoiceField(choices=list(TYPES.values()))
    bytes = WholeNumber(min_value=1, max_value=MAX_BYTES)


class UploadOffer(serializers.Serializer[Any]):
    """Send `fields`, and then the file in the field "file", as multipart to `url`, in time."""

    id = serializers.UUIDField()
    url = serializers.CharField()
    fields = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]
    expires_at = serializers.DateTimeField()


class UploadCompletion(serializers.Serializer[Any]):
    """Whose picture it becomes."""

    product_id = WholeNumber(min_value=1, max_value=2**63 - 1)
    is_main = serializers.BooleanField(default=False)


_ID = "3c0f2f5e-7a44-4a3e-9a6e-0f5b8f2f6d11"
PICTURE_EXAMPLE = OpenApiExample(
    "A picture",
    value={
        "id": _ID,
        "product_id": 7,
        "position": 0,
        "type": "image/jpeg",
        "width": 4032,
        "height": 3024,
        "bytes": 3481213,
        "shown": "original",
        "renditions": {
            "webp": {"320": "/media/products/0f0d.webp", "1280": "/media/products/7a11.webp"},
            "jpeg": {"320": "/media/products/90be.jpg", "1280": "/media/products/c4d2.jpg"},
        },
        "original": f"/api/v1/staff/pictures/{_ID}/original",
        "created_at": "2026-06-01T12:00:00Z",
        "actor": "user:3",
    },
    response_only=True,
)
ORDER_EXAMPLE = OpenApiExample("Two pictures", value={"pictures": [_ID, _ID]}, request_only=True)
OFFER_REQUEST = OpenApiExample(
    "A photograph", value={"content_type": "image/jpeg", "bytes": 3481213}, request_only=True
)
OFFER_EXAMPLE = OpenApiExample(
    "S3",
    value={
        "id": _ID,
        "url": "https://s3.ca-central-1.amazonaws.com/bakery-private",
        "fields": {
            "Content-Type": "image/jpeg",
            "key": "quarantine/5f2c",
            "policy": "eyJleHBpcmF0aW9uIjog",
            "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "x-amz-credential": "AKIA/20260601/ca-central-1/s3/aws4_request",
            "x-amz-date": "20260601T120000Z",
            "x-amz-signature": "c0ffee",
        },
        "expires_at": "2026-06-01T12:15:00Z",
    },
    response_only=True,
)
COMPLETE_EXAMPLE = OpenApiExample(
    "As the main picture", value={"product_id": 7, "is_main": True}, request_only=True
)
