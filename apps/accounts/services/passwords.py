"""Passwords: checked in equal time, changed with the end of every session."""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.events import PasswordChanged
from apps.accounts.models import MailboxToken, User
from apps.accounts.rules import normal_address
from apps.accounts.services.revocation import end_everything
from apps.accounts.services.trail import note
from bakery.kernel import outbox
from bakery.kernel.errors import Invalid
from bakery.kernel.locks import lock_one


def require_good_password(password: str, *, email: str, full_name: str = "") -> None:
    """Raise `Invalid` (``weak_password``) with the reasons in details.reasons."""
    try:
        validate_password(password, User(email=email, full_name=full_name))
    except ValidationError as error:
        raise Invalid(
            "weak_password", " ".join(error.messages), details={"reasons": error.messages}
        ) from error


def check_credentials(*, email: str, password: str) -> User | None:
    """Return the active user with this e-mail and password, or None.

    Does one Argon2 computation whatever the case, so that the time does not tell whether there
    is such an account. A hash of lower cost is replaced on success.
    """
    user = User.objects.filter(email=normal_address(email)).first()
    if user is None or not user.has_usable_password():
        make_password(password)
        return None
    if not user.check_password(password):
        return None
    return user if user.is_active else None


def change_password(*, user_id: int, current: str, new: str, at: datetime) -> User:
    """Replace the password of somebody who knows it, and end every session and token.

    Raises `Invalid`: ``wrong_password``, ``weak_password``.
    """
    user = User.objects.get(pk=user_id)
    if not user.check_password(current):
        raise Invalid("wrong_password", "The current password is wrong.")
    require_good_password(new, email=user.email, full_name=user.full_name)
    return replace_password(user_id=user_id, encoded=make_password(new), at=at)


def replace_password(*, user_id: int, encoded: str, at: datetime, actor: str = "") -> User:
    """Store an encoded password, end every session, token and mailed link, tell the owner."""
    with transaction.atomic():
        user = lock_one(User.objects.filter(pk=user_id), what="user")
        user.password = encoded
        user.save(update_fields=["password"])
        end_everything(user, at=at)
        MailboxToken.objects.filter(user=user, used_at=None).update(used_at=at)
        note(user_id=user_id, action="password", actor=actor or f"user:{user_id}", at=at)
        outbox.emit(PasswordChanged(user_id=user_id), key=f"{user_id}:{user.token_version}", at=at)
    return user
