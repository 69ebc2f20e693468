"""What this app states."""

from dataclasses import dataclass

from bakery.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class MessageQueued(Event):
    """A message waits to be sent."""

    kind = "notifications.message_queued"
    message_id: int


@dataclass(frozen=True, kw_only=True)
class UrgentMessageQueued(Event):
    """A message that must not wait behind others."""

    kind = "notifications.urgent_message_queued"
    message_id: int


@dataclass(frozen=True, kw_only=True)
class AlertAcknowledged(Event):
    """A person took charge of the alert ``key``; ``by`` says who."""

    kind = "notifications.alert_acknowledged"
    key: str
    by: str


@dataclass(frozen=True, kw_only=True)
class CallEnded(Event):
    """A telephone call about an alert is over, whether or not anybody took charge during it."""

    kind = "notifications.call_ended"
    message_id: int


@dataclass(frozen=True, kw_only=True)
class TextReceived(Event):
    """Somebody texted the shop something that no rule answers: a person should read it."""

    kind = "notifications.text_received"
    inbound_id: int


@dataclass(frozen=True, kw_only=True)
class SendingCapReached(Event):
    """A text was withheld because more would pass a cap; the first of the day for this ``scope``.

    ``key`` is the number, block or country that is counted, "" for all texts.
    """

    kind = "notifications.sending_cap_reached"
    scope: str
    key: str
    cap: int


@dataclass(frozen=True, kw_only=True)
class TestMailAsked(Event):
    """Somebody on the staff wants to see a template in their own mailbox."""

    kind = "notifications.test_mail_asked"
    template: str
    name: str
    language: str
    user_id: int
    key: str
