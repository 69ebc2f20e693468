"""What receipts does when something happened."""

from datetime import datetime

from django.conf import settings

from apps.orders.events import OrderCancelled, OrderEdited, OrderPaid, PartPaid, SaleCredited
from apps.receipts import services
from apps.receipts.events import DocumentIssued, DocumentSealed
from bakery.kernel import outbox


@outbox.handles(OrderPaid)
def issue_receipt(event: OrderPaid, *, at: datetime) -> None:
    """Issue the receipt of an order that is paid."""
    services.settle_documents(order_id=event.order_id, at=at)


@outbox.handles(OrderEdited)
def issue_for_edit(event: OrderEdited, *, at: datetime) -> None:
    """Issue what tells of a change, once nothing is owed for it."""
    services.settle_documents(order_id=event.order_id, at=at)


@outbox.handles(PartPaid)
def issue_for_part(event: PartPaid, *, at: datetime) -> None:
    """Issue what a change made dearer, once it is paid."""
    services.settle_documents(order_id=event.order_id, at=at)


@outbox.handles(SaleCredited)
def issue_credit_note(event: SaleCredited, *, at: datetime) -> None:
    """Issue the credit note of what was taken back of a sale."""
    services.settle_documents(order_id=event.order_id, at=at)


@outbox.handles(OrderCancelled)
def issue_for_end(event: OrderCancelled, *, at: datetime) -> None:
    """Issue what was left open when an order was called off."""
    services.settle_documents(order_id=event.order_id, at=at)


@outbox.handles(DocumentIssued, queue=outbox.DOCUMENTS, external=True)
def seal_issued(event: DocumentIssued, *, at: datetime) -> None:
    """Make the file of a document: tenths of a second of CPU and the store, outside a transaction.

    On a queue of its own: whoever alerts the kitchen never draws.
    """
    if settings.RECEIPT_SEALING_AUTOMATIC:
        services.seal_document(document_id=event.document_id, at=at)


@outbox.handles(DocumentSealed)
def mail_sealed(event: DocumentSealed, *, at: datetime) -> None:
    """Mail the document's link to the customer."""
    services.mail_document(document_id=event.document_id, at=at)
