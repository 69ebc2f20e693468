"""What receipts add to an order's page and to its representation."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from apps.orders.selectors import PagePart
from apps.receipts import selectors
from apps.receipts.selectors.files import Paper
from apps.receipts.services.files import link_to
from apps.receipts.states import DocumentKind
from bakery.kernel import money

if TYPE_CHECKING:
    from apps.orders.models import Order


def page_part(order: "Order", at: datetime) -> PagePart | None:
    """Return the section of an order's page that links to its documents; None while it has none."""
    del at
    papers = papers_for_customer(order=order)
    if not papers:
        return None
    rows = [
        {"paper": paper, "total": money.display(paper.total, paper.currency)} for paper in papers
    ]
    return PagePart("receipts/_order.html", {"public_id": order.public_id, "rows": rows})


def order_fields(order: "Order", at: datetime) -> dict[str, Any]:
    """Return ``receipt_url``: an expiring link to the newest receipt that is ready, or None."""
    ready = [
        paper
        for paper in papers_for_customer(order=order)
        if paper.is_ready and paper.kind == DocumentKind.RECEIPT
    ]
    if not ready:
        return {"receipt_url": None}
    url = link_to(public_id=order.public_id, number=ready[-1].number, at=at)
    return {"receipt_url": url}


def papers_for_customer(*, order: "Order") -> list[Paper]:
    """Return the documents that the customer of an order may see."""
    # Nothing is issued before an order was paid, and most that are looked at are not.
    if order.paid_at is None or order.erased_at is not None:
        return []
    return selectors.papers_of(order.pk)
