"""Pictures with a request: written anew, kept privately, and gone from the store when removed.

A picture's row is there before its file is, without its measures, so that a crash in between
leaves no file that no row names: `sweep_photos` removes both.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.catalog import services as catalog
from apps.custom_cakes.adapters import photo_store
from apps.custom_cakes.models import CakePhoto, CakeRequest
from apps.custom_cakes.rules.wishes import MAX_PHOTOS, check_text
from apps.custom_cakes.services.changing import count_change, lock_request
from apps.custom_cakes.states import Author, RequestStatus
from bakery.kernel.errors import Conflict, NotFound
from bakery.kernel.stores import discard_files, save_file

MAX_BYTES = 10 * 1024 * 1024
_LONGEST_SIDE = 1600
_LONGEST_CAPTION = 200
# An upload that took longer than that was broken off.
_GRACE = timedelta(hours=1)
_OVER = frozenset({RequestStatus.PAID, RequestStatus.CANCELLED, RequestStatus.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    """A picture as it is sent."""

    data: bytes
    content_type: str


def add_photo(
    *, request_id: int, data: bytes, at: datetime, caption: str = "", by: Author = Author.CUSTOMER
) -> CakePhoto:
    """Keep a picture with a request, written anew as JPEG without what a camera wrote into it.

    Raises `Conflict` ``too_many_photos`` or ``not_changeable``; `Invalid` ``picture_too_large``,
    ``picture_animated``, ``picture_type``, ``not_a_picture``, ``too_long``; `NotFound`
    ``request_not_found``; `Unavailable`, and then nothing was kept.
    """
    caption = check_text(caption, longest=_LONGEST_CAPTION, field_name="caption")
    written = catalog.rewrite_picture(data=data, kind="jpeg", longest=_LONGEST_SIDE)
    photo = _reserve(request_id, caption, by, at=at)
    try:
        # A store may give another name than was asked for.
        key = save_file(photo.storage_key, written.data)
    except BaseException:
        CakePhoto.objects.filter(pk=photo.pk).delete()
        raise
    with transaction.atomic():
        request = lock_request(request_id, expected_version=None)
        count_change(request)
        CakePhoto.objects.filter(pk=photo.pk).update(
            storage_key=key, width=written.width, height=written.height
        )
    photo.storage_key, photo.width, photo.height = key, written.width, written.height
    return photo


def remove_photo(*, request_id: int, public_id: UUID, at: datetime) -> None:
    """Take a picture away, from the store as well. Twice is as once.

    Raises `NotFound` ``photo_not_found``, `Conflict` ``not_changeable``.
    """
    with transaction.atomic():
        request = lock_request(request_id, expected_version=None)
        photo = CakePhoto.objects.filter(request_id=request_id, public_id=public_id).first()
        if photo is None:
            raise NotFound("photo_not_found", "There is no such picture.")
        if photo.removed_at is None:
            _require_open(request)
            count_change(request)
            CakePhoto.objects.filter(pk=photo.pk).update(removed_at=at)
    discard_files([photo.storage_key])


def read_photo(*, public_id: UUID) -> KeptPhoto:
    """Return a picture; raise `NotFound` ``photo_not_found`` or ``photo_gone``, `Unavailable`."""
    photo = CakePhoto.objects.filter(public_id=public_id, removed_at=None, width__gt=0).first()
    if photo is None:
        raise NotFound("photo_not_found", "There is no such picture.")
    return KeptPhoto(photo_store.read_photo(photo.storage_key), photo_store.CONTENT_TYPE)


def sweep_photos(*, at: datetime, limit: int = 200) -> int:
    """Delete what was removed, or never arrived, with its file; return how many rows went."""
    unfinished = Q(width=0, at__lt=at - _GRACE)
    rows = CakePhoto.objects.filter(Q(removed_at__isnull=False) | unfinished)
    found = dict(rows.order_by("pk").values_list("pk", "storage_key")[:limit])
    left = set(discard_files(found.values()))
    gone = [pk for pk, key in found.items() if key not in left]
    return CakePhoto.objects.filter(pk__in=gone).delete()[0]


def _reserve(request_id: int, caption: str, by: Author, *, at: datetime) -> CakePhoto:
    """Take one of the request's places for pictures, under its lock."""
    with transaction.atomic():
        request = lock_request(request_id, expected_version=None)
        _require_open(request)
        kept = CakePhoto.objects.filter(request_id=request_id, removed_at=None)
        if kept.exclude(width=0, at__lt=at - _GRACE).count() >= MAX_PHOTOS:
            raise Conflict("too_many_photos", f"At most {MAX_PHOTOS} pictures.")
        return CakePhoto.objects.create(
            request=request,
            storage_key=photo_store.new_key(),
            width=0,
            height=0,
            caption=caption,
            by=by,
            at=at,
        )


def _require_open(request: CakeRequest) -> None:
    if request.status in _OVER:
        raise Conflict("not_changeable", "Pictures of this request cannot be changed any more.")
