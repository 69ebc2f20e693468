"""Whether a message may go out, and when: the one place that decides it, at the moment of sending.

In this order: too late; not true any more; the recipient does not want it; not at this hour; not
to this country; more than the caps allow. What tells the shop's own people is only kept back when
it is over: an alert that somebody took charge of, a call that would come too late. Caps are only
looked at here; `spending.take` takes them.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from apps.notifications.models import Message
from apps.notifications.rules import numbers
from apps.notifications.rules.quiet_hours import next_waking_time
from apps.notifications.services import consent
from apps.notifications.services.erasing import ERASED
from apps.notifications.services.withholding import outdated
from apps.notifications.states import OPTIONAL, Channel, Topic

EXPIRED, QUIET, COUNTRY = "expired", "quiet_hours", "country_not_served"


@dataclass(frozen=True, kw_only=True)
class Gate:
    """``withheld``: the code of why it may not go. ``until``: it may not yet, but then."""

    withheld: str = ""
    until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it may go now."""
        return not self.withheld and self.until is None


OPEN = Gate()


def is_for_staff(message: Message) -> bool:
    """Tell whether a message is for the shop's own people."""
    return message.topic == Topic.STAFF or message.alert_id is not None


def judge(message: Message, at: datetime) -> Gate:
    """Return whether ``message`` may be handed over at ``at``."""
    if message.expires_at is not None and message.expires_at <= at:
        return Gate(withheld=EXPIRED)
    if message.recipient == ERASED:
        return Gate(withheld=ERASED)  # while an attempt at it was under way
    if code := outdated(message, at=at):
        return Gate(withheld=code)
    if is_for_staff(message):
        return OPEN
    if code := consent.refusal_of(
        channel=message.channel, address=message.recipient, topic=message.topic, at=at
    ):
        return Gate(withheld=code)
    gate = _judge_place(message) if message.channel == Channel.SMS else OPEN
    return _judge_time(message, at) if gate.is_open else gate


def _judge_place(message: Message) -> Gate:
    if numbers.country_of(message.recipient) in settings.SMS_COUNTRIES:
        return OPEN
    return Gate(withheld=COUNTRY)


def _judge_time(message: Message, at: datetime) -> Gate:
    """Texts that nobody waits for come in waking hours; mails come at any."""
    start = max(at, message.not_before) if message.not_before is not None else at
    if message.channel == Channel.SMS and message.topic in OPTIONAL:
        shop_zone = ZoneInfo(settings.SHOP_TIME_ZONE)
        waking = next_waking_time(message.recipient, at=start, shop_zone=shop_zone)
        if waking is None:
            return Gate(withheld=QUIET)
        start = waking
    if start <= at:
        return OPEN
    if message.expires_at is not None and start >= message.expires_at:
        return Gate(withheld=QUIET)
    return Gate(until=start)
