"""What may be changed of an order, what was, and what of its money was taken by hand."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, Sum

from apps.catalog.models import Variant
from apps.catalog.states import ProductStatus
from apps.inventory import selectors as inventory
from apps.orders.models import Order, OrderEdit, OrderLine, Tender
from apps.orders.rules.pickup import short_text
from apps.orders.rules.tickets import what_changed
from apps.orders.selectors.mails import Mail, mail_of
from apps.orders.states import TenderKind
from bakery.kernel import clock, wording

DAYS_SHOWN = 21
_ZERO = Decimal(0)


@dataclass(frozen=True)
class EditableLine:
    """A line that may be changed; ``message_max_length`` is None when it is not sold any more.

    One that ``is_private`` stays as it was agreed.
    """

    position: int
    variant_id: int
    description: str
    quantity: int
    message: str
    unit_price: Decimal
    message_max_length: int | None
    is_private: bool


@dataclass(frozen=True)
class HandMoney:
    """What of an order was paid at the counter, and what of all its money goes back by now.

    ``status`` is the order's: what goes back of one that ended is everything.
    """

    number: str
    currency: str
    status: str
    by_hand: Decimal
    owed: Decimal


def editable_lines(order: Order) -> list[EditableLine]:
    """Return the order's lines with what may be written on them today: two statements."""
    lines = list(OrderLine.objects.filter(order_id=order.pk).order_by("position"))
    limits = dict(
        _on_sale()
        .filter(pk__in={line.variant_id for line in lines})
        .values_list("pk", "message_max_length")
    )
    return [
        EditableLine(
            position=line.position,
            variant_id=line.variant_id,
            description=line.description,
            quantity=line.quantity,
            message=line.message,
            unit_price=line.unit_price,
            message_max_length=limits.get(line.variant_id),
            is_private=line.is_private,
        )
        for line in lines
    ]


def goods_on_sale() -> list[tuple[int, str]]:
    """Return every size that may be added to an order, with how people call it: one statement."""
    rows = _on_sale().order_by("product__name", "pk").values_list("pk", "product__name", "name")
    return [(pk, f"{product}, {size}" if size else product) for pk, product, size in rows]


def times_to_choose(order: Order, *, at: datetime) -> list[tuple[int, str]]:
    """Return pickup times with a place left, and the order's own first, in the shop's words."""
    zone = clock.shop_zone()
    own = f"{short_text(order.pickup_starts_at, zone)} (as it is)"
    slots = inventory.open_slots(at=at, earliest=at + timedelta(minutes=5), days=DAYS_SHOWN)
    return [
        (order.slot_id, own),
        *(
            (slot.id, short_text(slot.starts_at, zone))
            for slot in slots
            if slot.id != order.slot_id
        ),
    ]


def latest_edit(order_id: int, *, revision: int) -> OrderEdit | None:
    """Return the change that made ``revision``, None when there was none."""
    return OrderEdit.objects.filter(order_id=order_id, revision=revision).first()


def edit_mail(order_id: int, *, revision: int, at: datetime) -> Mail | None:
    """Return the mail about a change; None without a mailbox, or when it was changed again."""
    mail, edit = mail_of(order_id, at=at), latest_edit(order_id, revision=revision)
    order = Order.objects.get(pk=order_id)
    if edit is None or order.revision != revision or not mail.to:
        return None
    amount = partial(wording.amount_text, currency=order.currency, language=mail.language)
    more = {
        "changes": _changes_in(mail.language, edit, ZoneInfo(order.zone)),
        "due": amount(order.balance) if order.balance > 0 else "",
        "owed": amount(edit.owed) if edit.owed else "",
    }
    return replace(mail, context=mail.context | more)


def _changes_in(language: str, edit: OrderEdit, zone: ZoneInfo) -> list[str]:
    """Return what an edit changed as it was told then, or anew in another language."""
    if language == wording.DEFAULT:
        return list(edit.changes)
    before, after = (
        {
            **told,
            "pickup_short": short_text(
                datetime.fromisoformat(told["pickup_starts_at"]), zone, language
            ),
        }
        for told in (edit.before, edit.after)
    )
    return what_changed(before, {**after, "customer_note": "", "notes": []}, language)


def money_by_hand(order_id: int) -> HandMoney:
    """Return what a refund must know of money that Stripe never saw."""
    order = Order.objects.only("number", "currency", "status", "refunded_total").get(pk=order_id)
    tenders = Tender.objects.filter(order_id=order_id)
    by_hand = tenders.filter(~Q(kind=TenderKind.ONLINE)).aggregate(sum=Sum("amount"))["sum"]
    return HandMoney(
        order.number, order.currency, order.status, by_hand or _ZERO, order.refunded_total
    )


def _on_sale() -> QuerySet[Variant]:
    return Variant.objects.filter(
        archived_at=None, product__status=ProductStatus.PUBLISHED
    ).order_by()
