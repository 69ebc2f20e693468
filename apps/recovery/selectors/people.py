"""Who left a cart, where they may be reached, and what they bought."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.loyalty.selectors.customers import mailbox_of
from apps.orders.models import Cart, Order
from apps.orders.states import OrderStatus
from bakery.kernel.logs import fingerprint

_CALLED_OFF = (OrderStatus.EXPIRED, OrderStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Reach:
    """Who left a cart: an account or a guest who left an address; ``phone`` is E.164."""

    user_id: int | None
    email: str
    phone: str
    language: str

    @property
    def person(self) -> str:
        """A keyed hash that stays the same for a mailbox, else for a number."""
        return person_of(email=self.email, phone=self.phone)


def person_of(*, email: str, phone: str = "") -> str:
    """Return the key of who has a mailbox, else of who has a number; "" for nobody."""
    mailbox = mailbox_of(email)
    if mailbox:
        return f"mail:{mailbox}"
    return f"tel:{fingerprint(phone)}" if phone else ""


def reach_of(cart: Cart) -> Reach | None:
    """Return who left ``cart``, None when nobody knows or they must not be written to."""
    user = cart.user
    if user is not None:
        if user.is_staff or not user.is_active or user.email_verified_at is None:
            return None
        return Reach(user.pk, user.email, str(user.phone or ""), user.language)
    contact = getattr(cart, "contact", None)
    if contact is None:
        return None
    return Reach(None, contact.email, contact.phone, contact.language)


def order_of(order_id: int) -> Order | None:
    """Return an order with its account."""
    return Order.objects.select_related("user").filter(pk=order_id).first()


def keys_of_order(order: Order) -> set[str]:
    """Return all keys under which who ordered may have left a cart."""
    keys = {
        person_of(email=order.customer_email),
        person_of(email="", phone=order.customer_phone),
    }
    if order.user is not None:
        keys.add(person_of(email=order.user.email))
    return keys - {""}


def is_customers(phone: str) -> bool:
    """Tell whether a number is of an order whose customer was not erased."""
    return Order.objects.filter(customer_phone=phone, erased_at=None).exists()


def has_bought(reach: Reach, *, since: datetime, cart_ids: Collection[UUID] = ()) -> bool:
    """Tell whether a cart of ``cart_ids``, or anything by this person, was ordered since."""
    mine = Q(cart_id__in=list(cart_ids))
    if reach.user_id is not None:
        mine |= Q(user_id=reach.user_id)
    if reach.email:
        mine |= Q(customer_email__iexact=reach.email)
    if reach.phone:
        mine |= Q(customer_phone=reach.phone)
    rows = Order.objects.filter(mine, placed_at__gt=since).exclude(status__in=_CALLED_OFF)
    return rows.exists()
