"""Issuing the documents that an order's sale calls for."""

from datetime import datetime

from apps.receipts.models import Document


def settle_documents(*, order_id: int, at: datetime) -> Document | None:
    """Issue the receipt or credit note that is missing of an order, and return it.

    What the documents of an order say together is what its sale comes to, whenever nothing is
    owed on it: a first receipt when it is paid, another one for what a change made dearer, a
    credit note for what became cheaper, was credited or cancelled. Issues nothing when they agree.
    """
    raise NotImplementedError
