"""What a mail provider reports, verified and read by django-anymail's view for that provider.

Its views are used as parsers: they check the secret and the provider's signature and return
events in one shape. Their Django signals are not, so that reports are taken in by a service.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any
from uuid import UUID

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.webhooks.base import AnymailCoreWebhookView
from django.conf import settings
from django.http import HttpRequest

from apps.notifications.adapters.mail import METADATA
from apps.notifications.states import ReportKind
from bakery.kernel.errors import Invalid, NotFound, Refused
from bakery.kernel.logs import scrub

_KINDS = {
    "delivered": ReportKind.DELIVERED,
    "bounced": ReportKind.BOUNCED,
    "rejected": ReportKind.REJECTED,
    "failed": ReportKind.REJECTED,
    "complained": ReportKind.COMPLAINED,
    "opened": ReportKind.OPENED,
    "clicked": ReportKind.CLICKED,
    "unsubscribed": ReportKind.UNSUBSCRIBED,
}
# Providers' own words for a mailbox that is full or away: it may take the next mail.
_SOFT = frozenset({"softbounce", "soft_bounce", "temporary", "transient", "soft", "blocked"})
_LONGEST = 200


@dataclass(frozen=True, kw_only=True)
class MailReport:
    """One thing that a provider tells of a mail.

    ``reference`` is ours when the provider kept it; ``provider_sid`` is the provider's own.
    ``is_final``: a bounce that no later mail would escape.
    """

    event_id: str
    kind: ReportKind
    reference: UUID | None
    provider_sid: str
    detail: str
    is_final: bool
    at: datetime


def read_reports(request: HttpRequest, *, now: datetime) -> list[MailReport]:
    """Return the reports in a provider's request; those that we do not keep are left out.

    Raises `NotFound` where no provider is set up to report, `Refused` for what it did not send,
    `Invalid` for what nobody understands.
    """
    if not (settings.EMAIL_PROVIDER and settings.ANYMAIL.get("WEBHOOK_SECRET")):
        raise NotFound("no_mail_provider", "No mail provider reports here.")
    view: Any = _view_class(settings.EMAIL_PROVIDER)()
    try:
        view.run_validators(request)
        events = view.parse_events(request)
    except AnymailWebhookValidationFailure as error:
        raise Refused("bad_signature", "The signature does not fit.") from error
    except Exception as error:  # whatever a parser trips over is the sender's fault
        raise Invalid("bad_report", "That is no report of this mail provider.") from error
    found = [_report(event, now=now) for event in events]
    return [report for report in found if report is not None]


def _view_class(provider: str) -> type[AnymailCoreWebhookView]:
    module = import_module(f"anymail.webhooks.{provider}")
    found: type[AnymailCoreWebhookView] = next(
        kind
        for name, kind in vars(module).items()
        if name.endswith("TrackingWebhookView") and kind.__module__ == module.__name__
    )
    return found


def _report(event: Any, *, now: datetime) -> MailReport | None:
    kind = _KINDS.get(str(event.event_type))
    if kind is None:
        return None
    detail = f"{event.reject_reason or ''} {event.description or event.mta_response or ''}".strip()
    return MailReport(
        event_id=_identity(event, kind),
        kind=kind,
        reference=_reference(event.metadata),
        provider_sid=_plain(str(event.message_id or ""))[:64],
        # Kept for ever, so without the address that servers like to repeat.
        detail=scrub(_plain(detail))[:_LONGEST],
        is_final=kind == ReportKind.COMPLAINED or _is_final(event),
        at=_moment(event.timestamp, now=now),
    )


def _plain(text: str) -> str:
    """Return ``text`` as a database can keep it: JSON may hold halves of characters."""
    return text.encode(errors="replace").decode().replace("\x00", "")


def _identity(event: Any, kind: ReportKind) -> str:
    """Return what is the same when a provider repeats itself and differs otherwise."""
    parts = (kind, event.event_id, event.message_id, event.timestamp, event.recipient)
    clicked = getattr(event, "click_url", None)
    text = "|".join(str(part) for part in (*parts, clicked))
    return f"{settings.EMAIL_PROVIDER}:{hashlib.sha256(_plain(text).encode()).hexdigest()}"


def _reference(metadata: Any) -> UUID | None:
    try:
        return UUID(str(metadata[METADATA]))
    except (KeyError, TypeError, ValueError):
        return None


def _is_final(event: Any) -> bool:
    """Tell whether a bounce says that the mailbox does not exist."""
    if event.reject_reason not in {"bounced", "invalid"}:
        return False
    told = event.esp_event if isinstance(event.esp_event, dict) else {}
    words = {str(told.get(name, "")).lower() for name in ("Type", "type", "event", "severity")}
    return not words & _SOFT


def _moment(told: datetime | None, *, now: datetime) -> datetime:
    """Return when it happened, never later than now: providers' clocks are their own."""
    if told is None:
        return now
    aware = told if told.tzinfo else told.replace(tzinfo=UTC)
    return min(aware, now)
