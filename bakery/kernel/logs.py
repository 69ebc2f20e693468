"""Structured logs: one JSON object a line, only fields that are allowed, scrubbed text.

An allow-list, because a block-list of personal data is never complete: a field that is not named
here is dropped, and free text is scrubbed of what looks like an address, a number or a token.
"""

import hashlib
import hmac
import logging
import re
import traceback
from typing import Any

from django.conf import settings
from pythonjsonlogger.json import JsonFormatter

ALLOWED = frozenset(
    {
        "timestamp", "level", "logger", "message", "request_id", "error", "trace",
        "action", "attempt", "client", "code", "count", "duration_ms", "event_id", "event_kind",
        "handler", "method", "object_id", "object_type", "order", "outbox_id", "process", "queue",
        "release", "route", "session", "state", "status", "task", "user_id",
    }
)  # fmt: skip
_SCRUB = (
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "<email>"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"), "<token>"),
    (re.compile(r"\b(?:sk|rk|pk|whsec)_\w{8,}"), "<secret>"),
    (re.compile(r"(?<![\w.-])\+?\d(?:[ -]?\d){9,18}(?![\w-])"), "<number>"),
)


def scrub(text: str) -> str:
    """Return ``text`` with e-mail addresses, phone and card numbers, tokens and keys replaced."""
    for pattern, mark in _SCRUB:
        text = pattern.sub(mark, text)
    return text


def fingerprint(value: str) -> str:
    """Return a short keyed hash by which one person's lines can be joined without naming them."""
    key = (settings.FINGERPRINT_KEY or settings.SECRET_KEY).encode()
    return hmac.new(key, value.strip().lower().encode(), hashlib.sha256).hexdigest()[:16]


class AllowListFormatter(JsonFormatter):
    """JSON formatter that keeps only `ALLOWED` fields and scrubs every string among them."""

    def __init__(self) -> None:
        super().__init__(timestamp=True)

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Fill ``log_data`` from the record; the library's own fields are not wanted."""
        log_data.clear()
        log_data["timestamp"] = self.formatTime(record, "%Y-%m-%dT%H:%M:%S")
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        log_data["message"] = scrub(record.getMessage())
        log_data["request_id"] = getattr(record, "correlation_id", None)
        for name, value in {**record.__dict__, **message_dict}.items():
            if name in ALLOWED and name not in log_data and name != "process":
                log_data[name] = scrub(value) if isinstance(value, str) else value
        if record.exc_info and record.exc_info[0]:
            log_data["error"] = record.exc_info[0].__name__
            # Frames only: an exception's text may quote a customer's row.
            log_data["trace"] = [
                f"{frame.filename.rsplit('site-packages/', 1)[-1]}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])[-12:]
            ]

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the library's name
        """Return nothing: the trace is a field of its own."""
        return ""
