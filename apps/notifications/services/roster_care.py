"""Keeping the roster: who is told of alerts, in which order, during which hours."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.db import transaction

from apps.notifications import rules
from apps.notifications.models import AlertContact
from apps.notifications.rules.wording import LANGUAGES
from apps.notifications.states import AlertKind
from bakery.kernel import audit
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import advisory_lock, lock_one

MAX_CONTACTS, MAX_POSITION = 100, 999
_NAME_LENGTH = 100
_FILLERS = re.compile(r"[\s().\-]+")
_COLUMNS = (
    *("name", "phone", "email", "language", "position", "takes_calls", "kinds", "weekdays"),
    *("from_time", "to_time", "is_active"),
)


@dataclass(frozen=True, kw_only=True)
class ContactWish:
    """How somebody's place on the roster shall be; None leaves that as it is.

    ``hours`` are two local times of the shop, each or both None for no limit.
    """

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    language: str | None = None
    position: int | None = None
    takes_calls: bool | None = None
    kinds: Collection[str] | None = None
    weekdays: Collection[int] | None = None
    hours: tuple[time | None, time | None] | None = None
    is_active: bool | None = None


def add_contact(*, wish: ContactWish, actor: str, at: datetime) -> AlertContact:
    """Put somebody on the roster. Raises as `change_contact`, and `Conflict` ``roster_full``."""
    with transaction.atomic():
        advisory_lock("alert-roster")
        if AlertContact.objects.count() >= MAX_CONTACTS:
            raise Conflict("roster_full", f"There are {MAX_CONTACTS} people already.")
        contact = AlertContact(name="")
        if wish.name is None:
            raise Invalid("bad_name", "Who is it?", details={"field": "name"})
        return _write(contact, {}, wish, action="add", actor=actor, at=at)


def change_contact(*, contact_id: int, wish: ContactWish, actor: str, at: datetime) -> AlertContact:
    """Change somebody's place on the roster, or take them off it (``is_active``).

    Raises `NotFound` ``contact_not_found`` and `Invalid` ``bad_name``, ``bad_phone``,
    ``bad_address``, ``not_reachable``, ``bad_language``, ``bad_position``, ``bad_kind`` or
    ``bad_weekday`` (details: field), `Conflict` ``contact_exists`` for a number or mailbox that
    is another active person's.
    """
    with transaction.atomic():
        advisory_lock("alert-roster")
        contact = lock_one(AlertContact.objects.filter(pk=contact_id), what="contact")
        return _write(contact, _as_it_is(contact), wish, action="change", actor=actor, at=at)


def _write(
    contact: AlertContact,
    before: dict[str, Any],
    wish: ContactWish,
    *,
    action: str,
    actor: str,
    at: datetime,
) -> AlertContact:
    _take_address(contact, wish)
    for name in ("takes_calls", "is_active"):
        if (value := getattr(wish, name)) is not None:
            setattr(contact, name, value)
    _take_duty(contact, wish)
    _require_alone(contact)
    contact.save()
    after = _as_it_is(contact)
    changes = {
        name: [_masked(name, before.get(name)), _masked(name, value)]
        for name, value in after.items()
        if before.get(name) != value
    }
    if changes:
        audit.record(
            actor=actor,
            action=f"alert_contact.{action}",
            object_type="notifications.alertcontact",
            object_id=contact.pk,
            changes=changes,
            at=at,
        )
    return contact


def _take_address(contact: AlertContact, wish: ContactWish) -> None:
    if wish.name is not None:
        contact.name = " ".join(wish.name.split())
        if not 1 <= len(contact.name) <= _NAME_LENGTH or not contact.name.isprintable():
            raise _bad("bad_name", f"A name has 1 to {_NAME_LENGTH} characters.", "name")
    if wish.phone is not None:
        contact.phone = _phone(wish.phone)
    if wish.email is not None:
        contact.email = _mailbox(wish.email)
    if not contact.phone and not contact.email:
        raise _bad("not_reachable", "Give a phone number or a mailbox.", "phone")
    if wish.language is not None:
        if wish.language not in LANGUAGES:
            raise _bad("bad_language", f"One of {', '.join(LANGUAGES)}.", "language")
        contact.language = wish.language


def _phone(text: str) -> str:
    phone = _FILLERS.sub("", text)
    if phone and not rules.is_phone(phone):
        raise _bad("bad_phone", "A phone number is written like +14165550123.", "phone")
    return phone


def _mailbox(text: str) -> str:
    email = text.strip().lower()
    if email and not rules.is_mailbox(email):
        raise _bad("bad_address", "That is not an e-mail address.", "email")
    return email


def _take_duty(contact: AlertContact, wish: ContactWish) -> None:
    if wish.position is not None:
        if not 0 <= wish.position <= MAX_POSITION:
            raise _bad("bad_position", f"A whole number from 0 to {MAX_POSITION}.", "position")
        contact.position = wish.position
    if wish.kinds is not None:
        if not set(wish.kinds) <= set(AlertKind.values):
            raise _bad("bad_kind", f"Kinds are {', '.join(AlertKind.values)}.", "kinds")
        contact.kinds = sorted(set(wish.kinds))
    if wish.weekdays is not None:
        if not set(wish.weekdays) <= set(range(7)):
            raise _bad("bad_weekday", "Weekdays are 0 (Monday) to 6 (Sunday).", "weekdays")
        contact.weekdays = sorted(set(wish.weekdays))
    if wish.hours is not None:
        contact.from_time, contact.to_time = wish.hours


def _require_alone(contact: AlertContact) -> None:
    """Two people with one number: who answered could not be told."""
    others = AlertContact.objects.filter(is_active=True).exclude(pk=contact.pk)
    if not contact.is_active:
        return
    for field in ("phone", "email"):
        value = getattr(contact, field)
        if value and others.filter(**{field: value}).exists():
            raise Conflict(
                "contact_exists", "Somebody else is reached there.", details={"field": field}
            )


def _bad(code: str, message: str, field: str) -> Invalid:
    return Invalid(code, message, details={"field": field})


def _as_it_is(contact: AlertContact) -> dict[str, Any]:
    values = {name: getattr(contact, name) for name in _COLUMNS}
    times = {name: f"{values[name]:%H:%M}" if values[name] else "" for name in _TIMES}
    return values | times


_TIMES = ("from_time", "to_time")


def _masked(name: str, value: Any) -> Any:
    return rules.mask(value) if name in {"phone", "email"} and value else value
