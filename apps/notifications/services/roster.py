"""Who is told of an alert: the people on duty, in their order."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings

from apps.notifications import rules
from apps.notifications.models import AlertContact
from apps.notifications.rules.duty import is_on_duty
from bakery.kernel import clock

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who is told; without a phone they are mailed only."""

    name: str = ""
    phone: str = ""
    email: str = ""
    language: str = "en"
    takes_calls: bool = True


def people_on_duty(*, kind: str, at: datetime) -> list[Person]:
    """Return who is told of an alert of ``kind`` at ``at``, in their order.

    Nobody on duty: everybody of that kind; nobody of that kind: everybody. As long as the roster
    names nobody at all, the numbers and mailboxes of settings. What is mistyped is left out: it
    must not stop an alert.
    """
    contacts = list(AlertContact.objects.filter(is_active=True))
    of_kind = [one for one in contacts if not one.kinds or kind in one.kinds] or contacts
    local = at.astimezone(clock.shop_zone())
    on_duty = [
        one
        for one in of_kind
        if is_on_duty(local, weekdays=one.weekdays, from_time=one.from_time, to_time=one.to_time)
    ]
    people = [_usable(_person(one)) for one in on_duty or of_kind]
    return [one for one in people if one.phone or one.email] or people_of_settings()


def people_of_settings() -> list[Person]:
    """Return who is told while the roster is empty: ALERT_PHONES, then ALERT_EMAILS."""
    people = [
        *(_usable(Person(phone=phone)) for phone in settings.ALERT_PHONES),
        *(_usable(Person(email=mailbox)) for mailbox in settings.ALERT_EMAILS),
    ]
    return [one for one in people if one.phone or one.email]


def _usable(person: Person) -> Person:
    """Return somebody without what is no number, or no mailbox."""
    phone, email = person.phone, person.email
    if phone and not rules.is_phone(phone):
        logger.error("a number for alerts is not an E.164 number")
        phone = ""
    if email and not rules.is_mailbox(email):
        logger.error("a mailbox for alerts is not an e-mail address")
        email = ""
    return replace(person, phone=phone, email=email)


def find_person(address: str) -> Person | None:
    """Return who is reached at a number or mailbox; None for who is not on the roster."""
    contact = AlertContact.objects.reached_at(address).filter(is_active=True).first()
    if contact is not None:
        return _person(contact)
    if AlertContact.objects.filter(is_active=True).exists():
        return None
    return _first(people_of_settings(), address)


def name_of(address: str) -> str:
    """Return what is noted of somebody at ``address``: a name where there is one."""
    name = AlertContact.objects.reached_at(address).values_list("name", flat=True).first()
    return f"{name} {rules.mask(address)}" if name else rules.mask(address)


def _first(people: Iterable[Person], address: str) -> Person | None:
    return next((one for one in people if address in {one.phone, one.email}), None)


def _person(contact: AlertContact) -> Person:
    return Person(
        name=contact.name,
        phone=contact.phone,
        email=contact.email,
        language=contact.language,
        takes_calls=contact.takes_calls,
    )
