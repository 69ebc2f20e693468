"""The pictures of one product: their order, what is shown of each, and their end.

Every change locks the product first, so that its own copy of the first picture is never behind.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.catalog.adapters import object_store
from apps.catalog.models import Cutout, Picture, Product
from apps.catalog.rules.renditions import image_set, keys_of, main_key
from apps.catalog.states import PictureSource
from bakery.kernel import audit
from bakery.kernel.errors import Conflict, NotFound
from bakery.kernel.locks import lock_one, locked


def apply_renditions(
    *,
    product_id: int,
    picture_id: UUID,
    renditions: Mapping[str, Mapping[str, str]],
    at: datetime,
    shown: PictureSource = PictureSource.CUTOUT,
    actor: str = "system",
) -> Picture:
    """Show ``renditions`` (keys by kind and width) for a picture, and with it for its product.

    Those of the original stay where they are: `show_original` brings them back. The caller owns
    the files and removes them when they are no longer shown. Raises `NotFound`.
    """
    with transaction.atomic():
        lock_product(product_id)
        picture = _lock_picture(picture_id, product_id)
        before = picture.shown
        picture.shown = shown
        picture.shown_renditions = {kind: dict(keys) for kind, keys in renditions.items()}
        picture.save(update_fields=["shown", "shown_renditions"])
        show_first(product_id, at=at)
        changes = {"picture": [None, str(picture_id)], "shown": [before, str(shown)]}
        _record("show_picture", product_id, changes, actor=actor, at=at)
    return picture


def show_original(*, picture_id: UUID, at: datetime, actor: str = "system") -> Picture:
    """Show a picture as it was taken. Raises `NotFound`."""
    picture = _find(picture_id)
    return apply_renditions(
        product_id=int(picture.product_id or 0),
        picture_id=picture_id,
        renditions=picture.renditions,
        shown=PictureSource.ORIGINAL,
        at=at,
        actor=actor,
    )


def order_pictures(
    *, product_id: int, picture_ids: Sequence[UUID], at: datetime, actor: str = "system"
) -> None:
    """Put the pictures of a product into this order; the first is the one that is shown.

    Raises `Conflict` ``not_these_pictures`` unless each picture is named exactly once.
    """
    with transaction.atomic():
        lock_product(product_id)
        rows = {row.pk: row for row in locked(Picture.objects.filter(product_id=product_id))}
        if len(picture_ids) != len(rows) or set(picture_ids) != rows.keys():
            raise Conflict(
                "not_these_pictures", "Name each picture of the product once. Reload the list."
            )
        before = sorted(rows.values(), key=lambda row: (row.position, row.created_at, row.pk))
        for position, picture_id in enumerate(picture_ids):
            rows[picture_id].position = position
        Picture.objects.bulk_update(rows.values(), ["position"])
        show_first(product_id, at=at)
        orders = [[str(row.pk) for row in before], [str(key) for key in picture_ids]]
        _record("order_pictures", product_id, {"pictures": orders}, actor=actor, at=at)


def choose_main_picture(*, picture_id: UUID, at: datetime, actor: str = "system") -> Picture:
    """Show this picture of its product first; the others keep their order. Raises `NotFound`."""
    product_id = int(_find(picture_id).product_id or 0)
    with transaction.atomic():
        lock_product(product_id)
        picture = _lock_picture(picture_id, product_id)
        make_room(product_id)
        picture.position = 0
        picture.save(update_fields=["position"])
        show_first(product_id, at=at)
        changes = {"main_picture": [None, str(picture_id)]}
        _record("choose_main_picture", product_id, changes, actor=actor, at=at)
    return picture


def remove_picture(*, picture_id: UUID, at: datetime, actor: str = "system") -> None:
    """Delete a picture with its original and all its files; the next one is shown instead.

    Raises `NotFound`, also when somebody else was faster.
    """
    product_id = int(_find(picture_id).product_id or 0)
    with transaction.atomic():
        lock_product(product_id)
        picture = _lock_picture(picture_id, product_id)
        keys = _files_of(picture)
        picture.delete()
        show_first(product_id, at=at)
        changes = {"picture": [str(picture_id), None], "sha256": [picture.sha256, None]}
        _record("remove_picture", product_id, changes, actor=actor, at=at)
    object_store.discard(sorted(keys))


def lock_product(product_id: int) -> Product:
    """Lock the product whose pictures are about to change. Raises `NotFound`."""
    return lock_one(Product.objects.filter(pk=product_id), what="product")


def make_room(product_id: int) -> None:
    """Move all pictures of a product one place back, leaving the first place free."""
    rows = list(Picture.objects.filter(product_id=product_id))
    for position, row in enumerate(rows, start=1):
        row.position = position
    Picture.objects.bulk_update(rows, ["position"])


def show_first(product_id: int, *, at: datetime) -> None:
    """Copy what is shown of the first picture into the product, where the shop reads it."""
    first = Picture.objects.filter(product_id=product_id).first()
    shown: dict[str, Any] = {"image": "", "image_set": {}}
    if first is not None:
        shown["image"] = main_key(first.shown_renditions)
        shown["image_set"] = image_set(
            first.shown_renditions, width=first.width, height=first.height
        )
    Product.objects.filter(pk=product_id).update(**shown, updated_at=at)


def _find(picture_id: UUID) -> Picture:
    picture = Picture.objects.filter(pk=picture_id).exclude(product=None).first()
    if picture is None:
        raise NotFound("picture_not_found", "There is no such picture.")
    return picture


def _lock_picture(picture_id: UUID, product_id: int) -> Picture:
    query = Picture.objects.filter(pk=picture_id, product_id=product_id)
    return lock_one(query, what="picture")


def _files_of(picture: Picture) -> set[str]:
    """Return the keys of all files that belong to a picture and to its cut-out."""
    keys = {picture.original_key, *keys_of(picture.renditions), *keys_of(picture.shown_renditions)}
    for cutout in Cutout.objects.filter(picture=picture):
        keys |= {cutout.png_key, cutout.preview_key, *keys_of(cutout.renditions)}
    return keys - {""}


def _record(
    action: str, product_id: int, changes: Mapping[str, Any], *, actor: str, at: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_type="catalog.product",
        object_id=product_id,
        changes=changes,
        at=at,
    )
