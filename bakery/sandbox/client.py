"""Handles on a running sandbox, over HTTP: for the tests, and for tools such as the demo order."""

import time
from collections.abc import Callable
from typing import Any

import requests

_TIMEOUT_S = 15.0
_POLL_S = 0.02


class SandboxRefusedError(Exception):
    """A control was refused; the message says why."""


class SandboxClient:
    """Speaks to the control API at `url`. Safe for one thread at a time."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        # A proxy of the environment has no business on loopback.
        self._session.trust_env = False

    def control(self, service: str, action: str, /, **given: Any) -> Any:
        """Run an action and return its result; SandboxRefusedError on a 4xx."""
        return self.post(f"/{service}/_control/{action}", given)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Post JSON to a path of the sandbox and return the JSON reply."""
        return self._read(self._session.post(self.url + path, json=body, timeout=_TIMEOUT_S))

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON at a path of the sandbox."""
        return self._read(self._session.get(self.url + path, params=query, timeout=_TIMEOUT_S))

    @staticmethod
    def _read(response: requests.Response) -> Any:
        if response.status_code >= 400:
            raise SandboxRefusedError(f"{response.status_code}: {response.text[:500]}")
        return response.json()

    @staticmethod
    def wait_until(check: Callable[[], Any], *, timeout_s: float = 20.0) -> Any:
        """Return the first true value of `check`, or raise TimeoutError."""
        deadline = time.monotonic() + timeout_s
        while True:
            found = check()
            if found:
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"Nothing after {timeout_s} s; last value {found!r}")
            time.sleep(_POLL_S)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


class _Handle:
    service = ""

    def __init__(self, client: SandboxClient) -> None:
        self.client = client
        self.url = f"{client.url}/{self.service}"

    def control(self, action: str, /, **given: Any) -> Any:
        """Run one action of this service."""
        return self.client.control(self.service, action, **given)


class _ServiceHandle(_Handle):
    """What Stripe and Twilio have in common: faults and bent deliveries."""

    def add_fault(self, kind: str, **given: Any) -> None:
        """Misbehave in the next requests; see `bakery.sandbox.faults.Fault` for the fields."""
        self.control("fault", kind=kind, **given)

    def clear_faults(self) -> None:
        """Behave again, and let go of requests that hang."""
        self.control("clear_faults")

    def add_rule(self, action: str, **given: Any) -> None:
        """Bend coming deliveries; see `bakery.sandbox.outbound.DeliveryRule` for the fields."""
        self.control("rule", action=action, **given)

    def clear_rules(self) -> None:
        """Deliver plainly again."""
        self.control("clear_rules")

    def pause_deliveries(self, *, paused: bool = True) -> None:
        """Hold every coming delivery until it is released."""
        self.control("pause", paused=paused)

    def release_deliveries(
        self, order: list[str] | None = None, *, reverse: bool = False
    ) -> list[str]:
        """Send held deliveries one after another, in the given order of their ids."""
        given: dict[str, Any] = {"reverse": reverse}
        if order is not None:
            given["order"] = order
        return list(self.control("release", **given))

    def resend(self, delivery_id: str) -> dict[str, Any]:
        """Send a delivery once more."""
        return dict(self.control("resend", delivery=delivery_id))

    def deliveries(self, kind: str | None = None, state: str | None = None) -> list[dict[str, Any]]:
        """Return deliveries, oldest first, with the answer to each attempt."""
        return [
            delivery
            for delivery in self.control("deliveries")
            if (kind is None or delivery["type"] == kind)
            and (state is None or delivery["state"] == state)
        ]

    def wait_for_deliveries(
        self,
        kind: str | None = None,
        *,
        count: int = 1,
        state: str = "delivered",
        timeout_s: float = 10.0,
    ) -> list[dict[str, Any]]:
        """Wait until `count` deliveries of a type have reached a state, and return them."""

        def check() -> list[dict[str, Any]]:
            found = self.deliveries(kind, state)
            return found if len(found) >= count else []

        return list(self.client.wait_until(check, timeout_s=timeout_s))

    def wait_until_quiet(self, *, timeout_s: float = 10.0) -> None:
        """Wait until no delivery is pending."""
        self.client.wait_until(lambda: not self.deliveries(state="pending"), timeout_s=timeout_s)


class StripeHandle(_ServiceHandle):
    """The local Stripe."""

    service = "stripe"

    def set_webhook(self, url: str, secrets: list[str] | None = None) -> None:
        """Send events to `url`, signed with each of `secrets`; an empty URL stops sending."""
        self.control("webhook", url=url, secrets=secrets)

    def rotate_secret(self, secret: str | None = None, *, keep_old: bool = True) -> list[str]:
        """Sign with a new secret, and with the old ones too while `keep_old`; return them all."""
        return list(self.control("rotate_secret", secret=secret, keep_old=keep_old)["secrets"])

    def set_api_keys(self, keys: list[str]) -> None:
        """Accept only these API keys."""
        self.control("api_keys", keys=keys)

    def set_retry_gaps(self, seconds: list[float]) -> None:
        """Wait so long before each retry of a webhook."""
        self.control("retry_gaps", seconds=seconds)

    def pay(self, session_id: str, card: str = "success", **given: Any) -> dict[str, Any]:
        """Pay a session without clicking; see `bakery.sandbox.stripe.paying.pay_session`."""
        return dict(self.client.post(f"/stripe/_pay/{session_id}", {"card": card, **given}))

    def change_amount(self, session_id: str, amount: int) -> dict[str, Any]:
        """Bend a session's total (minor units)."""
        return dict(self.control("change_amount", session=session_id, amount=amount))

    def expire(self, session_id: str) -> dict[str, Any]:
        """Expire a session."""
        return dict(self.control("expire", session=session_id))

    def settle(self, session_id: str, *, succeeds: bool = True) -> dict[str, Any]:
        """Let a delayed payment arrive or fail now."""
        return dict(self.control("settle", session=session_id, succeeds=succeeds))

    def settle_refund(self, refund_id: str, *, succeeds: bool = True) -> dict[str, Any]:
        """Let a refund arrive or fail now."""
        return dict(self.control("settle_refund", refund=refund_id, succeeds=succeeds))

    def open_dispute(self, **given: Any) -> dict[str, Any]:
        """Dispute a `charge`, `payment_intent` or `session`; `reason`, `amount`, `inquiry`."""
        return dict(self.control("dispute", **given))

    def decide_dispute(self, dispute_id: str, verdict: str) -> dict[str, Any]:
        """End a dispute as "won" or "lost"."""
        return dict(self.control("decide_dispute", dispute=dispute_id, verdict=verdict))

    def warn_of_fraud(self, **given: Any) -> dict[str, Any]:
        """Send an early fraud warning about a `charge`, `payment_intent` or `session`."""
        return dict(self.control("fraud_warning", **given))

    def send_event(self, event_id: str, *, copies: int = 1) -> dict[str, Any]:
        """Send a recorded event again."""
        return dict(self.control("send_event", event=event_id, copies=copies))

    def send_new_event(self, kind: str, obj: dict[str, Any]) -> dict[str, Any]:
        """Send a new event of any type about any object."""
        return dict(self.control("send_event", type=kind, object=obj))

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return recorded events, oldest first."""
        found = self.client.get("/api/stripe/events", limit=1000)[::-1]
        return [event for event in found if kind is None or event["type"] == kind]

    def sessions(self) -> list[dict[str, Any]]:
        """Return checkout sessions, oldest first."""
        return list(self.client.get("/api/stripe/sessions", limit=1000)[::-1])


class TwilioHandle(_ServiceHandle):
    """The local Twilio."""

    service = "twilio"

    def fail(self, to: str, code: int | None) -> None:
        """Refuse (21xxx) or lose (30xxx) messages to a number; None makes it well again."""
        self.control("fail", to=to, code=code)

    def set_auto(self, *, on: bool = True, seconds: float | None = None) -> None:
        """Whether messages advance by themselves, and the seconds of each step."""
        given: dict[str, Any] = {} if seconds is None else {"seconds": seconds}
        self.control("auto", on=on, **given)

    def set_status(
        self, message_sid: str, status: str, error_code: int | None = None
    ) -> dict[str, Any]:
        """Put a message into a state, with its callback."""
        given = {"message": message_sid, "status": status, "error_code": error_code}
        return dict(self.control("status", **given))

    def set_inbound_url(self, url: str) -> None:
        """Where replies are posted."""
        self.control("inbound", url=url)

    def reply(self, body: str, **given: Any) -> dict[str, Any]:
        """Answer a `message` by its sid, or write `from_` one number `to` another."""
        if "from_" in given:
            given["from"] = given.pop("from_")
        return dict(self.control("reply", body=body, **given))

    def press(self, call_sid: str, digits: str) -> dict[str, Any]:
        """Press digits during a call."""
        return dict(self.control("press", call=call_sid, digits=digits))

    def answer_calls(self, to: str, outcome: str = "person", *, digits: str = "") -> None:
        """Say who takes calls to a number: person, machine, busy, no-answer, failed."""
        self.control("answer", to=to, outcome=outcome, digits=digits)

    def forge(self, message_sid: str, status: str) -> dict[str, Any]:
        """Report a status of a message without Twilio's signature."""
        return dict(self.control("forge", message=message_sid, status=status))

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how often what was asked, failed on command, or reported in a bent way."""
        return dict(self.control("counts"))

    def messages(self, to: str | None = None, *, limit: int = 1000) -> list[dict[str, Any]]:
        """Return the newest messages, oldest first."""
        query = {"limit": limit} | ({"to": to} if to else {})
        return list(self.client.get("/api/messages", **query)[::-1])

    def calls(self, to: str | None = None) -> list[dict[str, Any]]:
        """Return calls, oldest first."""
        query = {"limit": 1000} | ({"to": to} if to else {})
        return list(self.client.get("/api/calls", **query)[::-1])

    def wait_for_message(self, to: str, *, timeout_s: float = 10.0) -> dict[str, Any]:
        """Wait for a message to a number and return the newest."""
        found = self.client.wait_until(lambda: self.messages(to), timeout_s=timeout_s)
        return dict(found[-1])


class MailHandle(_Handle):
    """The mail server."""

    service = "mail"

    def refuse(self, text: str, code: int, reason: str = "Refused on command") -> None:
        """Answer recipients that contain `text` with an SMTP code."""
        self.control("refuse", text=text, code=code, reason=reason)

    def accept_all(self) -> None:
        """Drop the planned refusals."""
        self.control("accept")

    def mails(self, to: str | None = None) -> list[dict[str, Any]]:
        """Return mails, oldest first."""
        query = {"limit": 1000} | ({"to": to} if to else {})
        return list(self.client.get("/api/mails", **query)[::-1])

    def wait_for_mail(self, to: str, *, timeout_s: float = 10.0) -> dict[str, Any]:
        """Wait for a mail to an address and return the newest."""
        found = self.client.wait_until(lambda: self.mails(to), timeout_s=timeout_s)
        return dict(found[-1])


class LlmHandle(_Handle):
    """The local language model."""

    service = "llm"

    def set_mood(self, mood: str = "good", **given: Any) -> None:
        """Say how it answers; ``next`` has moods for the coming answers, one for each."""
        self.control("mood", mood=mood, **given)

    def add_fault(self, kind: str, **given: Any) -> None:
        """Misbehave in the next requests; see `bakery.sandbox.faults.Fault` for the fields."""
        self.control("fault", kind=kind, **given)

    def requests(self) -> list[dict[str, Any]]:
        """Return the bodies of all requests, oldest first."""
        return list(self.control("requests"))
