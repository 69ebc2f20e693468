"""The people who work here: their roles, and taking access away."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from apps.accounts import rules
from apps.accounts.adapters import authenticator
from apps.accounts.events import PasswordResetRequested
from apps.accounts.models import User
from apps.accounts.services.passwords import require_good_password
from apps.accounts.services.revocation import end_everything
from apps.accounts.services.trail import note
from bakery.kernel import outbox
from bakery.kernel.errors import Conflict, Invalid, Refused
from bakery.kernel.locks import advisory_lock, lock_one


def create_staff(
    *,
    email: str,
    roles: Iterable[str],
    full_name: str = "",
    password: str | None = None,
    totp_key: str | None = None,
    actor: str,
    at: datetime,
) -> User:
    """Create a member of staff.

    Without ``password`` a link to choose one is mailed. ``totp_key`` (hex) gives them a confirmed
    authenticator, for demos; otherwise the first log-in in the console sets one up. Raises
    `Invalid` (``unknown_role``, ``weak_password``), `Conflict` (``address_taken``).
    """
    address, names = rules.normal_address(email), _staff_roles(roles)
    if password is not None:
        require_good_password(password, email=address, full_name=full_name)
    with transaction.atomic():
        advisory_lock(f"mailbox:{address}")
        if User.objects.filter(email=address).exists():
            raise Conflict("address_taken", "There is an account with this address already.")
        user = User.objects.create_user(
            address, password, full_name=full_name, is_staff=True, email_verified_at=at
        )
        user.groups.set(_groups(names))
        if totp_key:
            authenticator.add_confirmed(user.pk, totp_key)
        note(
            user_id=user.pk,
            action="create_staff",
            actor=actor,
            at=at,
            changes={"roles": [[], names]},
        )
        if password is None:
            outbox.emit(PasswordResetRequested(user_id=user.pk), key=f"staff:{user.pk}", at=at)
    return user


def _staff_roles(roles: Iterable[str]) -> list[str]:
    names = sorted(set(roles))
    if unknown := rules.unknown_roles(names):
        raise Invalid("unknown_role", f"There is no role named {', '.join(unknown)}.")
    if not rules.is_staff(names):
        raise Invalid("unknown_role", "Staff need at least one role of staff.")
    return names


def _groups(names: Iterable[str]) -> list[Group]:
    return [Group.objects.get_or_create(name=name)[0] for name in names]


def set_roles(*, user_id: int, roles: Iterable[str], actor: str, reason: str, at: datetime) -> User:
    """Give a user exactly these roles; whoever has one of staff is staff, and nobody else.

    Ends all their sessions, so that no old right outlives the change. Raises `Invalid`
    (``unknown_role``), `Refused` (``own_access``) for one's own account.
    """
    names = sorted(set(roles))
    if unknown := rules.unknown_roles(names):
        raise Invalid("unknown_role", f"There is no role named {', '.join(unknown)}.")
    _refuse_own(user_id, actor)
    with transaction.atomic():
        user = lock_one(User.objects.filter(pk=user_id), what="user")
        before = sorted(user.groups.values_list("name", flat=True))
        user.groups.set(_groups(names))
        user.is_staff = rules.is_staff(names)
        user.save(update_fields=["is_staff"])
        end_everything(user, at=at)
        changes = {"roles": [before, names]}
        note(
            user_id=user_id, action="set_roles", actor=actor, reason=reason, at=at, changes=changes
        )
    return user


def _refuse_own(user_id: int, actor: str) -> None:
    if actor == f"user:{user_id}":
        raise Refused("own_access", "Somebody else has to change your own access.")


def disable_user(*, user_id: int, actor: str, reason: str, at: datetime) -> User:
    """Close an account at once, with all its sessions. Raises `Refused` for one's own."""
    _refuse_own(user_id, actor)
    with transaction.atomic():
        user = lock_one(User.objects.filter(pk=user_id), what="user")
        was = user.is_active
        user.is_active = False
        user.save(update_fields=["is_active"])
        end_everything(user, at=at)
        changes = {"is_active": [was, False]}
        note(user_id=user_id, action="disable", actor=actor, reason=reason, at=at, changes=changes)
    return user


def enable_user(*, user_id: int, actor: str, reason: str, at: datetime) -> User:
    """Open a disabled account again. Raises `Conflict` (``erased``) for an erased person."""
    _refuse_own(user_id, actor)
    with transaction.atomic():
        user = lock_one(User.objects.filter(pk=user_id), what="user")
        if user.anonymised_at is not None:
            raise Conflict("erased", "This person's data were erased; the account stays closed.")
        was = user.is_active
        user.is_active = True
        user.save(update_fields=["is_active"])
        changes = {"is_active": [was, True]}
        note(user_id=user_id, action="enable", actor=actor, reason=reason, at=at, changes=changes)
    return user


def sync_roles() -> list[str]:
    """Make the groups and their permissions what `rules.ROLE_PERMISSIONS` says.

    Returns the permissions named there that no installed app declares; those are left out.
    """
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    missing: set[str] = set()
    with transaction.atomic():
        for role, names in rules.ROLE_PERMISSIONS.items():
            group, _ = Group.objects.get_or_create(name=role)
            group.permissions.set(known[name] for name in names if name in known)
            missing |= names - known.keys()
    return sorted(missing)
