"""Pictures of products: a private original, and the public renditions made from it."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from apps.catalog.models.products import Product
from apps.catalog.states import PictureSource


class Picture(models.Model):
    """One picture of a product; the first in order is the one that the shop shows.

    ``original_key`` names the untouched upload in the private file storage. ``renditions`` are
    made from it and ``shown_renditions`` is what the shop shows, of the original or of its
    cut-out as ``shown`` says; both are ``{"webp": {"320": key}, "jpeg": {"320": key}}`` with
    widths in pixels and keys in the public file storage. ``width`` and ``height`` are those of
    the original, upright, in pixels. ``product`` is null for a picture that belongs to none.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, null=True, blank=True, related_name="pictures"
    )
    original_key = models.CharField(max_length=200, unique=True)
    original_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    renditions = models.JSONField(default=dict)
    shown = models.CharField(max_length=12, choices=PictureSource, default=PictureSource.ORIGINAL)
    shown_renditions = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    actor = models.CharField(max_length=200)

    class Meta:
        ordering = ["position", "created_at", "pk"]
        indexes = [
            models.Index(
                fields=["product", "position", "created_at", "id"], name="picture_of_product"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(shown__in=PictureSource.values), name="picture_shown"
            ),
            models.CheckConstraint(
                condition=Q(width__gte=1) & Q(height__gte=1), name="picture_has_pixels"
            ),
        ]

    def __str__(self) -> str:
        return f"picture {self.pk}"


class PictureUpload(models.Model):
    """Leave to put one file straight into the storage, as a form that was signed in advance.

    The file waits in quarantine until it is completed: read, checked and made into ``picture``.
    ``bytes`` is the most that may be sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    key = models.CharField(max_length=200, unique=True)
    content_type = models.CharField(max_length=20)
    bytes = models.PositiveIntegerField()
    actor = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    picture = models.OneToOneField(
        Picture, on_delete=models.SET_NULL, null=True, blank=True, related_name="upload"
    )

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["expires_at"], name="picture_upload_expiry")]

    def __str__(self) -> str:
        return f"upload {self.pk}"
