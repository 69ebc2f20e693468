"""Notes and photos that staff keep with an order."""

from datetime import datetime

from django.db import transaction

from apps.orders.models import Order, OrderNote, OrderPicture
from apps.orders.services.board import append_board_event
from apps.orders.services.evidence import kept_picture
from apps.orders.states import OPEN_STATUSES, BoardKind, PictureKind
from bakery.kernel import audit
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.locks import lock_one

MAX_NOTE = 2000
MAX_PICTURES = 40


def add_note(
    *, order_id: int, text: str, on_ticket: bool = False, actor: str, at: datetime
) -> OrderNote:
    """Keep a note of staff with an order, for good; ``on_ticket`` puts it before the kitchen.

    Raises `NotFound` ``order_not_found`` and `Invalid` ``bad_note``.
    """
    text = text.replace("\r\n", "\n").strip()
    if not 1 <= len(text) <= MAX_NOTE:
        raise Invalid("bad_note", f"A note has 1 to {MAX_NOTE} characters.")
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        note = OrderNote.objects.create(
            order=order, text=text, on_ticket=on_ticket, by=actor, at=at
        )
        if on_ticket and order.status in OPEN_STATUSES:
            append_board_event(order, BoardKind.CHANGED, at=at)
    return note


def add_photo(
    *,
    order_id: int,
    data: bytes,
    kind: PictureKind = PictureKind.FINISHED,
    caption: str = "",
    actor: str,
    at: datetime,
) -> OrderPicture:
    """Keep a photo with an order, written anew and privately; it is evidence and never changes.

    Raises `NotFound` ``order_not_found``; `Invalid` as `catalog.services.rewrite_picture` does,
    ``bad_caption`` and ``bad_kind``; `Conflict` ``too_many_pictures``; `Unavailable`.
    """
    caption = " ".join(caption.split())
    if len(caption) > 200 or not caption.isprintable():
        raise Invalid("bad_caption", "A caption has at most 200 characters.")
    if kind == PictureKind.SIGNATURE:
        raise Invalid("bad_kind", "A signature belongs to handing the order out.")
    if not Order.objects.filter(pk=order_id).exists():
        raise NotFound("order_not_found", "There is no such order.")
    with (
        kept_picture(
            order_id=order_id, data=data, kind=kind, caption=caption, by=actor, at=at
        ) as picture,
        transaction.atomic(),
    ):
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        if order.pictures.count() >= MAX_PICTURES:
            raise Conflict("too_many_pictures", f"An order has at most {MAX_PICTURES} pictures.")
        picture.save(force_insert=True)
        audit.record(
            actor=actor,
            action="order.add_picture",
            object_type="orders.order",
            object_id=order.pk,
            changes={"picture": [None, str(picture.pk)], "sha256": [None, picture.sha256]},
            at=at,
        )
    return picture
