"""What others may ask about accounts."""

from importlib import import_module
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.crypto import constant_time_compare
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts.models import Address, Consent, User
from apps.accounts.states import ConsentPurpose, MailboxPurpose
from bakery.kernel.errors import NotFound

_PAGES = {MailboxPurpose.VERIFY: "/account/verify/", MailboxPurpose.RESET: "/account/reset/"}


def user(user_id: int) -> User | None:
    """Return the user, or None when there is none (any more)."""
    return User.objects.filter(pk=user_id).first()


def owners_of(*, email: str = "", phone: str = "") -> list[User]:
    """Return the accounts with this mailbox, or this number in E.164, in the order of their keys.

    Several may have the same number. Erased ones have neither.
    """
    if email:
        found = User.objects.filter(email=email.strip().lower())
    else:
        found = User.objects.filter(phone=phone) if phone else User.objects.none()
    return list(found.order_by("pk"))


def has_account(email: str) -> bool:
    """Tell whether an account has this address, as `rules.normal_address` writes it."""
    return User.objects.filter(email=email).exists()


def roles(user_id: int) -> list[str]:
    """Return the names of the user's roles."""
    names = User.objects.filter(pk=user_id, groups__isnull=False).values_list("groups__name")
    return sorted(name for (name,) in names)


def user_rows() -> QuerySet[User]:
    """Return users, newest first, with ``roles`` (sorted names) and ``has_authenticator``."""
    devices = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
    return User.objects.order_by("-pk").annotate(
        roles=ArrayAgg(
            "groups__name", filter=Q(groups__isnull=False), order_by="groups__name", default=[]
        ),
        has_authenticator=Exists(devices),
    )


def consents(user_id: int) -> dict[str, bool]:
    """Return what holds for each purpose; nothing was ever said means no."""
    latest = (
        Consent.objects.filter(user_id=user_id)
        .order_by("purpose", "-id")
        .distinct("purpose")
        .values_list("purpose", "granted")
    )
    return {**dict.fromkeys(ConsentPurpose.values, False), **dict(latest)}


def addresses_of(user_id: int) -> list[Address]:
    """Return the account's addresses, its default first, then in the order of writing."""
    return list(Address.objects.filter(user_id=user_id).order_by("-is_default", "pk"))


def address_of(address_id: int, *, user_id: int) -> Address:
    """Return one of the account's addresses; raise `NotFound` ``address_not_found`` for others."""
    found = Address.objects.filter(pk=address_id, user_id=user_id).first()
    if found is None:
        raise NotFound("address_not_found", "There is no such address.")
    return found


def mailbox_link(*, purpose: str, token: str) -> str:
    """Return the address to mail for a token of `services.mint_mailbox_token`.

    Built from PUBLIC_BASE_URL, never from a request's Host.
    """
    return (
        f"{settings.PUBLIC_BASE_URL}{_PAGES[MailboxPurpose(purpose)]}?{urlencode({'token': token})}"
    )


def token_owner(*, user_id: int, token_version: int, family: UUID, otp: bool) -> User | None:
    """Return the active user of an access token whose log-in still stands, in one query.

    None after logout, password change, disabling, deletion or the revocation of its family, and
    for staff whose log-in proved no one-time code.
    """
    owner = User.objects.filter(
        pk=user_id,
        is_active=True,
        token_version=token_version,
        families__pk=family,
        families__revoked_at=None,
    ).first()
    return None if owner is None or (owner.is_staff and not otp) else owner


def is_session_valid(session_key: str | None, user_id: int) -> bool:
    """Tell whether a browser session still belongs to this active user.

    False after logout, expiry, a password change, "log out everywhere" and disabling. Sockets
    ask this again while they are open; an ordinary request need not.
    """
    if not session_key:
        return False
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    data = store.load()
    if data.get(SESSION_KEY) != str(user_id):
        return False
    owner = User.objects.filter(pk=user_id, is_active=True).first()
    return owner is not None and constant_time_compare(
        data.get(HASH_SESSION_KEY, ""), owner.get_session_auth_hash()
    )
