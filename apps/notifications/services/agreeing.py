"""Keeping what an account says about news, and what its mailbox and number agreed to, the same."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from apps.accounts import selectors as accounts_selectors
from apps.accounts import services as accounts
from apps.accounts.states import ConsentPurpose
from apps.notifications.rules import is_phone
from apps.notifications.services.contacts import subscribe, withdraw
from apps.notifications.states import CONSENTED, Channel, Topic

# Which of an account's consents speaks of news on which channel.
PURPOSES: Mapping[str, Channel] = {
    ConsentPurpose.MARKETING_MAIL: Channel.EMAIL,
    ConsentPurpose.MARKETING_SMS: Channel.SMS,
}
_BY_CHANNEL: Mapping[str, str] = {channel: purpose for purpose, channel in PURPOSES.items()}
# Decisions that were made here and written to the account: they come back as an event.
CENTRE, STOPPED, UNSUBSCRIBED = "preference_centre", "sms_stop", "unsubscribe_link"
STAFF_REQUEST, MAIL_PROVIDER = "staff_request", "mail_provider"
OURS = frozenset({CENTRE, STOPPED, UNSUBSCRIBED, STAFF_REQUEST, MAIL_PROVIDER})


def tell_accounts(
    *,
    channel: str,
    address: str,
    topic: str,
    granted: bool,
    source: str,
    at: datetime,
    user_id: int | None = None,
) -> None:
    """Write a decision about news to the accounts that have the address; nothing for other topics.

    A step of the caller's transaction, before it locks the contact. ``user_id``: whose decision it
    was, when only an account says that the address is theirs; then it is written to that account
    alone. An account whose mailbox was never confirmed is not made to agree to anything.
    """
    if topic != Topic.NEWS or channel not in _BY_CHANNEL:
        return
    if channel == Channel.EMAIL:
        owners = accounts_selectors.owners_of(email=address)
    else:
        owners = accounts_selectors.owners_of(phone=address)
    for user in owners:
        if user_id not in {None, user.pk}:
            continue
        if user.email_verified_at is not None or not granted:
            accounts.record_consents(
                user_id=user.pk, decisions={_BY_CHANNEL[channel]: granted}, source=source, at=at
            )


def follow_account(*, user_id: int, purposes: list[str], source: str, at: datetime) -> None:
    """Let mailbox and number follow what an account says now about ``purposes``.

    What holds is read under the account's lock, so that events in any order end the same. Saying
    no takes back every topic that needs a yes; saying yes agrees to news. Before the mailbox is
    confirmed nothing is agreed to: somebody else may have typed it.
    """
    if source in OURS:
        return
    with transaction.atomic():
        held = accounts.record_consents(user_id=user_id, decisions={}, source=source, at=at)
        user = accounts_selectors.user(user_id)
        if user is None or not user.is_active:
            return
        addresses = {Channel.EMAIL: user.email, Channel.SMS: str(user.phone)}
        for purpose in purposes:
            channel = PURPOSES.get(purpose)
            address = addresses.get(channel, "") if channel else ""
            if channel is None or not address or (channel == Channel.SMS and not is_phone(address)):
                continue
            if not held[purpose]:
                for topic in sorted(CONSENTED):
                    withdraw(channel=channel, address=address, topic=topic, source=source, at=at)
            elif user.email_verified_at is not None:
                subscribe(
                    channel=channel,
                    address=address,
                    topic=Topic.NEWS,
                    source=source,
                    wording=ConsentPurpose(purpose).label,
                    at=at,
                    language=user.language,
                    proved=True,
                )
