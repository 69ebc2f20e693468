"""Orders that staff type in for a customer who stands before them or is on the phone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from apps.accounts import selectors as accounts
from apps.catalog import selectors as catalog
from apps.inventory import selectors as inventory
from apps.notifications import selectors as messages
from apps.notifications import services as notifications
from apps.orders import selectors
from apps.orders.models import Cart, CartLine, Order
from apps.orders.rules.checks import MAX_LINES
from apps.orders.rules.order_data import Customer, Terms
from apps.orders.selectors.orders import OrderView
from apps.orders.selectors.timeline import LINKS_SENT, mail_key
from apps.orders.services.placing import place_and_view
from apps.orders.services.telling import write_mail
from apps.orders.services.trail import record_staff_action
from apps.orders.states import Channel, OrderStatus
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one
from bakery.kernel.rows import insert

WALK_IN = "Walk-in"
_LINK_MAILS = {OrderStatus.PENDING_PAYMENT.value: "orders/mail/order_received"}


@dataclass(frozen=True, kw_only=True)
class WantedGood:
    """A line as it is typed in: how many of a size, and what to write on it."""

    variant_id: int
    quantity: int
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class CounterOrder:
    """All that staff type in.

    ``slot_id`` None: the next time that everything can be had. ``codes`` of coupons. The terms'
    channel is counter or phone; ``hold_for`` None holds the goods for the usual time.
    """

    goods: Sequence[WantedGood]
    customer: Customer
    terms: Terms
    slot_id: int | None = None
    codes: Sequence[str] = ()


def take_order(
    *, wanted: CounterOrder, expected_total: Decimal | None, actor: str, at: datetime
) -> OrderView:
    """Place an order for a customer at the counter or on the phone.

    It passes the same gates as one of the shop's page: prices, stock, the room of the slot, times
    of preparation, coupons. Nobody can override them here. A name and a mailbox are not needed at
    the counter; on the phone a number is. Without a mailbox nothing is mailed.

    Raises as `place_and_view` does; `Invalid` also ``phone_needed``, ``bad_hold``,
    ``bad_channel``, ``too_many_lines``, ``no_time_left`` or ``account_unknown``. In a transaction
    of the caller's, these must end it.
    """
    _check(wanted)
    return _place(wanted, expected_total=expected_total, actor=actor, at=at)


def preview_order(*, wanted: CounterOrder, actor: str, at: datetime) -> OrderView:
    """Return what `take_order` would place now, with nothing placed; raises as it does.

    Who orders need not be known yet.
    """
    customer = wanted.customer
    if not customer.name.strip():
        customer = replace(customer, name=WALK_IN)
    with transaction.atomic():
        view = _place(replace(wanted, customer=customer), expected_total=None, actor=actor, at=at)
        transaction.set_rollback(True)
    return view


def _check(wanted: CounterOrder) -> None:
    terms = wanted.terms
    if terms.channel not in {Channel.COUNTER, Channel.PHONE}:
        raise Invalid("bad_channel", "Staff take orders at the counter or by phone.")
    if terms.channel == Channel.PHONE and not wanted.customer.phone.strip():
        raise Invalid("phone_needed", "Note the number of who is on the phone.")
    most = timedelta(hours=settings.COUNTER_HOLD_HOURS)
    if terms.hold_for is not None and not timedelta(0) < terms.hold_for <= most:
        raise Invalid(
            "bad_hold", f"Goods are held unpaid for 1 to {settings.COUNTER_HOLD_HOURS} hours."
        )


def _place(
    wanted: CounterOrder, *, expected_total: Decimal | None, actor: str, at: datetime
) -> OrderView:
    customer = wanted.customer
    if wanted.terms.channel == Channel.COUNTER and not customer.name.strip():
        customer = replace(customer, name=WALK_IN)
    _require_account(customer.user_id)
    lines = _merged(wanted.goods)
    with transaction.atomic(savepoint=False):
        slot_id = wanted.slot_id
        if slot_id is None and lines:
            slot_id = _next_slot(lines, at=at)
        cart = Cart(id=uuid4(), codes=list(wanted.codes), created_at=at, updated_at=at)
        insert([cart])
        insert(
            [
                CartLine(cart_id=cart.pk, variant_id=variant_id, quantity=quantity, message=text)
                for (variant_id, text), quantity in lines.items()
            ]
        )
        return place_and_view(
            cart_id=cart.pk,
            customer=customer,
            slot_id=slot_id or 0,
            expected_total=expected_total,
            terms=replace(wanted.terms, placed_by=actor),
            at=at,
        )


def _require_account(user_id: int | None) -> None:
    if user_id is None:
        return
    user = accounts.user(user_id)
    if user is None or not user.is_active or user.is_staff:
        raise Invalid("account_unknown", "There is no such account of a customer.")


def _merged(goods: Sequence[WantedGood]) -> dict[tuple[int, str], int]:
    """Return the pieces of each size with each message, in the order they were typed in."""
    lines: dict[tuple[int, str], int] = {}
    for good in goods:
        text = good.message.replace("\r\n", "\n")
        key = (good.variant_id, text if text.strip() else "")
        lines[key] = lines.get(key, 0) + good.quantity
    if len(lines) > MAX_LINES:
        raise Invalid("too_many_lines", f"An order has room for {MAX_LINES} lines.")
    return lines


def _next_slot(lines: Mapping[tuple[int, str], int], *, at: datetime) -> int:
    quantities: dict[int, int] = {}
    for (variant_id, _), quantity in lines.items():
        quantities[variant_id] = quantities.get(variant_id, 0) + quantity
    # What is sold no more has no time either; placing says so line by line.
    sold = catalog.sellable_variants(quantities)
    made = inventory.promise_for({pk: quantities[pk] for pk in sold}, at=at) if sold else None
    if made is None:
        return 0
    if made.slot is None:
        raise Invalid("no_time_left", inventory.promise_sentence(made))
    return made.slot.id


def send_pay_link(*, order_id: int, by: str, actor: str, at: datetime) -> str:
    """Send the customer where to pay what is due, by ``mail`` or ``sms``; return where to.

    That is of an order that waits, of one whose rest is due after a deposit, or of one that a
    change made dearer.

    Raises `NotFound`; `Conflict` ``not_payable`` or ``link_sent_enough``; `Invalid`
    ``no_mailbox``, ``no_phone`` or ``bad_way``.
    """
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        if not selectors.may_be_asked(order, at=at):
            raise Conflict("not_payable", "This order does not wait for a payment.")
        key = _free_key(order)
        to = _send_mail(order, key, at=at) if by == "mail" else _send_text(order, by, key, at=at)
        record_staff_action(
            order,
            "order.pay_link",
            actor=actor,
            old=order.status,
            reason=f"payment link by {by} to {to}",
            at=at,
        )
    return to


def _free_key(order: Order) -> str:
    keys = [mail_key(order.number, name) for name in LINKS_SENT]
    sent = len(list(messages.messages_of(keys=keys)))
    if sent >= len(keys):
        raise Conflict("link_sent_enough", "The link was sent often enough. Call the customer.")
    return keys[sent]


def _send_mail(order: Order, key: str, *, at: datetime) -> str:
    if not order.customer_email:
        raise Invalid("no_mailbox", "No mailbox is known for this order.")
    mail = selectors.mail_of(order.pk, at=at)
    template = _LINK_MAILS.get(order.status, "orders/mail/balance_to_pay")
    write_mail(mail=mail, template=template, key=key, at=at)
    return order.customer_email


def _send_text(order: Order, by: str, key: str, *, at: datetime) -> str:
    if by != "sms":
        raise Invalid("bad_way", "The link goes by mail or by sms.")
    if not order.customer_phone:
        raise Invalid("no_phone", "No phone number is known for this order.")
    mail = selectors.mail_of(order.pk, at=at)
    notifications.send_sms(
        to=order.customer_phone,
        body=notifications.write_text("orders/sms/pay_link", mail.context, mail.language),
        language=mail.language,
        dedupe_key=key,
        kind="pay_link",
        at=at,
    )
    return order.customer_phone
