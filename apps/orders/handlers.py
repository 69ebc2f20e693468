"""Reactions to what happens to orders."""

from datetime import datetime

from apps.accounts.events import UserAnonymised
from apps.notifications import selectors as messages
from apps.notifications import services as notifications
from apps.notifications.events import AlertAcknowledged, TextReceived
from apps.notifications.states import AlertKind
from apps.orders import selectors, services
from apps.orders.adapters import board_hint
from apps.orders.events import (
    BalanceOverdue,
    BoardChanged,
    DepositPaid,
    LabourMeasured,
    MailboxClaimed,
    OrderCancelled,
    OrderEdited,
    OrderErased,
    OrderExpired,
    OrderOut,
    OrderPaid,
    OrderPlaced,
    OrderReady,
    PlaceOffered,
    WaitEnded,
    WaitJoined,
)
from apps.orders.rules.alert_keys import alert_key, order_number_of
from apps.orders.selectors.timeline import changed_mail, mail_key
from bakery.kernel.outbox import CRITICAL, handles
from bakery.kernel.stores import discard_files

_OrderEvent = (
    OrderPlaced | DepositPaid | OrderPaid | OrderExpired | OrderCancelled | OrderReady | OrderOut
)


@handles(OrderPaid, queue=CRITICAL)
def alert_kitchen(event: OrderPaid, *, at: datetime) -> None:
    """Text the shop about a paid cake, once an order."""
    if event.has_cake:
        services.alert_kitchen(order_id=event.order_id, at=at)


@handles(OrderEdited, queue=CRITICAL)
def alert_of_change(event: OrderEdited, *, at: datetime) -> None:
    """Text the shop about a cake that came into a paid order by a change."""
    services.alert_of_change(order_id=event.order_id, revision=event.revision, at=at)


@handles(BoardChanged, queue=CRITICAL, external=True, max_attempts=2)
def hint_board(event: BoardChanged, *, at: datetime) -> None:
    """Wake the boards; they would look by themselves a few seconds later."""
    board_hint.announce(event.seq)


@handles(AlertAcknowledged, queue=CRITICAL)
def mark_acknowledged(event: AlertAcknowledged, *, at: datetime) -> None:
    """Show on the board what was acknowledged from a phone."""
    number = order_number_of(event.key)
    # Another alert about it may be open: a cake that a change added.
    if number is not None and not messages.open_alert_keys(alert_key(number)):
        services.acknowledge(order_number=number, actor=event.by, at=at)


@handles(OrderPlaced)
def mail_received(event: OrderPlaced, *, at: datetime) -> None:
    """Tell the customer what was ordered and how to pay.

    Not when staff took the order: they send the link to pay by themselves, if it is wanted. Nor
    when there was nothing to pay: the mail that it is certain comes by itself.
    """
    _mail(event, "order_received", at=at, is_for_taken=False)


@handles(OrderPaid)
def mail_paid(event: OrderPaid, *, at: datetime) -> None:
    """Tell the customer that the order is certain."""
    _mail(event, "order_paid", at=at)


@handles(DepositPaid)
def mail_deposit(event: DepositPaid, *, at: datetime) -> None:
    """Tell the customer that the order is certain, and until when to pay the rest."""
    _mail(event, "deposit_paid", at=at)


@handles(BalanceOverdue)
def tell_overdue(event: BalanceOverdue, *, at: datetime) -> None:
    """Tell the shop and the customer that the rest of an order was not paid in time."""
    late = selectors.overdue_notice(event.order_id, at=at)
    if late is None:
        return
    notifications.raise_alert(
        key=mail_key(event.number, late.name), text=late.text, at=at, kind=AlertKind.MONEY
    )
    if late.mail.to:
        key = mail_key(event.number, late.name)
        services.write_mail(mail=late.mail, template="orders/mail/balance_overdue", key=key, at=at)


@handles(OrderExpired)
def mail_expired(event: OrderExpired, *, at: datetime) -> None:
    """Tell the customer that the order lapsed."""
    _mail(event, "order_expired", at=at)


@handles(OrderCancelled)
def mail_cancelled(event: OrderCancelled, *, at: datetime) -> None:
    """Tell the customer that the order was called off."""
    _mail(event, "order_cancelled", at=at)


@handles(OrderReady)
def mail_ready(event: OrderReady, *, at: datetime) -> None:
    """Tell the customer to come."""
    _mail(event, "order_ready", at=at)


@handles(OrderOut)
def mail_out(event: OrderOut, *, at: datetime) -> None:
    """Tell the customer that the order is on its way."""
    _mail(event, "order_out", at=at)


@handles(OrderEdited)
def mail_changed(event: OrderEdited, *, at: datetime) -> None:
    """Tell the customer what changed, and what is to be paid or comes back."""
    mail = selectors.edit_mail(event.order_id, revision=event.revision, at=at)
    if mail is not None:
        key = mail_key(event.number, changed_mail(event.revision))
        services.write_mail(mail=mail, template="orders/mail/order_changed", key=key, at=at)


def _mail(event: _OrderEvent, name: str, *, at: datetime, is_for_taken: bool = True) -> None:
    mail = selectors.mail_of(event.order_id, at=at)
    silent = mail.was_taken or mail.context["nothing_due"]
    if not mail.is_offer and (is_for_taken or not silent):
        services.tell_customer(mail=mail, name=name, key=mail_key(event.number, name), at=at)


# Outside of any transaction: each offer has its own, and holds no other's locks.
@handles(OrderExpired, external=True)
def offer_after_expiry(event: OrderExpired, *, at: datetime) -> None:
    """Offer the place that came free to whoever waits for it."""
    services.offer_places(at=at)


@handles(OrderCancelled, external=True)
def offer_after_cancelling(event: OrderCancelled, *, at: datetime) -> None:
    """Offer the place that came free to whoever waits for it."""
    services.offer_places(at=at)


@handles(WaitJoined)
def mail_waiting(event: WaitJoined, *, at: datetime) -> None:
    """Say that somebody is in the line, and how to leave it."""
    _mail_waiting(event.entry_id, "wait_joined", at=at)


@handles(PlaceOffered, queue=CRITICAL)
def mail_offer(event: PlaceOffered, *, at: datetime) -> None:
    """Tell somebody who waited that a place is held for them, and until when."""
    _mail_waiting(event.entry_id, "wait_offer", at=at)


@handles(WaitEnded)
def mail_wait_ended(event: WaitEnded, *, at: datetime) -> None:
    """Tell somebody that the offer lapsed, or that no place came free."""
    _mail_waiting(event.entry_id, "wait_lapsed" if event.had_offer else "wait_in_vain", at=at)


def _mail_waiting(entry_id: int, name: str, *, at: datetime) -> None:
    mail = selectors.waiting_mail(entry_id)
    if mail is not None:
        key = f"{name}:{entry_id}"
        services.write_mail(mail=mail, template=f"orders/mail/{name}", key=key, at=at)


@handles(MailboxClaimed)
def mail_claim(event: MailboxClaimed, *, at: datetime) -> None:
    """Ask a mailbox's owner whether its guest orders belong to an account."""
    services.mail_claim(claim_id=event.claim_id, at=at)


@handles(UserAnonymised)
def erase_orders(event: UserAnonymised, *, at: datetime) -> None:
    """Take an erased person out of the account's orders."""
    services.erase_account_orders(user_id=event.user_id, at=at)


@handles(OrderErased, external=True)
def discard_pictures(event: OrderErased, *, at: datetime) -> None:
    """Remove the pictures of an order whose customer was erased from the storage."""
    del at
    discard_files(selectors.picture_keys(event.order_id))


@handles(LabourMeasured)
def learn_labour(event: LabourMeasured, *, at: datetime) -> None:
    """Learn how long a cake of the range took in fact."""
    services.learn_labour(
        order_id=event.order_id, line_id=event.line_id, minutes=event.minutes, at=at
    )


@handles(TextReceived)
def show_text(event: TextReceived, *, at: datetime) -> None:
    """Have somebody read what a customer with an open order texted."""
    services.tell_of_text(inbound_id=event.inbound_id, at=at)
