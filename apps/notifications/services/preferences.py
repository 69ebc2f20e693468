"""The preference centre: what holds for somebody's addresses, changed at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from apps.notifications import rules
from apps.notifications.models import Contact, Subscription
from apps.notifications.rules.choices import title_of, wording_of
from apps.notifications.rules.consent import CHOICES, NEEDS_YES, is_offered
from apps.notifications.services.agreeing import CENTRE, UNSUBSCRIBED, tell_accounts
from apps.notifications.services.consent import written_as
from apps.notifications.services.contacts import confirm, contact_of, subscribe, withdraw
from apps.notifications.services.tokens import CONFIRM, MANAGE, UNSUBSCRIBE, make_token, read_token
from apps.notifications.states import Channel, SubscriptionState
from bakery.kernel.errors import Invalid
from bakery.kernel.wording import LANGUAGES, language_of

if TYPE_CHECKING:
    from apps.accounts.models import User

ON, OFF, PENDING = "on", "off", "pending"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One topic on one channel; ``state`` is on, off or pending."""

    topic: str
    title: str
    wording: str
    state: str


@dataclass(frozen=True, kw_only=True)
class ChannelChoices:
    """One address, masked, and what may be switched on and off for it.

    ``is_stopped``: the number answered STOP, or the mailbox takes no mail; nothing goes there.
    """

    channel: str
    address: str
    is_stopped: bool
    choices: list[Choice]


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """What holds, and in which language it is written."""

    language: str
    channels: list[ChannelChoices]


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Whose choices: addresses that somebody has proved to be theirs, or their account's.

    ``user_id`` is the account's, None for a mailed link.
    """

    addresses: tuple[tuple[str, str], ...]
    language: str
    user_id: int | None = None


def owner_of_account(*, user: "User") -> Owner:
    """Return the owner of an account's choices: its mailbox once confirmed, and its number."""
    found = []
    if user.email_verified_at is not None:
        found.append((Channel.EMAIL, user.email))
    if rules.is_phone(str(user.phone)):
        found.append((Channel.SMS, str(user.phone)))
    return Owner(addresses=tuple(found), language=user.language, user_id=user.pk)


def owner_of_token(*, token: str, at: datetime) -> Owner:
    """Return the owner of a mailed link's choices; raises `NotFound` ``link_not_found``."""
    contact, _ = read_token(token, purpose=MANAGE, at=at)
    return Owner(addresses=((contact.channel, contact.address),), language=contact.language)


def preferences_of(*, owner: Owner, at: datetime) -> Preferences:
    """Return what holds for an owner's addresses at ``at``; two queries, writes nothing."""
    wanted = {name: pair for pair in owner.addresses for name in written_as(*pair)}
    contacts = list(Contact.objects.filter(address__in=wanted))
    held = {
        (row.contact_id, row.topic): row
        for row in Subscription.objects.filter(contact__in=[row.pk for row in contacts])
    }
    by_pair = {
        wanted[row.address]: row for row in contacts if wanted[row.address][0] == row.channel
    }
    language = language_of(owner.language)
    return Preferences(
        language=language,
        channels=[
            _channel(pair, by_pair.get(pair), held, language=language, at=at)
            for pair in owner.addresses
        ],
    )


def _channel(
    pair: tuple[str, str],
    contact: Contact | None,
    held: Mapping[tuple[int, str], Subscription],
    *,
    language: str,
    at: datetime,
) -> ChannelChoices:
    channel, address = pair
    key = contact.pk if contact else 0
    return ChannelChoices(
        channel=channel,
        address=rules.mask(address),
        is_stopped=bool(contact and (contact.stopped_at or contact.suppressed_at)),
        choices=[
            Choice(
                topic=topic,
                title=title_of(channel, topic, language),
                wording=wording_of(channel, topic, language),
                state=_state(topic, held.get((key, topic)), at=at),
            )
            for topic in CHOICES[channel]
        ],
    )


def _state(topic: str, row: Subscription | None, *, at: datetime) -> str:
    if row is None:
        return OFF if topic in NEEDS_YES else ON
    if row.state == SubscriptionState.CONFIRMED:
        return OFF if row.expires_at is not None and row.expires_at <= at else ON
    return PENDING if row.state == SubscriptionState.PENDING else OFF


def change_preferences(
    *,
    owner: Owner,
    changes: Mapping[str, Mapping[str, bool]],
    at: datetime,
    language: str = "",
) -> None:
    """Write an owner's choices, ``{channel: {topic: wanted}}``, and their language; all or none.

    Agreeing on a phone asks that phone first. News are written to the account as well. Raises
    `Invalid` with the codes ``not_optional``, ``no_address`` or ``unknown_language``.
    """
    addresses = dict(owner.addresses)
    _require_possible(addresses, changes, language)
    written = language_of(language or owner.language)
    with transaction.atomic():
        wishes = [
            (channel, topic, wanted)
            for channel, topics in sorted(changes.items())
            for topic, wanted in sorted(topics.items())
        ]
        for channel, topic, wanted in wishes:
            tell_accounts(
                channel=channel,
                address=addresses[channel],
                topic=topic,
                granted=wanted,
                source=CENTRE,
                at=at,
                user_id=owner.user_id,
            )
        if language:
            for channel, address in sorted(owner.addresses):
                contact_of(channel=channel, address=address, at=at, language=language)
        for channel, topic, wanted in wishes:
            _choose(channel, addresses[channel], topic, wanted=wanted, language=written, at=at)


def _require_possible(
    addresses: Mapping[str, str], changes: Mapping[str, Mapping[str, bool]], language: str
) -> None:
    if language and language not in LANGUAGES:
        raise Invalid("unknown_language", "We write in English and in French.")
    for channel, topics in changes.items():
        if channel not in addresses:
            raise Invalid("no_address", "There is no address to write to on this channel.")
        if not all(is_offered(channel, topic) for topic in topics):
            raise Invalid("not_optional", "This cannot be switched on or off.")


def _choose(
    channel: str, address: str, topic: str, *, wanted: bool, language: str, at: datetime
) -> None:
    wording = wording_of(channel, topic, language)
    if wanted:
        subscribe(
            channel=channel,
            address=address,
            topic=topic,
            source=CENTRE,
            wording=wording,
            at=at,
            language=language,
            proved=True,
        )
    else:
        withdraw(
            channel=channel, address=address, topic=topic, source=CENTRE, wording=wording, at=at
        )


def stop_everything(*, owner: Owner, at: datetime) -> None:
    """Switch off whatever can be, on every address of an owner."""
    off = {
        channel: dict.fromkeys(map(str, CHOICES[channel]), False) for channel, _ in owner.addresses
    }
    change_preferences(owner=owner, changes=off, at=at)


def unsubscribe(*, token: str, at: datetime, undo: bool = False) -> tuple[Contact, str]:
    """Take a topic back by the link below a mail, or give it again with ``undo``.

    Again changes nothing. Returns the contact and the topic. Raises `NotFound` ``link_not_found``.
    """
    contact, topic = read_token(token, purpose=UNSUBSCRIBE, at=at)
    channel, address = contact.channel, contact.address
    with transaction.atomic():
        tell_accounts(
            channel=channel,
            address=address,
            topic=topic,
            granted=undo,
            source=UNSUBSCRIBED,
            at=at,
        )
        if undo:
            subscribe(
                channel=channel,
                address=address,
                topic=topic,
                source=UNSUBSCRIBED,
                wording=wording_of(channel, topic, contact.language),
                at=at,
                proved=True,
            )
        else:
            withdraw(channel=channel, address=address, topic=topic, source=UNSUBSCRIBED, at=at)
    return contact, topic


def who_unsubscribes(*, token: str, at: datetime) -> tuple[Contact, str]:
    """Return whom and what an unsubscribe link is about; raises `NotFound` ``link_not_found``."""
    return read_token(token, purpose=UNSUBSCRIBE, at=at)


def who_confirms(*, token: str, at: datetime) -> tuple[Contact, str]:
    """Return whom and what a confirming link is about; raises `NotFound` ``link_not_found``."""
    return read_token(token, purpose=CONFIRM, at=at)


def confirm_by_link(*, token: str, at: datetime) -> bool:
    """Confirm what a mailbox was asked about; False when it is over or was withdrawn since.

    What is confirmed already stays so. Raises `NotFound` ``link_not_found``.
    """
    contact, topic = read_token(token, purpose=CONFIRM, at=at)
    if confirm(contact_id=contact.pk, topic=topic, source="mailed_link", at=at):
        return True
    return _is_on(contact, topic)


def _is_on(contact: Contact, topic: str) -> bool:
    rows = Subscription.objects.filter(contact=contact, topic=topic)
    return rows.filter(state=SubscriptionState.CONFIRMED).exists()


def preferences_path(*, contact_id: int) -> str:
    """Return the path of a contact's preference centre, for who has proved to be its owner."""
    return f"/preferences/{make_token(purpose=MANAGE, contact_id=contact_id)}/"
