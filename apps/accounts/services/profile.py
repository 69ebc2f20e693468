"""What people tell about themselves and what they allow."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from apps.accounts.events import ConsentsChanged
from apps.accounts.models import Consent, User
from apps.accounts.selectors import consents
from apps.accounts.states import ConsentPurpose
from bakery.kernel import outbox
from bakery.kernel.errors import Invalid
from bakery.kernel.locks import lock_one

EDITABLE = ("full_name", "phone", "language")


def update_profile(*, user_id: int, changes: Mapping[str, str]) -> User:
    """Write the editable fields among ``changes`` (name, phone in E.164, language)."""
    values = {name: value for name, value in changes.items() if name in EDITABLE}
    with transaction.atomic():
        user = lock_one(User.objects.filter(pk=user_id), what="user")
        for name, value in values.items():
            setattr(user, name, value)
        user.save(update_fields=list(values))
    return user


def record_consents(
    *, user_id: int, decisions: Mapping[str, bool], source: str, at: datetime
) -> dict[str, bool]:
    """Append decisions that differ from what holds now; return what holds after.

    ``source`` says where they were made. Emits `ConsentsChanged` when any does. Without decisions
    it locks the person for the caller's transaction. Raises `Invalid` (``unknown_consent``).
    """
    unknown = sorted(set(decisions) - set(ConsentPurpose.values))
    if unknown:
        raise Invalid("unknown_consent", f"There is no consent named {', '.join(unknown)}.")
    with transaction.atomic():
        lock_one(User.objects.filter(pk=user_id), what="user")
        held = consents(user_id)
        rows = Consent.objects.bulk_create(
            Consent(user_id=user_id, purpose=purpose, granted=granted, source=source, at=at)
            for purpose, granted in decisions.items()
            if held[purpose] != granted
        )
        if rows:
            purposes = sorted(row.purpose for row in rows)
            event = ConsentsChanged(user_id=user_id, purposes=purposes, source=source)
            outbox.emit(event, key=str(rows[-1].pk), at=at)
    return {**held, **decisions}
