"""What an order is placed with."""

from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from apps.orders.rules.contact import clean_phone
from apps.orders.states import Channel, Fulfilment
from bakery.kernel import wording
from bakery.kernel.errors import Invalid
from bakery.kernel.postal import LONGEST, clean_address


@dataclass(frozen=True, kw_only=True)
class Customer:
    """Who orders; ``user_id`` for an account, None for a guest."""

    name: str
    email: str
    phone: str = ""
    user_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where an order is brought; ``latitude`` and ``longitude`` in degrees (WGS 84), if known."""

    recipient: str
    phone: str = ""
    line1: str
    line2: str = ""
    city: str
    region: str = ""
    postcode: str
    country: str
    instructions: str = ""
    latitude: float | None = None
    longitude: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept with an order."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How an order is placed, beside what, by whom and for when.

    ``event_confirmed``: the customer was asked about an ``event_on`` that does not fit the day of
    pickup and means it. ``placed_by`` names the staff who typed it in; ``hold_for`` is how long
    its goods are kept unpaid, None for the usual time. ``offer`` is the key of a place that the
    waiting list holds for the customer. ``language`` is what its mails and documents are written
    in, "" for that of the account.
    """

    fulfilment: Fulfilment = Fulfilment.PICKUP
    address: Address | None = None
    event_on: date | None = None
    event_confirmed: bool = False
    note: str = ""
    channel: Channel = Channel.WEB
    placed_by: str = ""
    hold_for: timedelta | None = None
    offer: UUID | None = None
    language: str = ""


def checked_terms(terms: Terms, *, country: str) -> Terms:
    """Return ``terms`` with the address as it is kept; phones without + are ``country``'s.

    Of an order that is picked up the address is dropped. Raises `Invalid` as `clean_address`,
    ``bad_phone`` with ``details.field``, and ``bad_language``.
    """
    if terms.language and wording.language_of(terms.language) != terms.language:
        raise Invalid("bad_language", "We write in English or in French.")
    if terms.fulfilment != Fulfilment.DELIVERY or terms.address is None:
        return replace(terms, address=None)
    texts: dict[str, Any] = clean_address({name: getattr(terms.address, name) for name in LONGEST})
    try:
        phone = clean_phone(terms.address.phone, country=country)
    except Invalid as error:
        raise Invalid(error.code, error.message, details={"field": "phone"}) from error
    return replace(terms, address=replace(terms.address, phone=phone, **texts))
