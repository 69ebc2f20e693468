"""Forgetting who left carts. That reminders were planned, and what came of them, stays as numbers.

A guest's address goes with the cart; messages are forgotten by notifications.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q

from apps.recovery.models import CartContact, RecoveryAttempt
from apps.recovery.selectors.people import person_of

if TYPE_CHECKING:
    from apps.accounts.models import User


def forget_user(*, user: "User", at: datetime) -> None:  # noqa: ARG001 - `before_erasure`
    """Forget an account's person; a step of erasing them."""
    forget_mailbox(email=user.email, phone=str(user.phone or ""))


def forget_mailbox(*, email: str, phone: str = "") -> int:
    """Forget who had a mailbox or a number; return how many rows there were."""
    keys = {person_of(email=email), person_of(email="", phone=phone)} - {""}
    mailbox = email.strip().lower()
    here = Q(email=mailbox) if mailbox else Q(pk=None)
    if phone:
        here |= Q(phone=phone)
    gone, _ = CartContact.objects.filter(here).delete()
    return gone + RecoveryAttempt.objects.filter(person__in=keys).update(person="")


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
