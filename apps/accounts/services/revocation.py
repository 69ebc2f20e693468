"""Ending what was opened: one family of tokens, or everything that a user has open."""

from datetime import datetime
from uuid import UUID

from django.db.models import F

from apps.accounts.events import SessionsEnded
from apps.accounts.models import RefreshFamily, User
from apps.accounts.states import RevokeReason
from bakery.kernel import outbox


def revoke_family(family_id: UUID, *, reason: RevokeReason, at: datetime) -> bool:
    """Revoke a family, with its access tokens; return False when it was revoked already."""
    return bool(
        RefreshFamily.objects.filter(pk=family_id, revoked_at=None).update(
            revoked_at=at, revoke_reason=reason
        )
    )


def end_everything(user: User, *, at: datetime) -> None:
    """End every token and browser session of ``user``, whose row the caller has locked."""
    User.objects.filter(pk=user.pk).update(token_version=F("token_version") + 1)
    user.refresh_from_db(fields=["token_version"])
    RefreshFamily.objects.filter(user=user, revoked_at=None).update(
        revoked_at=at, revoke_reason=RevokeReason.ENDED
    )
    outbox.emit(SessionsEnded(user_id=user.pk), key=f"{user.pk}:{user.token_version}", at=at)
