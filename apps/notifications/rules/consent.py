"""What needs whose consent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from apps.notifications.states import CONSENTED, Channel, SubscriptionState, Topic

# What may be switched on and off, by channel, in the order in which it is shown. Whatever is not
# here (an order, an account) is not advertising and comes as long as the address may be used.
CHOICES: Mapping[str, tuple[Topic, ...]] = MappingProxyType(
    {
        Channel.EMAIL: (Topic.CART, Topic.NEWS, Topic.LOYALTY, Topic.MEASURE),
        Channel.SMS: (Topic.CART, Topic.NEWS),
    }
)
# Mails that are advertising by law: they name the shop's postal address or are not sent.
COMMERCIAL = CONSENTED
# Off until somebody agrees; loyalty is on until somebody objects.
NEEDS_YES = CONSENTED | {Topic.MEASURE}


@dataclass(frozen=True, kw_only=True)
class Span:
    """A span that holds since ``valid_from``."""

    name: str
    span: timedelta
    valid_from: date
    source: str


SPANS = (
    Span(
        name="confirm_within",
        span=timedelta(days=7),
        valid_from=date(2026, 1, 1),
        source="our own: a request to confirm that nobody answered for a week is over",
    ),
)


def span_of(name: str, *, on: date) -> timedelta:
    """Return the span ``name`` that holds on a day; raise `KeyError` when none does."""
    found = [row for row in SPANS if row.name == name and row.valid_from <= on]
    if not found:
        raise KeyError(name)
    return max(found, key=lambda row: row.valid_from).span


def is_offered(channel: str, topic: str) -> bool:
    """Tell whether people may switch ``topic`` on ``channel`` on and off."""
    return topic in CHOICES.get(channel, ())


def holds(topic: str, state: str | None) -> bool:
    """Tell whether ``state`` (None: nothing was ever said) lets messages about ``topic`` go."""
    if topic in NEEDS_YES:
        return state == SubscriptionState.CONFIRMED
    return state != SubscriptionState.WITHDRAWN


def plain_address(channel: str, address: str) -> str:
    """Return ``address`` as contacts keep it: a mailbox in lower case, a number as it is."""
    trimmed = address.strip()
    return trimmed.lower() if channel == Channel.EMAIL else trimmed
