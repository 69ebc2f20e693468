"""Product pictures: only re-encoded ones are kept."""

import logging
from datetime import datetime
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from apps.catalog.adapters.pictures import clean_picture
from apps.catalog.models import Product
from bakery.kernel import audit
from bakery.kernel.locks import lock_one

logger = logging.getLogger(__name__)


def set_image(*, product_id: int, data: bytes, at: datetime, actor: str = "system") -> str:
    """Store ``data`` as the product's picture and return its key in the file storage.

    The picture is decoded, turned upright, shrunk and written anew as WebP under a random key, so
    nothing of the upload survives but what is seen. Raises `Invalid` for what is no picture or is
    too large (see `clean_picture`) and `NotFound`.
    """
    cleaned = clean_picture(data)
    # The storage may be a remote one: it is talked to before and after the transaction.
    key = default_storage.save(f"products/{uuid4().hex}.webp", ContentFile(cleaned))
    try:
        with transaction.atomic():
            product = lock_one(Product.objects.filter(pk=product_id), what="product")
            replaced = product.image.name
            Product.objects.filter(pk=product_id).update(image=key, updated_at=at)
            audit.record(
                actor=actor,
                action="set_image",
                object_type="catalog.product",
                object_id=product_id,
                changes={"image": [replaced or None, key]},
                at=at,
            )
    except Exception:
        _delete(key)
        raise
    if replaced:
        _delete(replaced)
    return key


def _delete(key: str) -> None:
    """Remove a file that no row names; one left behind costs bytes, not an error page."""
    try:
        default_storage.delete(key)
    except OSError as error:
        logger.warning("file not removed", extra={"error": type(error).__name__})
