"""Direct uploads: a client puts its file into quarantine, and we make a picture of it.

With S3 the file does not pass through our own processes: the client gets a form that S3 checks
(key, type, size, time). On local disk the same form leads to an address of our own, with a token
in place of S3's signature.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing

from apps.catalog.adapters import object_store
from apps.catalog.adapters.pictures import MAX_BYTES, TYPES, clean_picture
from apps.catalog.models import Picture, PictureUpload
from apps.catalog.services.pictures import check_product, keep_picture
from bakery.kernel.errors import Conflict, Invalid, NotFound, Refused
from bakery.kernel.locks import lock_one

_SALT = "catalog.picture-upload"
# An upload that a request may still be working on is not swept away under its hands.
_GRACE = timedelta(hours=1)
_SWEPT_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class OfferedUpload:
    """Leave to upload one file. ``url`` is empty where the file comes to this server."""

    upload: PictureUpload
    url: str
    fields: dict[str, str]


class _AlreadyCompleted(Exception):
    """Another request made the picture meanwhile."""


def offer_upload(*, content_type: str, size: int, at: datetime, actor: str) -> OfferedUpload:
    """Give leave to upload one file of ``content_type`` and at most ``size`` bytes.

    Raises `Invalid` ``picture_type`` and ``picture_too_large``.
    """
    if content_type not in TYPES.values():
        raise Invalid("picture_type", "Send a JPEG, PNG or WebP picture.")
    if not 1 <= size <= MAX_BYTES:
        raise Invalid("picture_too_large", "A picture has at most 10 MB.")
    upload = PictureUpload.objects.create(
        key=object_store.new_key(object_store.QUARANTINE),
        content_type=content_type,
        bytes=size,
        actor=actor,
        created_at=at,
        expires_at=at + timedelta(seconds=settings.PICTURE_UPLOAD_SECONDS),
    )
    form = object_store.sign_upload(
        upload.key,
        content_type=content_type,
        max_bytes=size,
        seconds=settings.PICTURE_UPLOAD_SECONDS,
    )
    if form is not None:
        return OfferedUpload(upload, form.url, form.fields)
    token = signing.dumps(str(upload.pk), salt=_SALT)
    return OfferedUpload(upload, "", {"Content-Type": content_type, "token": token})


def receive_upload(
    *, upload_id: UUID, token: str, content_type: str, data: bytes, at: datetime
) -> None:
    """Put a file into quarantine, as S3 would: only for its token, in time, of its type and size.

    Raises `Refused` for anything else: ``bad_token``, ``upload_expired``, ``type_mismatch``,
    ``picture_too_large``.
    """
    try:
        named = signing.loads(token, salt=_SALT)
    except signing.BadSignature as error:
        raise Refused("bad_token", "This upload was not offered.") from error
    upload = PictureUpload.objects.filter(pk=upload_id).first()
    if upload is None or named != str(upload_id):
        raise Refused("bad_token", "This upload was not offered.")
    if at >= upload.expires_at or upload.picture_id is not None:
        raise Refused("upload_expired", "The time for this upload is over.")
    if content_type != upload.content_type:
        raise Refused("type_mismatch", f"This upload is for {upload.content_type}.")
    if not 1 <= len(data) <= upload.bytes:
        raise Refused("picture_too_large", f"This upload is for at most {upload.bytes} bytes.")
    object_store.save_quarantined(upload.key, data)


def complete_upload(
    *, upload_id: UUID, product_id: int, at: datetime, actor: str, is_main: bool = False
) -> Picture:
    """Make what was uploaded into a picture of the product; again returns the same picture.

    Raises `NotFound` (also for somebody else's upload), `Conflict` ``nothing_uploaded`` and
    ``upload_expired``, and what `add_picture` raises; the quarantine is empty afterwards in
    every case but the first two.
    """
    upload = PictureUpload.objects.filter(pk=upload_id, actor=actor).first()
    if upload is None:
        raise NotFound("upload_not_found", "There is no such upload.")
    if upload.picture is not None:
        return upload.picture
    if at >= upload.expires_at:
        raise Conflict("upload_expired", "The time for this upload is over. Ask for a new one.")
    check_product(product_id)
    data = object_store.read_private(upload.key, limit=upload.bytes)
    if data is None:
        raise Conflict("nothing_uploaded", "Nothing was uploaded yet.")
    try:
        picture = _make(upload, data, product_id=product_id, is_main=is_main, at=at, actor=actor)
    except _AlreadyCompleted:
        made = Picture.objects.filter(upload=upload_id).first()
        if made is None:
            raise NotFound("upload_not_found", "There is no such upload.") from None
        picture = made
    except Invalid:
        object_store.discard([upload.key])
        raise
    object_store.discard([upload.key])
    return picture


def remove_expired_uploads(*, at: datetime) -> int:
    """Delete offers whose time is long over, with what waits in quarantine; return how many.

    Runs again where it stopped: a row goes only after its file has gone.
    """
    expired = PictureUpload.objects.filter(expires_at__lt=at - _GRACE)[:_SWEPT_AT_ONCE]
    keys = {upload.key: upload.pk for upload in expired}
    left = set(object_store.discard(keys))
    done = [pk for key, pk in keys.items() if key not in left]
    count, _ = PictureUpload.objects.filter(pk__in=done).delete()
    return count


def _make(
    upload: PictureUpload, data: bytes, *, product_id: int, is_main: bool, at: datetime, actor: str
) -> Picture:
    if len(data) > upload.bytes:
        raise Invalid("picture_too_large", f"This upload was for at most {upload.bytes} bytes.")
    cleaned = clean_picture(data, declared_type=upload.content_type)

    def attach(picture: Picture) -> None:
        row = lock_one(PictureUpload.objects.filter(pk=upload.pk), what="upload")
        if row.picture_id is not None:
            raise _AlreadyCompleted
        row.picture = picture
        row.save(update_fields=["picture"])

    return keep_picture(
        product_id=product_id,
        data=data,
        cleaned=cleaned,
        is_main=is_main,
        at=at,
        actor=actor,
        attach=attach,
    )
