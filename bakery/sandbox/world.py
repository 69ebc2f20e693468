"""Everything that one running sandbox consists of, handed to every part of it."""

import contextvars
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from bakery.sandbox.clock import SandboxClock
from bakery.sandbox.config import SandboxConfig
from bakery.sandbox.faults import FaultPlan
from bakery.sandbox.outbound import Courier
from bakery.sandbox.scheduler import Scheduler
from bakery.sandbox.store import Store


@dataclass(frozen=True)
class ApiRequest:
    """The Stripe request that is being served, for `event.request`."""

    id: str | None = None
    idempotency_key: str | None = None


current_request: contextvars.ContextVar[ApiRequest] = contextvars.ContextVar(
    "current_request",
    default=ApiRequest(),  # noqa: B039 - frozen
)


@dataclass(kw_only=True)
class MailRules:
    """How the mail server treats recipients: an address containing the text gets the code."""

    by_text: dict[str, tuple[int, str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CallPlan:
    """Who takes a call, and which digits they press once they are asked for some."""

    outcome: Literal["person", "machine", "busy", "no-answer", "failed"] = "person"
    digits: str = ""


@dataclass(kw_only=True)
class SmsRules:
    """How messages and calls fare by recipient, and whether they advance by themselves."""

    error_by_number: dict[str, int] = field(default_factory=dict)
    auto_advance: bool = True
    step_seconds: float = 0.4
    inbound_url: str = ""
    call_by_number: dict[str, CallPlan] = field(default_factory=dict)


@dataclass(kw_only=True)
class LlmRules:
    """How the language model answers: the next times, then always; and what it was asked."""

    mood: str = "good"
    moods: list[str] = field(default_factory=list)
    knows_schemas: bool = True
    # The only key that is let in; empty lets every key in.
    api_key: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)


@dataclass(kw_only=True)
class World:
    """The parts of one sandbox. `url` is known once the server listens."""

    config: SandboxConfig
    store: Store
    clock: SandboxClock
    scheduler: Scheduler
    stripe_faults: FaultPlan
    twilio_faults: FaultPlan
    llm_faults: FaultPlan
    mail_rules: MailRules
    sms_rules: SmsRules
    llm_rules: LlmRules
    stripe_courier: Courier = field(init=False)
    twilio_courier: Courier = field(init=False)
    url: str = ""
    closing: bool = False
    resets: int = 0
    # How often each collection of Twilio's API was asked, by method.
    twilio_requests: Counter[str] = field(default_factory=Counter)
    smtp_port: int = 0
