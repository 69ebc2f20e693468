"""Everything that is kept about one person, as they may ask for it."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q, QuerySet

from apps.accounts import selectors as accounts
from apps.accounts.models import Address, User
from apps.loyalty import selectors as loyalty
from apps.notifications import selectors as notifications
from apps.orders.models import Cart, CartEvent, Order, OrderLine, WaitEntry
from apps.orders.selectors.calendars import feed_since
from apps.orders.selectors.customers import guest_orders, orders_of
from apps.orders.selectors.extensions import person_rows, personal_rows

_BATCH = 200
_ORDER = (
    *("number", "public_id", "channel", "status", "placed_at", "paid_at", "currency", "subtotal"),
    *("discount_total", "tax_total", "total", "gift_card_total", "paid_total", "refunded_total"),
    "credited_total",
    *("points_spent", "fulfilment", "delivery_fee", "delivery_address", "pickup_local", "event_on"),
    *("customer_name", "customer_email", "customer_phone", "customer_note", "handed_to"),
)
_MOVE = ("kind", "delta", "delta_debt", "ref", "note", "at")
_CARD = ("last4", "initial", "balance", "currency", "state", "greeting", "issued_at", "expires_at")
_LINE = (
    *("product_name", "variant_name", "quantity", "message", "details", "unit_price"),
    *("line_total", "tax"),
)


def person_json(user: User, *, at: datetime) -> Iterator[str]:
    """Yield, piece by piece, one JSON object with all that is kept about an account's owner.

    Orders are read in batches, so that it takes little memory however many there are.
    """
    yield from _object(
        account=_account(user),
        addresses=_plain(accounts.addresses_of(user.pk)),
        points=_fields_of(loyalty.points_balance(user.pk, at=at)),
        points_moves=_rows(loyalty.history_of(user.pk), *_MOVE),
        gift_cards=_rows(_cards(user), *_CARD),
        invitation_code=loyalty.referrals_of(user.pk)[0],
        calendar_since=feed_since(user.pk),
        orders=_orders(orders_of(user.pk)),
        guest_orders=_orders(guest_orders(user.email) if user.email_verified_at else _none()),
        messages=_messages(user.email) + _messages(str(user.phone)),
        contacts=notifications.kept_of([user.email, str(user.phone)]),
        carts=_rows(Cart.objects.filter(user=user), "id", "codes", "points", "updated_at"),
        cart_events=_rows(
            CartEvent.objects.filter(user_id=user.pk), "kind", "variant_id", "quantity", "at"
        ),
        waiting=_rows(WaitEntry.objects.filter(user=user), "day", "state", "email", "joined_at"),
        **person_rows(user.email, str(user.phone)),
    )


def mailbox_json(email: str, *, at: datetime) -> Iterator[str]:
    """Yield all that is kept about a mailbox: its account's, or a guest's; for staff."""
    user = User.objects.filter(email=email.strip().lower()).first()
    return guest_json(email.strip().lower()) if user is None else person_json(user, at=at)


def guest_json(email: str) -> Iterator[str]:
    """Yield one JSON object with all that is kept about a guest's mailbox; for staff."""
    yield from _object(
        mailbox=email,
        orders=_orders(guest_orders(email)),
        messages=_messages(email),
        contacts=notifications.kept_of([email]),
        gift_cards=_rows(loyalty.card_rows().filter(recipient_email__iexact=email), *_CARD),
        waiting=_rows(
            WaitEntry.objects.filter(email__iexact=email, user=None),
            *("day", "state", "email", "joined_at"),
        ),
        **person_rows(email),
    )


def _cards(user: User) -> QuerySet[Any]:
    """Return the account's store credit, and what was mailed to its mailbox."""
    return loyalty.card_rows().filter(Q(user=user) | Q(recipient_email__iexact=user.email))


def _fields_of(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}


def _none() -> QuerySet[Order]:
    return Order.objects.none()


def _account(user: User) -> dict[str, Any]:
    return {
        "email": user.email,
        "email_verified_at": user.email_verified_at,
        "full_name": user.full_name,
        "phone": str(user.phone),
        "language": user.language,
        "created_at": user.created_at,
        "consents": list(user.consents.order_by("pk").values("purpose", "granted", "source", "at")),
    }


def _plain(addresses: Iterable[Address]) -> list[dict[str, Any]]:
    names = [field.name for field in Address._meta.concrete_fields if field.name != "user"]
    return [{name: getattr(row, name) for name in names} for row in addresses]


def _messages(email: str) -> list[dict[str, Any]]:
    return [_fields_of(row) for row in notifications.messages_of(recipient=email)]


def _rows(rows: QuerySet[Any], *names: str) -> Iterator[dict[str, Any]]:
    yield from rows.order_by("pk").values(*names).iterator(chunk_size=_BATCH)


def _orders(orders: QuerySet[Order]) -> Iterator[dict[str, Any]]:
    last = 0
    while batch := list(orders.filter(pk__gt=last).order_by("pk")[:_BATCH]):
        last = batch[-1].pk
        lines: dict[int, list[dict[str, Any]]] = {order.pk: [] for order in batch}
        for line in OrderLine.objects.filter(order_id__in=list(lines)).order_by("position"):
            lines[line.order_id].append({name: getattr(line, name) for name in _LINE})
        more = personal_rows(list(lines))
        for order in batch:
            yield {
                **{name: getattr(order, name) for name in _ORDER},
                "lines": lines[order.pk],
                **{name: rows.get(order.pk, []) for name, rows in more},
            }


def _object(**parts: Any) -> Iterator[str]:
    separator = "{"
    for name, value in parts.items():
        yield f"{separator}{json.dumps(name)}: "
        yield from _array(value) if isinstance(value, Iterator) else [_text(value)]
        separator = ",\n"
    yield "}\n"


def _array(rows: Iterator[Any]) -> Iterator[str]:
    separator = "["
    for row in rows:
        yield separator + _text(row)
        separator = ",\n "
    yield "[]" if separator == "[" else "]"


def _text(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
