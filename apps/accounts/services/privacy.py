"""Erasing a person while the books stay."""

from datetime import datetime
from typing import Protocol

from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from apps.accounts.adapters import authenticator
from apps.accounts.events import UserAnonymised
from apps.accounts.models import (
    Address,
    MailboxRequest,
    MailboxToken,
    RecoveryCode,
    RefreshFamily,
    User,
)
from apps.accounts.services.revocation import end_everything
from apps.accounts.services.trail import note
from bakery.kernel import outbox
from bakery.kernel.locks import lock_one


class Step(Protocol):
    """What a higher app does before a person is erased."""

    def __call__(self, *, user: User, at: datetime) -> None:
        """Refuse by raising `Conflict`, or erase what only this person's address finds."""


_steps: list[Step] = []


def before_erasure(*, step: Step) -> None:
    """Let a higher app speak before a person is erased; called at start-up.

    ``step`` gets the user, still whole, and the moment, in the transaction that erases. It raises
    `Conflict` when the person cannot be erased now, and may erase what only their address finds.
    """
    if step not in _steps:
        _steps.append(step)


def anonymise_user(*, user_id: int, actor: str, reason: str, at: datetime) -> User:
    """Erase what identifies a person and close the account; again changes nothing.

    Orders, payments and consents keep pointing at the empty account, because the law wants the
    books for years; rooms that hold copies of names and addresses act on `UserAnonymised`, or
    before it, see `before_erasure`, whose refusals are raised.
    """
    with transaction.atomic():
        user = lock_one(User.objects.filter(pk=user_id), what="user")
        if user.anonymised_at is not None:
            return user
        for step in _steps:
            step(user=user, at=at)
        MailboxRequest.objects.filter(email=user.email).delete()
        for model in (MailboxToken, RecoveryCode, RefreshFamily, Address):
            model._default_manager.filter(user=user).delete()
        authenticator.forget(user_id)
        user.email, user.full_name, user.phone = f"erased-{user.pk}@erased.invalid", "", ""
        user.password = make_password(None)
        user.is_active = user.is_staff = user.is_superuser = False
        user.last_login, user.anonymised_at = None, at
        user.save()
        user.groups.clear()
        user.user_permissions.clear()
        end_everything(user, at=at)
        _forget_in_console_log(user_id)
        note(user_id=user_id, action="anonymise", actor=actor, reason=reason, at=at)
        outbox.emit(UserAnonymised(user_id=user_id), key=str(user_id), at=at)
    return user


def _forget_in_console_log(user_id: int) -> None:
    """Blank the address in Django's own list of recent console actions."""
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=kind, object_id=str(user_id)).update(object_repr="erased")
