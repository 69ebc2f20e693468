"""Facts about requests that our own handlers act on."""

from dataclasses import dataclass
from typing import ClassVar

from bakery.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class RequestSubmitted(Event):
    """A request, or a new revision of it, waits for the shop."""

    kind: ClassVar[str] = "custom_cakes.submitted"
    request_id: int
    revision: int


@dataclass(frozen=True, kw_only=True)
class RequestApproved(Event):
    """An offer may be paid: its order was placed."""

    kind: ClassVar[str] = "custom_cakes.approved"
    request_id: int
    quote_id: int


@dataclass(frozen=True, kw_only=True)
class CounterOffered(Event):
    """The shop offers another cake than was asked for."""

    kind: ClassVar[str] = "custom_cakes.counter_offered"
    request_id: int
    quote_id: int


@dataclass(frozen=True, kw_only=True)
class QuestionAsked(Event):
    """The shop asked the customer something."""

    kind: ClassVar[str] = "custom_cakes.question_asked"
    request_id: int
    message_id: int


@dataclass(frozen=True, kw_only=True)
class RequestRejected(Event):
    """The cake cannot be made as it was asked for."""

    kind: ClassVar[str] = "custom_cakes.rejected"
    request_id: int
    message_id: int


@dataclass(frozen=True, kw_only=True)
class RequestAnswered(Event):
    """The customer answered, declined an offer or withdrew: staff should see it."""

    kind: ClassVar[str] = "custom_cakes.answered"
    request_id: int


@dataclass(frozen=True, kw_only=True)
class OfferTakenBack(Event):
    """The shop took back what it offered; ``version`` is the request's since then."""

    kind: ClassVar[str] = "custom_cakes.taken_back"
    request_id: int
    version: int


@dataclass(frozen=True, kw_only=True)
class QuoteLapsed(Event):
    """An offer lapsed unpaid; the customer may ask for it once more by one click."""

    kind: ClassVar[str] = "custom_cakes.lapsed"
    request_id: int
    quote_id: int
