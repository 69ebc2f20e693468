"""Where a guest, or an account, wants to be reminded of a cart."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.notifications import services as notifications
from apps.notifications.services.consent import refusal_of
from apps.notifications.states import Channel, Topic
from apps.orders import selectors as orders
from apps.orders.selectors.extensions import PagePart
from apps.recovery.models import CartContact
from apps.recovery.rules.addresses import clean_mailbox, clean_number
from apps.recovery.rules.wording import LANGUAGES, mail_wording, text_wording
from bakery.kernel.errors import Conflict, Invalid

if TYPE_CHECKING:
    from apps.orders.models import Cart
    from apps.orders.selectors import CartView

SOURCE = "cart"


@dataclass(frozen=True, slots=True)
class CartReach:
    """Where a cart's owner may be reminded: ``..._agreed`` once they confirmed it.

    ``mail_wording`` and ``text_wording`` are what who leaves an address agrees to.
    """

    email: str
    phone: str
    language: str
    mail_agreed: bool
    text_agreed: bool
    mail_wording: str
    text_wording: str


def read_cart_contact(
    *, cart_id: UUID, user_id: int | None, at: datetime, language: str = ""
) -> CartReach:
    """Return where this cart's owner may be reminded. Raises `NotFound` ``cart_not_found``."""
    cart = orders.require_cart(cart_id, user_id=user_id)
    email, phone, known = _addresses(cart)
    return _reach(email, phone, language or known, at=at)


def keep_cart_contact(
    *,
    cart_id: UUID,
    user_id: int | None,
    email: str,
    phone: str,
    language: str,
    at: datetime,
) -> CartReach:
    """Note where, and that, the cart's owner agreed to be reminded.

    A guest gives ``email``, ``phone`` or both; an account's own are taken, and what is given asks
    for the channel. Another mailbox than that of who is signed in, and every number, has to
    confirm first. The same again changes nothing and asks nobody anew. Raises `NotFound`
    ``cart_not_found``, `Conflict` ``cart_ordered``, and `Invalid`: ``no_address``,
    ``bad_email``, ``bad_phone``, ``bad_language`` or ``not_your_address``.
    """
    if language not in LANGUAGES:
        raise Invalid("bad_language", "We write English and French.", details={"field": "language"})
    mailbox = clean_mailbox(email)
    number = clean_number(phone, country=settings.SHOP_COUNTRY)
    if not mailbox and not number:
        raise Invalid("no_address", "Leave a mailbox or a number.", details={"field": "email"})
    with transaction.atomic():
        cart = orders.require_cart(cart_id, user_id=user_id)
        if cart.ordered_at is not None:
            raise Conflict("cart_ordered", "This cart was ordered already.")
        if cart.user_id is None:
            values = {"email": mailbox, "phone": number, "language": language, "changed_at": at}
            CartContact.objects.update_or_create(cart=cart, defaults=values)
        else:
            _require_own(cart, mailbox, number)
        _subscribe(cart, mailbox, number, language, at=at)
    return _reach(mailbox, number, language, at=at)


def forget_cart_contact(*, cart_id: UUID, user_id: int | None, at: datetime) -> None:
    """Forget a guest's address, or take an account's consent to reminders back; again is once.

    Raises `NotFound` ``cart_not_found``.
    """
    with transaction.atomic():
        cart = orders.require_cart(cart_id, user_id=user_id)
        if cart.user_id is None:
            CartContact.objects.filter(cart=cart).delete()
            return
        email, phone, _ = _addresses(cart)
        for channel, address in ((Channel.EMAIL, email), (Channel.SMS, phone)):
            if address and not _refused(channel, address, at):
                notifications.withdraw(
                    channel=channel, address=address, topic=Topic.CART, source=SOURCE, at=at
                )


def _addresses(cart: "Cart") -> tuple[str, str, str]:
    """Return the cart's mailbox, number and language."""
    if cart.user is not None:
        return cart.user.email, str(cart.user.phone or ""), cart.user.language
    contact = CartContact.objects.filter(cart=cart).first()
    return (contact.email, contact.phone, contact.language) if contact else ("", "", "en")


def _require_own(cart: "Cart", mailbox: str, number: str) -> None:
    own_mailbox, own_number, _ = _addresses(cart)
    if mailbox not in {"", own_mailbox} or number not in {"", own_number}:
        raise Invalid(
            "not_your_address",
            "Reminders of an account's cart go to the account's own addresses.",
            details={"field": "email" if mailbox not in {"", own_mailbox} else "phone"},
        )


def _subscribe(cart: "Cart", mailbox: str, number: str, language: str, *, at: datetime) -> None:
    """Note the consent, and let it be confirmed where it was not proved; the words are kept."""
    is_own = cart.user is not None and cart.user.email_verified_at is not None
    asked = (
        (Channel.EMAIL, mailbox, mail_wording(language, settings.SHOP_NAME), is_own),
        (Channel.SMS, number, text_wording(language, settings.SHOP_NAME), False),
    )
    for channel, address, words, proved in asked:
        if address and _refused(channel, address, at):
            notifications.subscribe(
                channel=channel,
                address=address,
                topic=Topic.CART,
                source=SOURCE,
                wording=words,
                at=at,
                language=language,
                proved=proved,
            )


def _refused(channel: Channel, address: str, at: datetime) -> bool:
    return bool(refusal_of(channel=channel, address=address, topic=Topic.CART, at=at))


def _reach(email: str, phone: str, language: str, *, at: datetime) -> CartReach:
    return CartReach(
        email=email,
        phone=phone,
        language=language if language in LANGUAGES else LANGUAGES[0],
        mail_agreed=bool(email) and not _refused(Channel.EMAIL, email, at),
        text_agreed=bool(phone) and not _refused(Channel.SMS, phone, at),
        mail_wording=mail_wording(language, settings.SHOP_NAME),
        text_wording=text_wording(language, settings.SHOP_NAME),
    )


def cart_part(cart: "CartView", at: datetime) -> PagePart | None:
    """Return the form that asks where to remind of a cart; see `add_cart_part`."""
    reach = read_cart_contact(cart_id=cart.id, user_id=cart.user_id, at=at)
    # An account's own addresses are in it already; guests who gave theirs see them.
    is_done = reach.mail_agreed or reach.text_agreed
    has_left = bool(reach.email or reach.phone) and cart.user_id is None
    part = {
        "reach": reach,
        "is_account": cart.user_id is not None,
        "is_done": is_done,
        "is_waiting": has_left and not is_done,
        "languages": LANGUAGES,
    }
    return PagePart("recovery/_cart_contact.html", part)
