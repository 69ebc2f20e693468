"""Sentry, when SENTRY_DSN names one: errors with code positions, never with people's data."""

from typing import Any, cast

import sentry_sdk
from django_guid import get_guid
from sentry_sdk.integrations.django import DjangoIntegration

from bakery.kernel.logs import ALLOWED, scrub, scrub_value

Event = dict[str, Any]
# An allow-list, as for logs: a new SDK may add fields that nobody has looked at.
_KEPT = frozenset(
    {
        "event_id", "timestamp", "platform", "level", "logger", "logentry", "message", "exception",
        "release", "environment", "transaction", "transaction_info", "sdk", "fingerprint",
    }
)  # fmt: skip
_FRAME = frozenset({"filename", "abs_path", "function", "module", "lineno", "in_app"})
_WITHHELD = "(withheld: an exception's text may quote a customer's data)"


def start_sentry(*, dsn: str, release: str, environment: str, transport: Any = None) -> None:
    """Start reporting errors to ``dsn``; ``transport`` is for tests."""
    # Nothing personal is collected as long as neither data_collection nor send_default_pii is set;
    # what is collected anyway passes clean_event.
    sentry_sdk.init(
        dsn=dsn,
        release=release,
        environment=environment,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=0,
        server_name="",
        integrations=[DjangoIntegration(transaction_style="url", middleware_spans=False)],
        before_send=cast("Any", clean_event),
        transport=transport,
    )


def clean_event(event: Event, hint: Any) -> Event:
    """Return ``event`` with only what `_KEPT` names, its texts scrubbed, and the request id."""
    clean = {name: value for name, value in event.items() if name in _KEPT}
    if "message" in clean:
        clean["message"] = scrub(str(clean["message"]))
    if "logentry" in clean:
        # The template only: parameters are what is logged about somebody.
        clean["logentry"] = {"message": scrub(str(clean["logentry"].get("message", "")))}
    if "exception" in clean:
        values = clean["exception"].get("values", [])
        clean["exception"] = {"values": [_clean_exception(value) for value in values]}
    extra = event.get("extra") or {}
    clean["extra"] = {name: scrub_value(extra[name]) for name in extra.keys() & ALLOWED}
    clean["tags"] = {"request_id": get_guid() or ""}
    return clean


def _clean_exception(value: dict[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames", [])
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "value": _WITHHELD,
        "stacktrace": {
            "frames": [{key: frame[key] for key in frame.keys() & _FRAME} for frame in frames]
        },
    }
