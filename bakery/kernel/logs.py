"""Structured logs: one JSON object a line, only fields that are allowed, scrubbed text.

An allow-list, because a block-list of personal data is never complete: a field that is not named
here is dropped, and free text is scrubbed of what looks like an address, a number or a token.
"""

import hashlib
import hmac
import logging
import re
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from pythonjsonlogger.json import JsonFormatter
from typing_extensions import override

ALLOWED = frozenset(
    {
        "timestamp", "level", "logger", "message", "request_id", "error", "trace",
        "action", "attempt", "client", "code", "count", "duration_ms", "event_id", "event_kind",
        "handler", "method", "object_id", "object_type", "order", "outbox_id", "queue",
        "release", "route", "session", "state", "status", "task", "user_id",
    }
)  # fmt: skip
_SCRUB = (
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "<email>"),
    (re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]*://\S+"), "<url>"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "<token>"),
    (re.compile(r"\b(?:sk|rk|pk|whsec)_\w{8,}|\b(?:AC|SK)[0-9a-f]{32}\b"), "<secret>"),
    (re.compile(r"\bsk-[\w-]{8,}"), "<secret>"),
    (
        re.compile(
            r"\b(token|secret|password|passwd|authorization|bearer|cookie|sessionid|code)"
            r"(['\"]?\s*[=:]\s*|\s+(?=\S{16}))(?:bearer\s+)?['\"]?[^\s'\"&,;]+",
            re.IGNORECASE,
        ),
        r"\1\2<secret>",
    ),
    (re.compile(r"(?<![\w.-])\+?\(?\d(?:[ .()-]{0,3}\d){9,18}(?![\w-])"), "<number>"),
    # Random text: a token, a key or a signature. Request ids have a field of their own.
    (re.compile(r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{40,}"), "<token>"),
)
_MAX_TEXT = 4000


def scrub(text: str) -> str:
    """Return ``text`` with addresses, phone and card numbers, tokens and keys replaced.

    Cut off after 4,000 characters.
    """
    text = text[:_MAX_TEXT]
    for pattern, mark in _SCRUB:
        text = pattern.sub(mark, text)
    return text


def scrub_value(value: Any) -> Any:
    """Return ``value`` as JSON with every text in it scrubbed; numbers stay as they are."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): scrub_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [scrub_value(item) for item in value]
    return scrub(str(value))


def fingerprint(value: str) -> str:
    """Return a short keyed hash by which one person's lines can be joined without naming them."""
    key = (settings.FINGERPRINT_KEY or settings.SECRET_KEY).encode()
    return hmac.new(key, value.strip().lower().encode(), hashlib.sha256).hexdigest()[:16]


class AllowListFormatter(JsonFormatter):
    """JSON formatter that keeps only `ALLOWED` fields and scrubs every string among them."""

    def __init__(self) -> None:
        super().__init__(timestamp=True)

    @override
    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Fill ``log_data`` from the record; the library's own fields are not wanted."""
        log_data.clear()
        log_data["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat(
            timespec="milliseconds"
        )
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        log_data["message"] = scrub(_message(record))
        log_data["request_id"] = getattr(record, "correlation_id", None)
        if route := _route(record):
            log_data["route"] = route
        for name, value in {**record.__dict__, **message_dict}.items():
            if name in ALLOWED and name not in log_data:
                log_data[name] = scrub_value(value)
        if record.exc_info and record.exc_info[0]:
            log_data["error"] = record.exc_info[0].__name__
            # Frames only: an exception's text may quote a customer's row.
            log_data["trace"] = [
                f"{frame.filename.rsplit('site-packages/', 1)[-1]}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])[-12:]
            ]

    @override
    def formatException(self, ei: Any) -> str:
        """Return nothing: the trace is a field of its own."""
        return ""


def _message(record: logging.LogRecord) -> str:
    """Return the message; Django's own about a request lose the path, which may hold a token."""
    if record.name.startswith(("django.request", "django.security")) and record.args:
        return str(record.msg).split(":")[0].replace("%s", "").strip() or "request failed"
    return record.getMessage()


def _route(record: logging.LogRecord) -> str:
    match = getattr(getattr(record, "request", None), "resolver_match", None)
    return str(getattr(match, "route", ""))
