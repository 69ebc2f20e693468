"""Who agreed to what: whether a message may go to a contact."""

from datetime import datetime

from django.conf import settings
from django.db.models import FilteredRelation, Q

from apps.notifications.models import Contact, Subscription
from apps.notifications.rules.consent import COMMERCIAL, NEEDS_YES, holds, plain_address
from apps.notifications.states import Channel, SubscriptionState, Topic
from bakery.kernel.logs import fingerprint

ERASED = "erased:"


def stand_in(channel: str, address: str) -> str:
    """Return what an erased contact keeps instead of its address: a keyed hash.

    FINGERPRINT_KEY is the key: with another one, what erased people had refused is forgotten.
    """
    return f"{ERASED}{fingerprint(f'{channel}:{plain_address(channel, address)}')}"


def written_as(channel: str, address: str) -> tuple[str, str]:
    """Return both ways in which a contact may have its address: as it is, and erased."""
    return plain_address(channel, address), stand_in(channel, address)


def refusal_of(*, channel: str, address: str, topic: str, at: datetime) -> str:
    """Return why nothing about ``topic`` may go to ``address`` at ``at``; "" when it may.

    The codes: ``stopped``, ``suppressed``, ``no_consent``, ``withdrawn``, ``consent_expired``,
    ``no_postal_address``. What is written to the shop itself is never refused. One query.
    """
    if topic == Topic.STAFF:
        return ""
    if channel == Channel.EMAIL and topic in COMMERCIAL and not settings.SHOP_ADDRESS:
        return "no_postal_address"
    by_phone = channel != Channel.EMAIL
    rows = (
        Contact.objects.filter(
            channel=Channel.SMS if by_phone else Channel.EMAIL,
            address__in=written_as(Channel.SMS if by_phone else Channel.EMAIL, address),
        )
        .annotate(about=FilteredRelation("subscriptions", condition=Q(subscriptions__topic=topic)))
        .values_list("stopped_at", "suppressed_at", "about__state", "about__expires_at")
    )
    found = [_refusal(topic, *row, at=at) for row in rows]
    if not found:
        return "no_consent" if topic in NEEDS_YES else ""
    return next((code for code in found if code), "")


def _refusal(
    topic: str,
    stopped_at: datetime | None,
    suppressed_at: datetime | None,
    state: str | None,
    expires_at: datetime | None,
    *,
    at: datetime,
) -> str:
    if stopped_at is not None:
        return "stopped"
    if suppressed_at is not None:
        return "suppressed"
    if not holds(topic, state):
        return "withdrawn" if state == SubscriptionState.WITHDRAWN else "no_consent"
    if expires_at is not None and expires_at <= at and topic in NEEDS_YES:
        return "consent_expired"
    return ""


def may_measure(*, address: str, at: datetime) -> bool:
    """Tell whether it may be noted that the owner of a mailbox opened or clicked something."""
    return (
        Subscription.objects.filter(
            contact__channel=Channel.EMAIL,
            contact__address=plain_address(Channel.EMAIL, address),
            topic=Topic.MEASURE,
            state=SubscriptionState.CONFIRMED,
        )
        .filter(Q(expires_at=None) | Q(expires_at__gt=at))
        .exists()
    )
