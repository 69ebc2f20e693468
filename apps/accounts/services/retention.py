"""Forgetting what nobody can use any more."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import transaction

from apps.accounts.models import MailboxToken, RefreshFamily, RefreshToken

# Kept a little longer than they work, so that the reuse of an old token is still noticed.
_GRACE = timedelta(days=7)


def purge_expired(*, at: datetime) -> int:
    """Delete expired tokens, mailed links, families without tokens, and browser sessions.

    Returns the number of rows. Users, consents and the audit trail are never touched.
    """
    with transaction.atomic():
        tokens, _ = RefreshToken.objects.filter(expires_at__lt=at - _GRACE).delete()
        families, _ = RefreshFamily.objects.filter(
            tokens__isnull=True, created_at__lt=at - _GRACE
        ).delete()
        links, _ = MailboxToken.objects.filter(expires_at__lt=at - _GRACE).delete()
        sessions, _ = Session.objects.filter(expire_date__lt=at).delete()
    return tokens + families + links + sessions
