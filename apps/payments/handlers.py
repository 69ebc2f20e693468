"""What payments does when something happened."""

from datetime import datetime
from decimal import Decimal

from apps.notifications.services import raise_alert
from apps.orders.events import (
    OrderCancelled,
    OrderCollected,
    OrderEdited,
    OrderExpired,
    OrderPaid,
    PartPaid,
    RefundOwed,
)
from apps.payments import services
from apps.payments.adapters import mirror, stripe_gateway
from apps.payments.events import (
    AttentionNeeded,
    DisputeClosed,
    DisputeOpened,
    SessionSettled,
    StripeEventReceived,
)
from bakery.kernel import outbox


@outbox.handles(StripeEventReceived, queue=outbox.CRITICAL, external=True)
def apply_stripe_event(event: StripeEventReceived, *, at: datetime) -> None:
    """Apply the event to the order it is about."""
    services.apply_event(event_id=event.event_id, at=at)


@outbox.handles(SessionSettled, external=True, max_attempts=4)
def mirror_session(event: SessionSettled, *, at: datetime) -> None:
    """Copy the session into dj-stripe's tables; nothing of an order depends on it."""
    del at
    session = stripe_gateway.fetch_session(event.session_id)
    if session is not None:
        mirror.copy_session(session.raw)


@outbox.handles(AttentionNeeded, queue=outbox.CRITICAL)
def alert_shop(event: AttentionNeeded, *, at: datetime) -> None:
    """Text the shop's phone."""
    raise_alert(key=event.key, text=event.text, at=at)


@outbox.handles(OrderPaid, external=True)
def close_others(event: OrderPaid, *, at: datetime) -> None:
    """See that nobody pays an order again on a page that is still open."""
    services.close_checkouts(order_id=event.order_id, at=at)


@outbox.handles(OrderExpired, external=True)
def close_expired(event: OrderExpired, *, at: datetime) -> None:
    """See that nobody pays for an order that expired."""
    services.close_checkouts(order_id=event.order_id, at=at)


@outbox.handles(OrderCancelled, external=True)
def close_cancelled(event: OrderCancelled, *, at: datetime) -> None:
    """See that nobody pays for an order that was cancelled."""
    services.close_checkouts(order_id=event.order_id, at=at)


@outbox.handles(OrderCancelled)
def refund_cancelled(event: OrderCancelled, *, at: datetime) -> None:
    """Ask for the money of a cancelled order to go back."""
    services.request_refunds(order_id=event.order_id, by="system", at=at)


@outbox.handles(OrderExpired)
def refund_expired(event: OrderExpired, *, at: datetime) -> None:
    """Ask for what was paid of an order that was never paid in full to go back."""
    services.request_refunds(order_id=event.order_id, by="system", at=at)


@outbox.handles(OrderEdited, external=True)
def close_outdated(event: OrderEdited, *, at: datetime) -> None:
    """See that nobody pays what an order cost before it was changed."""
    services.close_outdated(order_id=event.order_id, at=at)


@outbox.handles(PartPaid, external=True)
def close_too_dear(event: PartPaid, *, at: datetime) -> None:
    """See that nobody pays online what was paid at the counter."""
    services.close_outdated(order_id=event.order_id, at=at)


@outbox.handles(RefundOwed)
def refund_edited(event: RefundOwed, *, at: datetime) -> None:
    """Ask for what a change made too much to go back."""
    services.request_edit_refund(
        order_id=event.order_id,
        revision=event.revision,
        amount=Decimal(event.amount),
        by="system",
        at=at,
    )


@outbox.handles(DisputeOpened, external=True)
def freeze_evidence(event: DisputeOpened, *, at: datetime) -> None:
    """Keep what is known about the order before anything else happens to it."""
    services.freeze_evidence(dispute_id=event.dispute_id, at=at)


@outbox.handles(DisputeClosed)
def write_off_lost(event: DisputeClosed, *, at: datetime) -> None:
    """Take back the points of a sale whose payment the bank gave back to the customer."""
    if not event.won:
        services.write_off(order_id=event.order_id, at=at)


@outbox.handles(OrderCollected)
def write_off_collected(event: OrderCollected, *, at: datetime) -> None:
    """Take points back at once that were earned after the payment was lost."""
    services.write_off(order_id=event.order_id, at=at)
