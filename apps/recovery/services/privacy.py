"""Forgetting who left carts. That reminders were planned, and what came of them, stays as numbers.

A guest's address goes with the cart; messages are forgotten by notifications.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q

from apps.accounts import selectors as accounts
from apps.notifications import services as notifications
from apps.recovery.models import CartContact, RecoveryAttempt
from apps.recovery.selectors.people import is_customers, person_of

if TYPE_CHECKING:
    from apps.accounts.models import User


def forget_user(*, user: "User", at: datetime) -> None:
    """Forget an account's person; a step of erasing them."""
    forget_mailbox(email=user.email, phone=str(user.phone or ""), at=at)


def forget_mailbox(*, email: str, at: datetime, phone: str = "") -> int:
    """Forget who had a mailbox or a number; return how many rows there were.

    Also a number that they left beside the mailbox, unless somebody else has it.
    """
    mailbox = email.strip().lower()
    here = Q(email=mailbox) if mailbox else Q(pk=None)
    if phone:
        here |= Q(phone=phone)
    left = CartContact.objects.filter(here)
    numbers = {phone, *left.exclude(phone="").values_list("phone", flat=True)} - {""}
    gone, _ = left.delete()
    notifications.erase_messages(recipients=_nobody_s(numbers - {phone}), at=at)
    keys = {person_of(email=email), *(person_of(email="", phone=one) for one in numbers)} - {""}
    return gone + RecoveryAttempt.objects.filter(person__in=keys).update(person="")


def _nobody_s(phones: Iterable[str]) -> list[str]:
    """Return those of ``phones`` that no cart, no order and no account has."""
    return [
        phone
        for phone in sorted(phones)
        if not CartContact.objects.filter(phone=phone).exists()
        and not is_customers(phone)
        and not accounts.owners_of(phone=phone)
    ]


def forget_old(*, at: datetime) -> int:
    """Forget who it was in attempts older than `settings.CART_KEEP_DAYS`; return how many."""
    before = at - timedelta(days=settings.CART_KEEP_DAYS)
    rows = RecoveryAttempt.objects.filter(planned_at__lt=before).exclude(person="")
    return rows.update(person="")


def contact_rows(email: str, phone: str = "") -> list[dict[str, Any]]:
    """Return what is kept about who has a mailbox or a number, as plain data for them."""
    keys = {person_of(email=email), person_of(email="", phone=phone)} - {""}
    contacts = CartContact.objects.filter(
        Q(email=email.strip().lower()) | Q(phone=phone, phone__gt="")
    )
    kept = [
        {"email": row.email, "phone": row.phone, "language": row.language, "at": row.changed_at}
        for row in contacts.order_by("pk")[:200]
    ]
    names = ("step", "arm", "channel", "planned_at", "clicked_at", "restored_at", "recovered_at")
    attempts = RecoveryAttempt.objects.filter(person__in=keys).order_by("pk").values(*names)[:500]
    return [*kept, *attempts]
