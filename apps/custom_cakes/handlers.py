"""Reactions to what happens to requests and to the orders of offers."""

from datetime import datetime

from apps.custom_cakes import services
from apps.custom_cakes.events import (
    CounterOffered,
    OfferTakenBack,
    QuestionAsked,
    QuoteLapsed,
    RequestAnswered,
    RequestApproved,
    RequestRejected,
    RequestSubmitted,
)
from apps.orders.events import (
    DepositPaid,
    LabourMeasured,
    OrderCancelled,
    OrderExpired,
    OrderPaid,
)
from bakery.kernel.outbox import handles


@handles(RequestSubmitted)
def mail_received(event: RequestSubmitted, *, at: datetime) -> None:
    """Tell customer and shop that something was asked for."""
    services.mail_received(request_id=event.request_id, revision=event.revision, at=at)
    what = "new" if event.revision == 1 else "changed"
    key = f"{event.revision}:{at.isoformat()}"
    services.tell_shop(request_id=event.request_id, what=what, key=key, at=at)


@handles(RequestSubmitted)
def describe_inside(event: RequestSubmitted, *, at: datetime) -> None:
    """Have a description drafted, for the shop's own screens."""
    services.describe_request(request_id=event.request_id, revision=event.revision, at=at)


@handles(RequestAnswered)
def tell_answered(event: RequestAnswered, *, at: datetime) -> None:
    """Tell the shop that the customer wrote, declined or withdrew."""
    services.tell_shop(request_id=event.request_id, what="answered", key=at.isoformat(), at=at)


@handles(OrderPaid)
def follow_paid(event: OrderPaid, *, at: datetime) -> None:
    """Let a request be paid with its order."""
    services.follow_order(order_id=event.order_id, at=at)


@handles(DepositPaid)
def follow_deposit(event: DepositPaid, *, at: datetime) -> None:
    """Let a request be paid with an order that is certain by its deposit."""
    services.follow_order(order_id=event.order_id, at=at)


@handles(OrderExpired)
def follow_expired(event: OrderExpired, *, at: datetime) -> None:
    """Let a request lapse with its order."""
    services.follow_order(order_id=event.order_id, at=at)


@handles(OrderCancelled)
def follow_cancelled(event: OrderCancelled, *, at: datetime) -> None:
    """Let a request end with its order."""
    services.follow_order(order_id=event.order_id, at=at)


@handles(LabourMeasured)
def record_labour(event: LabourMeasured, *, at: datetime) -> None:
    """Learn how long a cake took in fact."""
    services.record_labour(
        order_id=event.order_id, line_id=event.line_id, minutes=event.minutes, at=at
    )


@handles(RequestApproved)
def mail_approved(event: RequestApproved, *, at: datetime) -> None:
    """Send the price and where to pay it."""
    services.mail_offer(quote_id=event.quote_id, name="approved", at=at)


@handles(CounterOffered)
def mail_counter(event: CounterOffered, *, at: datetime) -> None:
    """Send another offer."""
    services.mail_offer(quote_id=event.quote_id, name="counter", at=at)


@handles(OfferTakenBack)
def mail_taken_back(event: OfferTakenBack, *, at: datetime) -> None:
    """Say that an offer holds no more, before somebody counts on it."""
    services.mail_taken_back(request_id=event.request_id, version=event.version, at=at)


@handles(QuoteLapsed)
def mail_lapsed(event: QuoteLapsed, *, at: datetime) -> None:
    """Say that an offer ended, and how to have it once more."""
    services.mail_offer(quote_id=event.quote_id, name="lapsed", at=at)


@handles(QuestionAsked)
def mail_question(event: QuestionAsked, *, at: datetime) -> None:
    """Send the shop's question."""
    services.mail_message(message_id=event.message_id, name="question", at=at)


@handles(RequestRejected)
def mail_rejected(event: RequestRejected, *, at: datetime) -> None:
    """Send why the cake cannot be made, and that another one may be."""
    services.mail_message(message_id=event.message_id, name="rejected", at=at)
