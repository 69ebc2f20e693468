"""Tokens: log in, refresh once, notice a copied token, log out here or everywhere.

simplejwt's own rotation lets several parallel refreshes of one token succeed and leaves the
descendants of a replayed token alive, so refresh tokens are ours: random, stored hashed, spent by
one conditional UPDATE, and tied in families that are revoked as a whole.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.accounts.adapters.authenticator import confirmed_device
from apps.accounts.adapters.signing import sign_access
from apps.accounts.events import RefreshTokenReused
from apps.accounts.models import RefreshFamily, RefreshToken, User
from apps.accounts.rules import digest, new_secret
from apps.accounts.services.passwords import check_credentials
from apps.accounts.services.refusals import NotAuthenticated, wrong_credentials
from apps.accounts.services.revocation import end_everything, revoke_family
from apps.accounts.services.second_factor import verify_second_factor
from apps.accounts.services.trail import note
from apps.accounts.states import RevokeReason
from bakery.kernel import outbox
from bakery.kernel.errors import Refused
from bakery.kernel.locks import lock_one


@dataclass(frozen=True)
class TokenPair:
    """An access token, the refresh token that replaces it once, and seconds until it expires."""

    access: str
    refresh: str
    expires_in: int


def log_in(*, email: str, password: str, code: str = "", at: datetime) -> TokenPair:
    """Open a family of tokens. Staff prove a one-time (or recovery) code as well.

    Raises `NotAuthenticated`: ``wrong_credentials``, ``otp_required``, ``otp_invalid``; `Refused`:
    ``mailbox_unverified``, and ``otp_enrolment_required`` for staff without an authenticator,
    who set it up in the console and get no token before.
    """
    user = check_credentials(email=email, password=password)
    if user is None:
        raise wrong_credentials()
    if user.email_verified_at is None:
        raise Refused("mailbox_unverified", "Confirm your e-mail address first.")
    if user.is_staff:
        _require_code(user, code, at=at)
    with transaction.atomic():
        _require_unchanged(user)
        family = RefreshFamily.objects.create(
            user=user, created_at=at, otp_at=at if user.is_staff else None
        )
        User.objects.filter(pk=user.pk).update(last_login=at)
        return _issue(family, user, at=at)


def _require_code(user: User, code: str, *, at: datetime) -> None:
    if confirmed_device(user.pk) is None:
        raise Refused("otp_enrolment_required", "Set up your authenticator in the console first.")
    if not code:
        raise NotAuthenticated("otp_required", "Send the code of your authenticator as well.")
    if not verify_second_factor(user_id=user.pk, code=code, at=at):
        raise NotAuthenticated("otp_invalid", "This code is wrong or was used before.")


def _require_unchanged(user: User) -> None:
    """Refuse when the password changed, or the account was disabled, since it was checked."""
    row = lock_one(User.objects.filter(pk=user.pk), what="user")
    if row.token_version != user.token_version or not row.is_active:
        raise wrong_credentials()


def _issue(family: RefreshFamily, user: User, *, at: datetime) -> TokenPair:
    refresh = new_secret()
    RefreshToken.objects.create(
        digest=digest(refresh),
        family=family,
        issued_at=at,
        expires_at=at + settings.JWT_REFRESH_LIFETIME,
    )
    return TokenPair(
        access=_access(family, user, at=at),
        refresh=refresh,
        expires_in=int(settings.JWT_ACCESS_LIFETIME.total_seconds()),
    )


def _access(family: RefreshFamily, user: User, *, at: datetime) -> str:
    return sign_access(
        user_id=user.pk,
        token_version=user.token_version,
        family=family.pk,
        otp_at=family.otp_at,
        at=at,
    )


def refresh_tokens(*, refresh: str, at: datetime) -> TokenPair:
    """Spend a refresh token for a new pair: of parallel callers exactly one succeeds.

    A token that was spent before revokes its family and the owner is told. Raises
    `NotAuthenticated` (``refresh_invalid``) in every case but success, always the same.
    """
    with transaction.atomic():
        # Only columns of this row may be in the condition: a caller that waited for another's
        # UPDATE sees them re-evaluated, which a joined condition would not be.
        tokens = RefreshToken.objects.filter(digest=digest(refresh))
        if tokens.spendable(at=at).update(used_at=at):
            pair = _renew(tokens.select_related("family__user").get(), at=at)
        else:
            pair = None
            _notice_reuse(tokens.first(), at=at)
    if pair is None:
        raise NotAuthenticated("refresh_invalid", "This refresh token is not valid. Log in again.")
    return pair


def _renew(token: RefreshToken, *, at: datetime) -> TokenPair | None:
    family, user = token.family, token.family.user
    if family.revoked_at is not None or not user.is_active:
        return None
    if user.is_staff and family.otp_at is None:
        return None
    return _issue(family, user, at=at)


def _notice_reuse(token: RefreshToken | None, *, at: datetime) -> None:
    if token is None or token.used_at is None:
        return
    if revoke_family(token.family_id, reason=RevokeReason.REUSE, at=at):
        user_id = RefreshFamily.objects.values_list("user_id", flat=True).get(pk=token.family_id)
        note(user_id=user_id, action="refresh_reused", actor="system", at=at)
        outbox.emit(RefreshTokenReused(user_id=user_id), key=str(token.family_id), at=at)


def step_up(*, user_id: int, family_id: UUID, code: str, at: datetime) -> TokenPair:
    """Prove a fresh code in an open family; return an access token that says so (no refresh).

    Raises `NotAuthenticated` (``otp_invalid``).
    """
    if not verify_second_factor(user_id=user_id, code=code, at=at):
        raise NotAuthenticated("otp_invalid", "This code is wrong or was used before.")
    with transaction.atomic():
        families = RefreshFamily.objects.filter(pk=family_id, user_id=user_id, revoked_at=None)
        family = lock_one(families, what="session")
        family.otp_at = at
        family.save(update_fields=["otp_at"])
        return TokenPair(
            access=_access(family, User.objects.get(pk=user_id), at=at),
            refresh="",
            expires_in=int(settings.JWT_ACCESS_LIFETIME.total_seconds()),
        )


def log_out(*, refresh: str, at: datetime) -> None:
    """Revoke the family of a refresh token; an unknown or revoked one is fine too."""
    token = RefreshToken.objects.filter(digest=digest(refresh)).first()
    if token is not None:
        revoke_family(token.family_id, reason=RevokeReason.LOGOUT, at=at)


def end_sessions(*, user_id: int, actor: str, reason: str = "", at: datetime) -> User:
    """Log out everywhere: tokens, browser sessions and, within seconds, sockets."""
    with transaction.atomic():
        user = lock_one(User.objects.filter(pk=user_id), what="user")
        end_everything(user, at=at)
        note(user_id=user_id, action="end_sessions", actor=actor, reason=reason, at=at)
    return user
