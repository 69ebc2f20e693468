"""Handing out the files of documents, and the expiring links to them."""

import hashlib
import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing as tokens
from django.urls import reverse

from apps.orders import selectors as orders
from apps.receipts import selectors
from apps.receipts.adapters import store
from apps.receipts.models import Document
from bakery.kernel.errors import NotFound, Unavailable
from bakery.kernel.links import public_url

logger = logging.getLogger(__name__)
_SALT = "receipts.link"
_SOON = 10


def read_file(*, document: Document) -> bytes:
    """Return the file of a document, after a look whether it still is what was sealed.

    Raises `Unavailable`: ``receipt_being_made``, ``receipt_damaged`` (the store has other bytes, or
    none) or ``storage_unavailable``. Talks to the store: not in a transaction.
    """
    seal = getattr(document, "seal", None)
    if seal is None:
        raise Unavailable(
            "receipt_being_made",
            "This receipt is being made. Look again in a minute.",
            details={"retry_after": _SOON},
        )
    data = store.read(seal.key)
    if data is None or hashlib.sha256(data).hexdigest() != seal.sha256:
        logger.error("receipt file damaged", extra={"code": document.number})
        raise Unavailable(
            "receipt_damaged", "This receipt cannot be shown right now. Please tell us about it."
        )
    return data


def file_headers(*, document: Document) -> dict[str, str]:
    """Return the headers a document's file goes out with: to be saved by a browser, by no cache."""
    return {
        "Content-Disposition": f'attachment; filename="{document.number}.pdf"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Referrer-Policy": "no-referrer",
    }


def open_own(*, public_id: UUID, number: str, user_id: int | None) -> Document:
    """Return a document for the customer of its order.

    A guest's order is opened by its unguessable id, one of an account by that account alone.
    Raises `NotFound` ``order_not_found`` or ``receipt_not_found``. Once its person was erased, a
    document is the shop's records and nobody's page.
    """
    order = orders.order_by_public_id(public_id, user_id=user_id)
    if order.erased_at is not None:
        raise _gone()
    return selectors.document_of(order_id=order.pk, number=number)


def open_by_link(*, public_id: UUID, number: str, token: str, at: datetime) -> Document:
    """Return the document that a link made by `link_to` is for, to whoever holds the link.

    Raises `NotFound` ``link_expired`` or ``receipt_not_found``.
    """
    try:
        said = tokens.Signer(salt=_SALT).unsign_object(token)
        is_this = said["number"] == number
        is_over = at.timestamp() >= said["until"]
    except (tokens.BadSignature, ValueError, TypeError, KeyError) as error:
        raise _gone() from error
    if not is_this:
        raise _gone()
    if is_over:
        raise NotFound("link_expired", "This link is over. Open the receipt from your order.")
    document = selectors.document_by_number(number)
    if document.order.public_id != public_id or document.order.erased_at is not None:
        raise _gone()
    return document


def link_to(
    *, public_id: UUID, number: str, at: datetime, good_for: timedelta | None = None
) -> str:
    """Return an address of a file that works for fifteen minutes (RECEIPT_LINK_SECONDS).

    Absolute, built from PUBLIC_BASE_URL. Whoever has it can fetch the file, without logging in.
    """
    lasts = good_for or timedelta(seconds=settings.RECEIPT_LINK_SECONDS)
    said = {"number": number, "until": int((at + lasts).timestamp())}
    token = tokens.Signer(salt=_SALT).sign_object(said, compress=False)
    path = reverse("order-receipt", args=[public_id, number])
    return public_url(f"{path}?token={token}")


def _gone() -> NotFound:
    return NotFound("receipt_not_found", "There is no such receipt.")
