"""Believing what a mail provider reports: once each, in any order, and what follows from it."""

import logging
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.notifications.adapters.mail_reports import MailReport
from apps.notifications.models import Message, ProviderReport
from apps.notifications.services import consent, contacts
from apps.notifications.services.agreeing import MAIL_PROVIDER, tell_accounts
from apps.notifications.services.delivery import advance
from apps.notifications.states import OPTIONAL, Channel, MessageState, ReportKind, Topic
from bakery.kernel.locks import lock_one

logger = logging.getLogger(__name__)
_STATES = {
    ReportKind.DELIVERED: MessageState.DELIVERED,
    ReportKind.BOUNCED: MessageState.UNDELIVERED,
    ReportKind.REJECTED: MessageState.UNDELIVERED,
}
_MEASURED = {ReportKind.OPENED: "opened_at", ReportKind.CLICKED: "clicked_at"}


def record_mail_report(*, report: MailReport, at: datetime) -> bool:
    """Take in one report; return whether it told anything new.

    A bounce that is final and a complaint end all mail to that mailbox; "unsubscribe" ends mails
    about the topic of that mail. Opens and clicks are kept only of who agreed to it.
    """
    with transaction.atomic():
        message = _message_of(report)
        if message is None:
            logger.info("mail report of no message of ours", extra={"kind": report.kind})
            return False
        is_new = _keep(message, report, at=at)
        if is_new and report.kind in _STATES:
            code = "" if report.kind == ReportKind.DELIVERED else f"mail_{report.kind}"
            advance(message, to=_STATES[report.kind], error_code=code, at=at)
    # Also of a report that came before: whoever took it in may have died right here.
    _draw_conclusions(message, report, at=at)
    return is_new


def _keep(message: Message, report: MailReport, *, at: datetime) -> bool:
    """Append a report that is new and may be kept; return whether it was."""
    column = _MEASURED.get(report.kind)
    if column and not consent.may_measure(address=message.recipient, at=at):
        return False
    _, is_new = ProviderReport.objects.get_or_create(
        event_id=report.event_id,
        defaults={
            "message_id": message.pk,
            "kind": report.kind,
            "detail": report.detail,
            "at": report.at,
        },
    )
    if is_new and column and getattr(message, column) is None:
        setattr(message, column, report.at)
        message.save(update_fields=[column])
    return is_new


def _message_of(report: MailReport) -> Message | None:
    """Lock the mail that a report is about; a copy sent again has another reference."""
    mails = Message.objects.filter(channel=Channel.EMAIL)
    if report.reference is not None:
        rows = mails.filter(reference=report.reference)
    elif report.provider_sid:
        rows = mails.filter(provider_sid=report.provider_sid)
    else:
        return None
    return lock_one(rows, what="message") if rows.exists() else None


def _draw_conclusions(message: Message, report: MailReport, *, at: datetime) -> None:
    """Write down what the report means for further mails; the shop's own mailboxes are exempt."""
    if message.topic == Topic.STAFF or message.alert_id is not None:
        return
    if report.is_final:
        contacts.suppress(address=message.recipient, reason=str(report.kind), at=at)
    if report.kind == ReportKind.UNSUBSCRIBED and message.topic in OPTIONAL:
        about: dict[str, Any] = {
            "channel": Channel.EMAIL,
            "address": message.recipient,
            "topic": message.topic,
            "source": MAIL_PROVIDER,
            "at": at,
        }
        with transaction.atomic():
            tell_accounts(**about, granted=False)
            contacts.withdraw(**about)
