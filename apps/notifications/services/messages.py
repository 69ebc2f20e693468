"""Writing messages that are to be sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from apps.notifications import rules
from apps.notifications.events import MessageQueued, UrgentMessageQueued
from apps.notifications.models import Alert, AlertLink, Message
from apps.notifications.states import MESSAGE, Channel, MessageState, Topic
from bakery.kernel import audit, outbox
from bakery.kernel.errors import Invalid
from bakery.kernel.locks import lock_one
from bakery.kernel.states import transition

DEFAULT_LANGUAGE = "en"


def send_sms(
    *,
    to: str,
    body: str,
    dedupe_key: str,
    kind: str,
    at: datetime,
    language: str = "",
    topic: Topic = Topic.ORDER,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    urgent: bool = False,
    alert: Alert | None = None,
    link: AlertLink | None = None,
) -> Message:
    """Write a text to the E.164 number ``to`` that will be sent; return its row.

    The same ``dedupe_key`` again returns the first row and sends nothing. Raises `Invalid` with
    the code ``bad_phone`` or ``empty_message``. Texts beyond 1,500 characters are cut. Whether it
    may be sent (``topic``), and when, is judged at the moment of sending.
    """
    if not rules.is_phone(to):
        raise Invalid("bad_phone", "A phone number is written like +14165550123.")
    if not body.strip():
        raise Invalid("empty_message", "A text must say something.")
    return _write(
        dedupe_key=dedupe_key,
        at=at,
        columns={
            "channel": Channel.SMS,
            "kind": kind,
            "recipient": to,
            "body": body[: rules.SMS_MAX_CHARACTERS],
            "language": language or DEFAULT_LANGUAGE,
            "topic": topic,
            "not_before": not_before,
            "expires_at": expires_at,
            "urgent": urgent,
            "alert": alert,
            "link": link,
        },
    )


def send_mail(
    *,
    template: str,
    to: str,
    context: Mapping[str, Any],
    dedupe_key: str,
    at: datetime,
    language: str = "",
    topic: Topic = Topic.ORDER,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    urgent: bool = False,
    alert: Alert | None = None,
    link: AlertLink | None = None,
) -> Message:
    """Write a mail that will be rendered from ``template`` and sent; return its row.

    ``template`` such as ``orders/mail/order_paid`` names ``.txt``, whose first line is
    ``Subject: ...``, and optionally ``.html`` beside it. ``context`` is JSON; the templates also
    get ``shop_name`` and ``base_url``. Raises `Invalid` with the code ``bad_address``.
    """
    if not rules.is_mailbox(to):
        raise Invalid("bad_address", "That is not an e-mail address.")
    return _write(
        dedupe_key=dedupe_key,
        at=at,
        columns={
            "channel": Channel.EMAIL,
            "kind": template.rpartition("/")[2],
            "recipient": to,
            "template": template,
            "context": dict(context),
            "language": language or DEFAULT_LANGUAGE,
            "topic": topic,
            "not_before": not_before,
            "expires_at": expires_at,
            "urgent": urgent,
            "alert": alert,
            "link": link,
        },
    )


def resend_message(*, message_id: int, actor: str, at: datetime, reason: str = "") -> Message:
    """Send a message that failed once more; raises `Conflict` when it is on its way or arrived."""
    with transaction.atomic():
        message = lock_one(Message.objects.filter(pk=message_id), what="message")
        requeue(message, actor=actor, at=at, reason=reason or "sent again")
        audit.record(
            actor=actor,
            action="notifications.resend_message",
            object_type="message",
            object_id=message.pk,
            at=at,
            reason=reason,
        )
    return message


def requeue(
    message: Message, *, actor: str, at: datetime, reason: str, not_before: datetime | None = None
) -> None:
    """Queue a message that came to a bad end; a step of the caller's transaction.

    It gets a new reference, so that late receipts of the earlier sending do not touch this one.
    """
    transition(
        message,
        machine=MESSAGE,
        to=MessageState.QUEUED,
        actor=actor,
        at=at,
        reason=reason,
        reference=uuid4(),
        provider_sid="",
        error_code="",
        attempts=0,
        resends=message.resends + 1,
        waits=0,
        first_attempt_at=None,
        ambiguous=False,
    )
    announce(message, at=at, not_before=not_before)


def announce(message: Message, *, at: datetime, not_before: datetime | None = None) -> None:
    """Emit the event that gets ``message`` sent; a step of the caller's transaction."""
    event = UrgentMessageQueued if message.urgent else MessageQueued
    key = f"{message.pk}:{message.resends}" + (f":{message.waits}" if message.waits else "")
    outbox.emit(event(message_id=message.pk), key=key, at=at, not_before=not_before)


def _write(*, dedupe_key: str, at: datetime, columns: dict[str, Any]) -> Message:
    with transaction.atomic():
        message, is_new = Message.objects.get_or_create(
            dedupe_key=dedupe_key, defaults={**columns, "created_at": at}
        )
        if is_new:
            announce(message, at=at, not_before=message.not_before)
    return message
