"""Which of our attempts an event of Stripe's is about.

An event says only that something changed; what is true is asked of Stripe afterwards. So the
order of events does not matter, and one event of several kinds can stand in for a lost one.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bakery.kernel.errors import Invalid

_ID = re.compile(r"[A-Za-z0-9_]{1,255}")
_TYPE = re.compile(r"[A-Za-z0-9_.]{1,100}")
_LAST_MOMENT = 4_102_444_800  # the year 2100
_INTENT_EVENTS = ("payment_intent.", "charge.")
# Before the events of charges, whose names two of them begin with.
_OF_OTHERS = (
    ("refund.", "refund_id"),
    ("charge.refund.", "refund_id"),
    ("charge.dispute.", "dispute_id"),
    ("radar.early_fraud_warning.", "warning_id"),
)
ATTEMPT_KEY = "attempt"


@dataclass(frozen=True)
class Header:
    """What is stored of an event beside its raw text."""

    id: str
    type: str
    livemode: bool
    created: datetime
    object_id: str


@dataclass(frozen=True)
class Subject:
    """What an event is about.

    A session, directly or through the attempt in its metadata, which `is_payment` tells; or a
    refund, a dispute or a fraud warning by its id, of the payment ``intent_id``.
    """

    session_id: str = ""
    attempt_key: str = ""
    intent_id: str = ""
    refund_id: str = ""
    dispute_id: str = ""
    warning_id: str = ""

    @property
    def is_payment(self) -> bool:
        """Tell whether it is about a payment that comes."""
        return bool(self.session_id or self.attempt_key)


def parse_event(text: str) -> Mapping[str, Any]:
    """Return the event's JSON object; raise `Invalid` (``bad_event``) for anything else."""
    try:
        event = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid("bad_event", "The body is not JSON.") from error
    if not isinstance(event, dict):
        raise Invalid("bad_event", "The body is not an event.")
    return event


def read_header(event: Mapping[str, Any]) -> Header:
    """Return the header of a parsed event; raise `Invalid` when it is not one of Stripe's."""
    created = event.get("created")
    subject = _subject_object(event)
    if (
        not _matches(_ID, event.get("id"))
        or not _matches(_TYPE, event.get("type"))
        or not isinstance(event.get("livemode"), bool)
        or not isinstance(created, int)
        or not 0 <= created < _LAST_MOMENT
        or subject is None
    ):
        raise Invalid("bad_event", "The body is not an event.")
    object_id = subject.get("id")
    return Header(
        id=event["id"],
        type=event["type"],
        livemode=event["livemode"],
        created=datetime.fromtimestamp(created, tz=UTC),
        object_id=str(object_id) if _matches(_ID, object_id) else "",
    )


def find_subject(event: Mapping[str, Any]) -> Subject | None:
    """Return what the event is about, None when it concerns no payment of an order."""
    kind = str(event.get("type"))
    thing = _subject_object(event) or {}
    if kind.startswith("checkout.session."):
        return Subject(session_id=str(thing.get("id") or ""))
    for prefix, name in _OF_OTHERS:
        if kind.startswith(prefix):
            intent_id = str(thing.get("payment_intent") or "")
            return Subject(**{name: str(thing.get("id") or "")}, intent_id=intent_id)
    if not kind.startswith(_INTENT_EVENTS):
        return None
    metadata = thing.get("metadata")
    key = metadata.get(ATTEMPT_KEY) if isinstance(metadata, dict) else None
    if not isinstance(key, str) or not key:
        # Money that was not asked for by this shop: another product on the same account.
        return None
    intent = thing.get("id") if kind.startswith("payment_intent.") else thing.get("payment_intent")
    return Subject(attempt_key=key, intent_id=str(intent or ""))


def _subject_object(event: Mapping[str, Any]) -> dict[str, Any] | None:
    data = event.get("data")
    thing = data.get("object") if isinstance(data, dict) else None
    return thing if isinstance(thing, dict) else None


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
