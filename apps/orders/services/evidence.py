"""Pictures of an order: rewritten, stored privately, and named by a row that never changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import InterfaceError, OperationalError

from apps.catalog import services as catalog
from apps.orders.adapters import evidence
from apps.orders.models import OrderPicture
from apps.orders.states import PictureKind
from bakery.kernel.errors import Invalid, NotFound
from bakery.kernel.stores import discard_files

MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_SIGNATURE_BYTES = 200 * 1024
_LONGEST_PHOTO = 1600
_LONGEST_SIGNATURE = 800
# On a sheet whose darkest grey is above this nothing was drawn.
_INK = 160


@dataclass(frozen=True)
class KeptFile:
    """A picture as it is sent to staff."""

    data: bytes
    content_type: str


def read_picture(*, picture_id: UUID, order_id: int) -> KeptFile:
    """Return a kept picture of the order, proved to be the one that was kept.

    Raises `NotFound` ``picture_unknown``, ``picture_gone`` or ``picture_changed``; `Unavailable`.
    """
    picture = OrderPicture.objects.filter(pk=picture_id, order_id=order_id).first()
    if picture is None:
        raise NotFound("picture_unknown", "This order has no such picture.")
    data = evidence.read_evidence(picture.key, sha256=picture.sha256)
    return KeptFile(data, evidence.content_type_of(picture.key))


@contextmanager
def kept_picture(
    *, order_id: int, data: bytes, kind: PictureKind, caption: str = "", by: str, at: datetime
) -> Iterator[OrderPicture]:
    """Store ``data``, written anew, and give its unsaved row to a block that saves it.

    The storage is talked to before the block's transaction begins. What the block raises removes
    the file again. Raises `Invalid` as `catalog.services.rewrite_picture` does, for a signature
    also ``signature_too_large`` and ``signature_empty``, and `Unavailable`.
    """
    is_signature = kind == PictureKind.SIGNATURE
    if is_signature and len(data) > MAX_SIGNATURE_BYTES:
        raise Invalid("signature_too_large", "A signature has at most 200 kB.")
    written = catalog.rewrite_picture(
        data=data,
        kind="png" if is_signature else "jpeg",
        longest=_LONGEST_SIGNATURE if is_signature else _LONGEST_PHOTO,
    )
    if is_signature and written.darkest > _INK:
        raise Invalid("signature_empty", "Nothing was drawn.")
    key = evidence.save_evidence(written.data, kind="png" if is_signature else "jpeg")
    picture = OrderPicture(
        id=uuid4(),
        order_id=order_id,
        kind=kind,
        key=key,
        bytes=len(written.data),
        width=written.width,
        height=written.height,
        sha256=written.sha256,
        caption=caption,
        by=by,
        at=at,
    )
    try:
        yield picture
    except (OperationalError, InterfaceError):
        # A connection that broke while committing: the row may be there, so the file stays.
        raise
    except BaseException:
        discard_files([key])
        raise
