"""What payments does when something happened."""

from datetime import datetime
from decimal import Decimal

from apps.notifications.services import raise_alert, send_mail
from apps.notifications.states import AlertKind
from apps.orders.events import (
    DepositPaid,
    OrderCancelled,
    OrderCollected,
    OrderEdited,
    OrderErased,
    OrderExpired,
    OrderPaid,
    PartPaid,
    RefundOwed,
)
from apps.payments import selectors, services
from apps.payments.events import (
    AttentionNeeded,
    DisputeClosed,
    DisputeOpened,
    RefundApproved,
    RefundRecorded,
    RefundRejected,
    RefundRequested,
    RefundReversed,
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
    services.mirror_session(session_id=event.session_id)


@outbox.handles(RefundRecorded, external=True, max_attempts=4)
def mirror_refund(event: RefundRecorded, *, at: datetime) -> None:
    """Copy a refund that was made."""
    del at
    services.mirror_refund(refund_id=event.refund_id)


@outbox.handles(RefundReversed, external=True, max_attempts=4)
def mirror_reversal(event: RefundReversed, *, at: datetime) -> None:
    """Copy a refund that came back."""
    del at
    services.mirror_refund(refund_id=event.refund_id)


@outbox.handles(DisputeOpened, external=True, max_attempts=4)
def mirror_opened_dispute(event: DisputeOpened, *, at: datetime) -> None:
    """Copy a dispute that was opened."""
    del at
    services.mirror_dispute(dispute_id=event.dispute_id)


@outbox.handles(DisputeClosed, external=True, max_attempts=4)
def mirror_closed_dispute(event: DisputeClosed, *, at: datetime) -> None:
    """Copy a dispute that ended."""
    del at
    services.mirror_dispute(dispute_id=event.dispute_id)


@outbox.handles(OrderErased)
def erase_payer(event: OrderErased, *, at: datetime) -> None:
    """Take the person out of what Stripe sent about the order."""
    del at
    services.erase_payer(order_id=event.order_id)


@outbox.handles(AttentionNeeded, queue=outbox.CRITICAL)
def alert_shop(event: AttentionNeeded, *, at: datetime) -> None:
    """Text the shop's phone."""
    raise_alert(key=event.key, text=event.text, at=at, kind=AlertKind.MONEY)


@outbox.handles(OrderPaid, external=True)
def close_others(event: OrderPaid, *, at: datetime) -> None:
    """See that nobody pays an order again on a page that is still open."""
    services.close_checkouts(order_id=event.order_id, at=at)


@outbox.handles(DepositPaid, external=True)
def close_whole(event: DepositPaid, *, at: datetime) -> None:
    """See that nobody pays all of an order of which the deposit is paid."""
    services.close_outdated(order_id=event.order_id, at=at)


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


@outbox.handles(RefundApproved, queue=outbox.CRITICAL, external=True)
def send_refund(event: RefundApproved, *, at: datetime) -> None:
    """Give the money back, at Stripe or to the gift cards."""
    services.send_refund(request_id=event.request_id, at=at)


@outbox.handles(RefundRecorded)
def take_goods_back(event: RefundRecorded, *, at: datetime) -> None:
    """Put pieces that came back whole on sale again."""
    services.take_goods_back(refund_id=event.refund_id, at=at)


@outbox.handles(RefundRecorded)
def mail_refunded(event: RefundRecorded, *, at: datetime) -> None:
    """Tell the customer what goes back, and how."""
    _mail(selectors.refund_mail(event.refund_id, at=at), f"refund:{event.refund_id}", at=at)


@outbox.handles(RefundRequested)
def mail_asked(event: RefundRequested, *, at: datetime) -> None:
    """Tell the customer that somebody looks at what they asked for."""
    mail = selectors.asking_mail(event.request_id, at=at)
    _mail(mail, f"refund-asked:{event.request_id}", at=at)


@outbox.handles(RefundRejected)
def mail_rejected(event: RefundRejected, *, at: datetime) -> None:
    """Tell the customer why no money goes back, when somebody had asked for it."""
    mail = selectors.rejection_mail(event.request_id, at=at)
    _mail(mail, f"refund-rejected:{event.request_id}", at=at)


def _mail(mail: selectors.RefundMail | None, key: str, *, at: datetime) -> None:
    if mail is not None:
        send_mail(
            template=mail.template,
            to=mail.to,
            context=mail.context,
            language=mail.language,
            dedupe_key=key,
            at=at,
        )


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


@outbox.handles(DisputeOpened, queue=outbox.DOCUMENTS, external=True)
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
