"""The second factor of staff: an authenticator app, and recovery codes for when it is lost."""

from datetime import datetime

from django.db import transaction

from apps.accounts.adapters import authenticator
from apps.accounts.adapters.authenticator import Enrolment
from apps.accounts.models import RecoveryCode, User
from apps.accounts.rules import (
    RECOVERY_CODES,
    digest,
    is_totp_shaped,
    new_recovery_code,
    normal_code,
)
from apps.accounts.services.revocation import end_everything
from apps.accounts.services.trail import note
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one


def begin_enrolment(*, user_id: int) -> Enrolment:
    """Return what is needed to set up an authenticator; the same again until it is confirmed.

    Raises `Conflict` (``already_enrolled``) for somebody who has one: a password alone must not
    replace it.
    """
    with transaction.atomic():
        lock_one(User.objects.filter(pk=user_id), what="user")
        if authenticator.confirmed_device(user_id) is not None:
            raise Conflict("already_enrolled", "This account has an authenticator already.")
        return authenticator.describe(authenticator.pending_device(user_id))


def confirm_enrolment(*, user_id: int, code: str, at: datetime) -> list[str]:
    """Make the authenticator count once it produced a right code; return the recovery codes.

    They are shown once and stored hashed. Raises `Invalid` (``otp_invalid``), `Conflict`
    (``already_enrolled``).
    """
    if authenticator.confirmed_device(user_id) is not None:
        raise Conflict("already_enrolled", "This account has an authenticator already.")
    device = authenticator.accept_code(authenticator.pending_device(user_id).pk, code)
    if device is None:
        raise Invalid("otp_invalid", "This code is wrong. Is the clock of the phone right?")
    with transaction.atomic():
        lock_one(User.objects.filter(pk=user_id), what="user")
        if authenticator.confirmed_device(user_id) is not None:
            raise Conflict("already_enrolled", "This account has an authenticator already.")
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        note(user_id=user_id, action="enrol_second_factor", actor=f"user:{user_id}", at=at)
        return _new_codes(user_id, at=at)


def renew_recovery_codes(*, user_id: int, actor: str, at: datetime) -> list[str]:
    """Replace all recovery codes and return the new ones, which are shown once."""
    with transaction.atomic():
        lock_one(User.objects.filter(pk=user_id), what="user")
        note(user_id=user_id, action="renew_recovery_codes", actor=actor, at=at)
        return _new_codes(user_id, at=at)


def _new_codes(user_id: int, *, at: datetime) -> list[str]:
    RecoveryCode.objects.filter(user_id=user_id).delete()
    codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user_id=user_id, digest=digest(normal_code(code)), created_at=at)
        for code in codes
    )
    return codes


def verify_second_factor(*, user_id: int, code: str, at: datetime) -> bool:
    """Accept a one-time code that was not used before, or an unused recovery code.

    Counts failures on the device, which then waits 1, 2, 4, ... seconds; so never call this
    inside a transaction that may roll back.
    """
    device = authenticator.confirmed_device(user_id)
    if device is None:
        return False
    typed = normal_code(code)
    if is_totp_shaped(typed):
        return authenticator.accept_code(device.pk, typed) is not None
    return _spend_recovery_code(user_id, typed, at=at)


def _spend_recovery_code(user_id: int, typed: str, *, at: datetime) -> bool:
    with transaction.atomic():
        spent = RecoveryCode.objects.filter(
            user_id=user_id, digest=digest(typed), used_at=None
        ).update(used_at=at)
        if spent:
            left = RecoveryCode.objects.filter(user_id=user_id, used_at=None).count()
            changes = {"recovery_codes_left": [left + 1, left]}
            actor = f"user:{user_id}"
            note(user_id=user_id, action="use_recovery_code", actor=actor, at=at, changes=changes)
    return bool(spent)


def reset_second_factor(*, user_id: int, actor: str, reason: str, at: datetime) -> None:
    """Forget the authenticator and recovery codes of a user, and end all sessions.

    The next log-in in the console sets up a new one.
    """
    with transaction.atomic():
        user = lock_one(User.objects.filter(pk=user_id), what="user")
        authenticator.forget(user_id)
        RecoveryCode.objects.filter(user_id=user_id).delete()
        end_everything(user, at=at)
        note(user_id=user_id, action="reset_second_factor", actor=actor, reason=reason, at=at)
