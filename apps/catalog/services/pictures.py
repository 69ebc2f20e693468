"""Taking in pictures: only re-encoded ones are shown, and the original is kept privately.

The file storage may be a remote one: it is talked to before and after a transaction, never
inside. What a failure leaves behind is removed at once, what a crash leaves by the sweep.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Max

from apps.catalog.adapters import object_store
from apps.catalog.adapters.pictures import CleanPicture, EncodedFile, clean_picture
from apps.catalog.events import PictureStored
from apps.catalog.models import Picture, Product
from apps.catalog.rules.renditions import Renditions, main_key
from apps.catalog.services import gallery
from bakery.kernel import audit, outbox
from bakery.kernel.errors import Conflict, NotFound

MAX_PICTURES = 24


def add_picture(
    *,
    product_id: int,
    data: bytes,
    at: datetime,
    filename: str = "",
    declared_type: str = "",
    is_main: bool = False,
    actor: str = "system",
) -> Picture:
    """Take in an upload as a picture of the product; the first one, or ``is_main``, is shown.

    It is decoded, turned upright, and written anew in all sizes under random names; ``data``
    itself is kept where nobody but staff can have it. ``filename`` and ``declared_type`` are only
    held against the content. Raises `Invalid` (see `clean_picture`), `NotFound`, `Conflict`
    ``too_many_pictures`` and `Unavailable`; none of them leaves a file behind.
    """
    check_product(product_id)
    cleaned = clean_picture(data, filename=filename, declared_type=declared_type)
    return keep_picture(
        product_id=product_id, data=data, cleaned=cleaned, is_main=is_main, at=at, actor=actor
    )


def set_image(
    *, product_id: int, data: bytes, at: datetime, filename: str = "", actor: str = "system"
) -> str:
    """Take in an upload, show it first, and return the key of its main rendition."""
    picture = add_picture(
        product_id=product_id, data=data, filename=filename, is_main=True, at=at, actor=actor
    )
    return main_key(picture.shown_renditions)


def keep_picture(
    *,
    product_id: int,
    data: bytes,
    cleaned: CleanPicture,
    at: datetime,
    actor: str,
    is_main: bool = False,
    attach: Callable[[Picture], None] | None = None,
) -> Picture:
    """Store ``data`` and what `clean_picture` made of it, and write the picture's row.

    ``attach`` is called with the new row inside the transaction; what it raises undoes all.
    """
    stored: list[str] = []
    try:
        stored.append(object_store.save_original(data))
        renditions = store_renditions(cleaned.files, stored=stored)
        picture = Picture(
            product_id=product_id,
            original_key=stored[0],
            original_type=cleaned.content_type,
            width=cleaned.width,
            height=cleaned.height,
            bytes=cleaned.bytes,
            sha256=cleaned.sha256,
            renditions=renditions,
            shown_renditions=renditions,
            created_at=at,
            actor=actor,
        )
        _write(picture, is_main=is_main, attach=attach)
    except (OperationalError, InterfaceError):
        # A connection that broke while committing: the row may be there, so the files stay. If
        # it is not, the sweep finds them.
        raise
    except BaseException:
        object_store.discard(stored)
        raise
    return picture


def store_renditions(
    files: Iterable[EncodedFile], *, stored: list[str] | None = None
) -> Renditions:
    """Store encoded files publicly and return their keys by kind and width.

    Each key is added to ``stored`` as soon as its file exists, for a caller that must undo.
    """
    renditions: Renditions = {}
    for file in files:
        key = object_store.save_rendition(file.data, kind=file.kind)
        if stored is not None:
            stored.append(key)
        renditions.setdefault(file.kind, {})[str(file.width)] = key
    return renditions


def check_product(product_id: int) -> None:
    """Raise `NotFound` before anything is decoded or stored for a product that does not exist."""
    if not Product.objects.filter(pk=product_id).exists():
        raise NotFound("product_not_found", "There is no such product.")


def _write(picture: Picture, *, is_main: bool, attach: Callable[[Picture], None] | None) -> None:
    product_id, at, actor = int(picture.product_id or 0), picture.created_at, picture.actor
    with transaction.atomic():
        gallery.lock_product(product_id)
        others = Picture.objects.filter(product_id=product_id)
        if others.count() >= MAX_PICTURES:
            raise Conflict("too_many_pictures", f"A product has at most {MAX_PICTURES} pictures.")
        last = others.aggregate(last=Max("position"))["last"]
        if is_main:
            gallery.make_room(product_id)
        else:
            picture.position = 0 if last is None else last + 1
        picture.save(force_insert=True)
        if attach is not None:
            attach(picture)
        gallery.show_first(product_id, at=at)
        outbox.emit(PictureStored(picture_id=str(picture.pk)), key=str(picture.pk), at=at)
        audit.record(
            actor=actor,
            action="add_picture",
            object_type="catalog.product",
            object_id=product_id,
            changes={"picture": [None, str(picture.pk)], "sha256": [None, picture.sha256]},
            at=at,
        )
