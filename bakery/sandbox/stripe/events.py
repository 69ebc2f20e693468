"""Events, and their signed delivery to the webhook endpoints."""

import copy
import fnmatch
import hashlib
import hmac
import json
import time
from typing import Any

from bakery.sandbox.ids import make_token
from bakery.sandbox.outbound import OutgoingRequest
from bakery.sandbox.store import Document
from bakery.sandbox.stripe.objects import API_VERSION, make_object, save
from bakery.sandbox.world import World, current_request

# Stripe retries for up to three days; the sandbox keeps the shape and shortens the gaps.
RETRY_GAPS_S = (1, 2, 4, 8, 16, 32, 60, 120, 300, 600, 1800, 3600)
CONFIGURED_ENDPOINT = "we_sandbox_configured"


def sign_payload(payload: bytes, *, secrets: list[str], at: int) -> str:
    """Return the `Stripe-Signature` value: HMAC-SHA256 over "t.payload", one v1 per secret."""
    signed = b"%d." % at + payload
    signatures = [
        f"v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}" for secret in secrets
    ]
    return ",".join([f"t={at}", *signatures])


def emit(world: World, kind: str, obj: Document, *, previous: Document | None = None) -> Document:
    """Record an event with a snapshot of `obj` and owe it to every endpoint that wants it."""
    request = current_request.get()
    data: Document = {"object": copy.deepcopy(obj)}
    if previous is not None:
        data["previous_attributes"] = previous
    endpoints = [e for e in world.store.all("webhook_endpoint") if _wants(e, kind)]
    event = make_object(
        world,
        "event",
        type=kind,
        api_version=API_VERSION,
        data=data,
        pending_webhooks=len(endpoints),
        request={"id": request.id, "idempotency_key": request.idempotency_key},
    )
    # Neither belongs to events of one's own account.
    del event["account"], event["context"]
    save(world, event)
    for endpoint in endpoints:
        world.stripe_courier.enqueue(
            url=endpoint["url"],
            subject=event["id"],
            kind=kind,
            payload={"endpoint": endpoint["id"]},
        )
    return event


def _wants(endpoint: Document, kind: str) -> bool:
    return endpoint["status"] == "enabled" and any(
        fnmatch.fnmatchcase(kind, pattern) for pattern in endpoint["enabled_events"]
    )


def render_event(world: World, delivery: Document) -> OutgoingRequest | None:
    """Make the request of one attempt, signed with the real time of sending.

    The real clock, because the receiver compares it with its own.
    """
    event = world.store.get("event", delivery["subject"])
    stored = world.store.get("webhook_secret", delivery["payload"]["endpoint"])
    if event is None or stored is None:
        return None
    body = json.dumps(event, indent=2).encode()
    signature = sign_payload(body, secrets=stored["secrets"], at=int(time.time()))
    return OutgoingRequest(
        url=delivery["url"],
        body=body,
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature,
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Accept": "*/*; q=0.5, application/xml",
            "Cache-Control": "no-cache",
        },
    )


def note_delivered(world: World, delivery: Document) -> None:
    """Count a delivered event down."""
    event = world.store.get("event", delivery["subject"])
    if event is not None and event["pending_webhooks"] > 0:
        event["pending_webhooks"] -= 1
        save(world, event)


def save_endpoint(world: World, *, endpoint: Document, secrets: list[str]) -> Document:
    """Store an endpoint, and its signing secrets apart from it."""
    world.store.save("webhook_secret", {"id": endpoint["id"], "secrets": secrets})
    return save(world, endpoint)


def set_configured_endpoint(world: World, *, url: str, secrets: list[str]) -> None:
    """Point the endpoint of the configuration at `url`; an empty one removes it."""
    if not url:
        world.store.delete("webhook_endpoint", CONFIGURED_ENDPOINT)
        return
    endpoint = make_endpoint(world, url=url, enabled_events=["*"])
    save_endpoint(world, endpoint=endpoint | {"id": CONFIGURED_ENDPOINT}, secrets=secrets)


def make_endpoint(world: World, *, url: str, enabled_events: list[str], **values: Any) -> Document:
    """Return a new, enabled webhook endpoint, unsaved and without its secret."""
    endpoint = make_object(
        world,
        "webhook_endpoint",
        url=url,
        enabled_events=enabled_events,
        status="enabled",
        **values,
    )
    endpoint.pop("secret", None)
    return endpoint


def make_secret() -> str:
    """Return a new signing secret."""
    return f"whsec_{make_token(32)}"
