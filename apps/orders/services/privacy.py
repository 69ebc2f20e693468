"""Erasing a person from orders while the books stay.

Taken out: name, mailbox, phone, address (but for region and country, which the tax follows), notes,
what was written on cakes, the day of the feast, pictures and whose carts they were. Kept, because
the law wants the books for years: numbers, goods, prices, tax, payments and moments.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from django.db import transaction

from apps.accounts import selectors as accounts
from apps.loyalty import services as loyalty
from apps.notifications import selectors as written
from apps.notifications import services as notifications
from apps.orders.events import OrderErased
from apps.orders.models import (
    BoardEvent,
    CalendarFeed,
    Cart,
    CartEvent,
    MailboxClaim,
    Order,
    OrderEdit,
    OrderLine,
    OrderNote,
    OrderPicture,
    OrderTransition,
    WaitEntry,
)
from apps.orders.rules.alert_keys import alert_key
from apps.orders.rules.contact import clean_email
from apps.orders.selectors.customers import AHEAD, guest_orders, orders_of
from apps.orders.selectors.timeline import mail_key
from apps.orders.services.waitlist import forget_waiting, leave_waitlist
from apps.orders.states import WaitState
from bakery.kernel import audit, outbox
from bakery.kernel.errors import Conflict, NotFound
from bakery.kernel.locks import locked
from bakery.kernel.logs import fingerprint
from bakery.kernel.models import IdempotencyKey

if TYPE_CHECKING:
    from apps.accounts.models import User

ERASED = "erased"
_WAITS = (WaitState.WAITING, WaitState.OFFERED)


class GuestStep(Protocol):
    """What a higher app forgets of a guest."""

    def __call__(self, *, email: str, at: datetime) -> int:
        """Forget who has the mailbox, in lower case; return how many rows there were."""


_guest_steps: list[GuestStep] = []


def before_guest_erasure(*, step: GuestStep) -> None:
    """Let a higher app forget a guest with us, in the same transaction; called at start-up."""
    if step not in _guest_steps:
        _guest_steps.append(step)


def refuse_open_orders(*, user: "User", at: datetime) -> None:  # noqa: ARG001 - `before_erasure`
    """Raise `Conflict` ``open_orders`` while somebody still has to get something from us."""
    _refuse_open(orders_of(user.pk).filter(status__in=AHEAD).values_list("number", flat=True))
    loyalty.forget_mailbox(email=user.email)


def _refuse_open(numbers: Iterable[str]) -> None:
    if found := sorted(numbers):
        raise Conflict(
            "open_orders",
            f"There are orders that are not over: {', '.join(found[:10])}. Finish or cancel them.",
            details={"orders": found[:50]},
        )


def erase_account_orders(*, user_id: int, at: datetime) -> int:
    """Erase an erased account's person from its orders and from all that hangs on them.

    Returns how many orders were changed. One that is open, because it was placed while the account
    was being erased, is left for `erase_stragglers`.
    """
    with transaction.atomic():
        count = _erase(orders_of(user_id).exclude(status__in=AHEAD), at=at)
        CartEvent.objects.filter(user_id=user_id).update(user_id=None)
        Cart.objects.filter(user_id=user_id).delete()
        CalendarFeed.objects.filter(user_id=user_id).delete()
        MailboxClaim.objects.filter(user_id=user_id).delete()
        IdempotencyKey.objects.filter(scope=f"user:{user_id}").delete()
        forget_waiting(user_id=user_id, at=at)
    return count


def erase_stragglers(*, at: datetime) -> int:
    """Erase orders of erased accounts that were still open then and are over now."""
    late = Order.objects.filter(user__anonymised_at__isnull=False, erased_at=None)
    with transaction.atomic():
        return _erase(late.exclude(status__in=AHEAD), at=at)


def erase_guest(*, email: str, actor: str, reason: str, at: datetime) -> int:
    """Erase whoever ordered as a guest with this mailbox; return how many orders were changed.

    Raises `Invalid` ``bad_email``, `NotFound` ``nothing_to_erase``, `Conflict` ``has_account`` (an
    account is erased as such) or ``open_orders``.
    """
    mailbox = clean_email(email).lower()
    with transaction.atomic():
        if accounts.has_account(mailbox):
            raise Conflict("has_account", "This mailbox has an account: erase that.")
        mine = guest_orders(mailbox)
        _refuse_open(mine.filter(status__in=AHEAD).values_list("number", flat=True))
        waits = WaitEntry.objects.filter(email__iexact=mailbox)
        cards = loyalty.forget_mailbox(email=mailbox)
        more = sum(step(email=mailbox, at=at) for step in _guest_steps)
        if not (cards or more or mine.exists() or waits.exists() or _was_told(mailbox)):
            raise NotFound("nothing_to_erase", "Nothing is kept of this mailbox.")
        for entry in waits.filter(state__in=_WAITS):
            leave_waitlist(entry_id=entry.pk, actor="system", reason=ERASED, at=at)
        waits.delete()
        MailboxClaim.objects.filter(email=mailbox).delete()
        count = _erase(mine, at=at)
        notifications.erase_messages(recipients=[email.strip(), mailbox], at=at)
        about = fingerprint(mailbox)
        _note("orders.erase_guest", about, {"orders": [count, 0]}, actor, reason, at=at)
    return count


def _was_told(mailbox: str) -> bool:
    """Tell whether something was written to a mailbox, or whether it agreed to anything."""
    kept = written.kept_of([mailbox]) or written.messages_of(recipient=mailbox)
    return bool(kept)


def note_export(*, email: str, actor: str, reason: str, at: datetime) -> None:
    """Write into the trail that staff took somebody's data out; whose is told by a fingerprint."""
    _note("orders.export_person", fingerprint(email.strip().lower()), {}, actor, reason, at=at)


def _note(
    action: str,
    about: str,
    changes: dict[str, Any],
    actor: str,
    reason: str,
    *,
    at: datetime,
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_type="orders.person",
        object_id=about,
        changes=changes,
        reason=reason,
        at=at,
    )


def _erase(orders: Any, *, at: datetime) -> int:
    """Take the person out of ``orders`` and of the rows that hang on them."""
    rows = list(locked(orders.filter(erased_at=None)))
    ids = [order.pk for order in rows]
    phones = {order.customer_phone for order in rows}
    for order in rows:
        _blank(order, at=at)
    notifications.erase_messages(recipients=_nobody_s(phones), at=at)
    agreed = _forget_agreed(ids)
    OrderLine.objects.filter(order_id__in=ids).exclude(message="").update(message="")
    # The database lets these go only once their order is erased.
    BoardEvent.objects.filter(order_id__in=ids).delete()
    OrderNote.objects.filter(order_id__in=ids).delete()
    OrderPicture.objects.filter(order_id__in=ids).exclude(caption="").update(caption="")
    OrderTransition.objects.filter(subject_id__in=ids).exclude(reason="").update(reason="")
    for edit in OrderEdit.objects.filter(order_id__in=ids):
        OrderEdit.objects.filter(pk=edit.pk).update(
            before=_unwritten(edit.before, agreed),
            after=_unwritten(edit.after, agreed),
            changes=[],
            reason="",
        )
    numbers = [order.number for order in rows]
    IdempotencyKey.objects.filter(body__number__in=numbers).delete()
    notifications.erase_messages(
        key_prefixes=[mail_key(number, "") for number in numbers],
        alert_keys=[alert_key(number) for number in numbers],
        at=at,
    )
    for order in rows:
        outbox.emit(OrderErased(order_id=order.pk), key=order.number, at=at)
    return len(rows)


def _nobody_s(phones: Iterable[str]) -> list[str]:
    """Return those of ``phones`` that no other order and no account has."""
    return [
        phone
        for phone in sorted(phones)
        if phone
        and not Order.objects.filter(customer_phone=phone, erased_at=None).exists()
        and not accounts.owners_of(phone=phone)
    ]


def _blank(order: Order, *, at: datetime) -> None:
    address = order.delivery_address
    order.customer_name = ERASED
    order.customer_email = order.customer_phone = order.customer_note = order.pickup_code = ""
    order.handed_to = ""
    order.event_on = None
    if address is not None:
        order.delivery_address = {name: address.get(name, "") for name in ("region", "country")}
    order.erased_at = at
    order.save(
        update_fields=[
            "customer_name",
            "customer_email",
            "customer_phone",
            "customer_note",
            "pickup_code",
            "handed_to",
            "event_on",
            "delivery_address",
            "erased_at",
        ]
    )


def _forget_agreed(ids: list[int]) -> dict[int, str]:
    """Take what a custom cake was called, and its details in words, out of its line.

    Return how the private sizes are called now. What kinds of details there were is kept, so that
    the line is still known for one that was agreed.
    """
    called = {}
    for line in OrderLine.objects.filter(order_id__in=ids).exclude(details=[]):
        name = line.product_name.partition(":")[0]
        called[line.variant_id] = name
        OrderLine.objects.filter(pk=line.pk).update(
            product_name=name, details=[[label, ""] for label, _ in line.details]
        )
    return called


def _unwritten(snapshot: dict[str, Any], agreed: Mapping[int, str]) -> dict[str, Any]:
    """Return a record of an order without what was written on its cakes, or they were called."""
    lines = [
        {**line, "message": "", "name": agreed.get(line.get("variant_id"), line.get("name"))}
        for line in snapshot.get("lines", [])
    ]
    return {**snapshot, "lines": lines}
