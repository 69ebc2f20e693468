"""Reads of pictures and of the files that rows name."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection

from apps.catalog.models import Picture, Product
from bakery.kernel.errors import NotFound

# Every place where a row names a file; whoever adds one adds it here, or the sweep takes it for
# an orphan. Renditions are {"webp": {"320": key}}, beside which numbers may stand.
_NAMED = """
WITH asked AS (SELECT unnest(%(keys)s::text[]) AS key)
SELECT key FROM asked WHERE key IN (
    SELECT original_key FROM catalog_picture WHERE original_key = ANY(%(keys)s)
    UNION ALL SELECT key FROM catalog_pictureupload WHERE key = ANY(%(keys)s)
    UNION ALL SELECT png_key FROM catalog_cutout WHERE png_key = ANY(%(keys)s)
    UNION ALL SELECT preview_key FROM catalog_cutout WHERE preview_key = ANY(%(keys)s)
    UNION ALL SELECT png_key FROM catalog_cutout WHERE png_key = ANY(%(keys)s)
    UNION ALL SELECT preview_key FROM catalog_cutout WHERE preview_key = ANY(%(keys)s)
    UNION ALL SELECT image FROM catalog_product WHERE image = ANY(%(keys)s)
    {json}
)
"""
_IN_JSON = """
    UNION ALL SELECT size.value FROM {table},
        jsonb_each({column}) AS kind,
        jsonb_each_text(CASE jsonb_typeof(kind.value) WHEN 'object' THEN kind.value
                        ELSE '{{}}'::jsonb END) AS size
        WHERE size.value = ANY(%(keys)s)"""
JSON_COLUMNS: tuple[tuple[str, str], ...] = (
    ("catalog_picture", "renditions"),
    ("catalog_picture", "shown_renditions"),
    ("catalog_cutout", "renditions"),
    ("catalog_cutout", "renditions"),
    ("catalog_product", "image_set"),
)


def named_files(keys: Iterable[str]) -> set[str]:
    """Return those of ``keys`` that some row names."""
    asked = list(keys)
    if not asked:
        return set()
    parts = "".join(_IN_JSON.format(table=table, column=column) for table, column in JSON_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(_NAMED.format(json=parts), {"keys": asked})
        return {key for (key,) in cursor.fetchall()}


def pictures_of(product_id: int) -> Sequence[Picture]:
    """Return the pictures of a product in their order. Raises `NotFound`."""
    if not Product.objects.filter(pk=product_id).exists():
        raise NotFound("product_not_found", "There is no such product.")
    return list(Picture.objects.filter(product_id=product_id))


def any_picture(picture_id: UUID) -> Picture:
    """Return a picture. Raises `NotFound`."""
    picture = Picture.objects.filter(pk=picture_id).first()
    if picture is None:
        raise NotFound("picture_not_found", "There is no such picture.")
    return picture
