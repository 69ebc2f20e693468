"""Facts about payments."""

from dataclasses import dataclass
from typing import ClassVar

from bakery.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class StripeEventReceived(Event):
    """An authentic event of Stripe's was stored and waits to be applied."""

    kind: ClassVar[str] = "payments.stripe_event_received"
    event_id: str


@dataclass(frozen=True, kw_only=True)
class SessionSettled(Event):
    """What Stripe says of a session was applied to its order; the mirror may follow."""

    kind: ClassVar[str] = "payments.session_settled"
    session_id: str


@dataclass(frozen=True, kw_only=True)
class AttentionNeeded(Event):
    """Money and orders do not agree, so a person has to look; ``text`` names no customer."""

    kind: ClassVar[str] = "payments.attention_needed"
    key: str
    text: str
