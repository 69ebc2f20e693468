"""What receipts does when something happened."""

from datetime import datetime

from apps.orders.events import OrderCancelled, OrderEdited, OrderPaid, PartPaid, SaleCredited
from apps.receipts import services
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
