"""Handing messages to their provider, and believing what it reports afterwards.

Each attempt is: mark it begun (one transaction), talk to the provider (none), write down what
came of it (one more). A crash in between leaves ``sending`` without a provider's id, and the next
attempt looks the message up at the provider before it sends again.
"""

import logging
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.notifications import rules
from apps.notifications.adapters import mail, sms, voice
from apps.notifications.adapters.outcome import DeliveryFailure, Receipt
from apps.notifications.models import Message
from apps.notifications.rules.caps import cost_of
from apps.notifications.services import alerts, consent, spending
from apps.notifications.services.attempts import begin_attempt, give_back, put_off, wait_after
from apps.notifications.services.footers import footer_of, headers_of
from apps.notifications.services.links import address_of
from apps.notifications.services.mail_secrets import secret_context, text_of
from apps.notifications.services.messages import requeue
from apps.notifications.services.telling import level_of
from apps.notifications.states import BAD_ENDS, MESSAGE, Channel, MessageState
from bakery.kernel.errors import Unavailable
from bakery.kernel.locks import lock_one
from bakery.kernel.states import transition

logger = logging.getLogger(__name__)
PROVIDER = "provider"


def deliver_message(*, message_id: int, at: datetime) -> None:
    """Hand a queued message to its provider; does nothing for one that is out already.

    Raises `Unavailable` when it should be tried again. Talks HTTP or SMTP: never call it inside
    a transaction.
    """
    message = begin_attempt(message_id, at=at)
    if message is None:
        return
    try:
        receipt = _hand_over(message, at)
    except DeliveryFailure as failure:
        if _note_failure(message, failure, at=at):
            raise Unavailable("delivery_failed", f"Not sent yet: {failure.code}.") from failure
        return
    _note_handed_over(message, receipt, at=at)


def _hand_over(message: Message, at: datetime) -> Receipt:
    if message.channel == Channel.VOICE:
        # A call too many is better than none; the row says that it may be one.
        Message.objects.filter(pk=message.pk).update(maybe_duplicate=message.ambiguous)
        return voice.call(to=message.recipient, reference=message.reference)
    return _send_text(message) if message.channel == Channel.SMS else _send_mail(message, at)


def _send_text(message: Message) -> Receipt:
    body = text_of(message)
    if message.ambiguous:
        found = _find_sent(message, body)
        if found is not None:
            return found
        # A text too many is better than a cake nobody heard of; the row says that it may be one.
        Message.objects.filter(pk=message.pk).update(maybe_duplicate=True)
    return sms.send(to=message.recipient, body=body, reference=message.reference)


def _find_sent(message: Message, body: str) -> Receipt | None:
    try:
        receipts = sms.find(to=message.recipient, body=body, since=message.first_attempt_at)
    except DeliveryFailure as failure:
        if not failure.was_tried or message.attempts < rules.ATTEMPTS_BEFORE_ESCALATION:
            raise
        return None
    known = set(
        Message.objects.filter(provider_sid__in=[r.provider_sid for r in receipts])
        .exclude(pk=message.pk)
        .values_list("provider_sid", flat=True)
    )
    return next((receipt for receipt in receipts if receipt.provider_sid not in known), None)


def _send_mail(message: Message, at: datetime) -> Receipt:
    footer = footer_of(message, at=at)
    context = {**message.context, **footer, **secret_context(message, at=at)}
    if message.link is not None:
        context["ack_link"] = address_of(message.link)
    return mail.send(
        template=message.template,
        to=message.recipient,
        context=context,
        reference=message.reference,
        language=message.language,
        headers=headers_of(footer),
        measured=bool(settings.EMAIL_PROVIDER)
        and consent.may_measure(address=message.recipient, at=at),
    )


def _note_handed_over(begun: Message, receipt: Receipt, *, at: datetime) -> None:
    with transaction.atomic():
        message = lock_one(Message.objects.filter(pk=begun.pk), what="message")
        _count_cost(message)
        if message.reference != begun.reference:
            return  # its report was here before, and it is to be sent once more already
        if not message.provider_sid:
            message.provider_sid = receipt.provider_sid
            message.save(update_fields=["provider_sid"])
        advance(message, to=receipt.state, error_code=receipt.error_code, at=at)
        if message.alert_id and message.state == MessageState.SENDING:
            alerts.follow_message(message, reason="", at=at)


def _count_cost(message: Message) -> None:
    """Add what the segments of a text cost by the settings' prices: also of one sent again."""
    if message.channel == Channel.SMS:
        cost = cost_of(message.segments, price=spending.price_to(message.country))
        message.cost = (message.cost or Decimal(0)) + cost
        message.save(update_fields=["cost"])


def _note_failure(begun: Message, failure: DeliveryFailure, *, at: datetime) -> bool:
    """Write the failed attempt down; return whether the caller should ask for another one.

    Raises `Unavailable` when this attempt took so long that another one was begun: that one
    decides, and what it is told by must not be settled by this one.
    """
    with transaction.atomic():
        message = lock_one(Message.objects.filter(pk=begun.pk), what="message")
        if message.reference != begun.reference or message.provider_sid:
            return False  # a receipt overtook us: it was accepted after all
        if message.attempted_at != begun.attempted_at:
            raise Unavailable("message_in_flight", "Another process is sending this message.")
        if message.state != MessageState.SENDING:
            return False
        give_back(message, failure)
        if failure.verdict is rules.Verdict.OPERATIONS:
            logger.error("provider refuses our account", extra={"code": failure.code})
        wait = wait_after(message, failure, at=at)
        gives_up = message.attempts >= rules.MAX_ATTEMPTS if failure.was_tried else wait is None
        if not failure.may_retry or gives_up:
            advance(message, to=MessageState.FAILED, error_code=failure.code, at=at)
            return False
        _queue_again(message, failure, at=at)
        if wait is not None:
            put_off(message, until=at + wait, at=at, reason=failure.code)
        return wait is None


def _queue_again(message: Message, failure: DeliveryFailure, *, at: datetime) -> None:
    """Put a locked message back; an alert's next channel does not wait for a provider left alone.

    What never reached the provider was no attempt.
    """
    message.attempts -= not failure.was_tried
    transition(
        message,
        machine=MESSAGE,
        to=MessageState.QUEUED,
        actor="system",
        at=at,
        reason=failure.code,
        error_code=failure.code,
        attempts=message.attempts,
        ambiguous=message.ambiguous or failure.ambiguous,
    )
    if message.alert_id and _is_stuck(message, failure):
        reason = f"the message does not go out: {failure.code}"
        alerts.replace_message(message, reason=reason, at=at)


def _is_stuck(message: Message, failure: DeliveryFailure) -> bool:
    """Tell whether others are told now although a text or call of an alert is still tried.

    While the provider is left alone, only the first one's: that brings the mails. To go on to
    the next number over the same provider would text and call everybody in the same moment, as
    soon as it is asked again.
    """
    if not failure.was_tried:
        return level_of(message) == 0
    return message.attempts >= rules.ATTEMPTS_BEFORE_ESCALATION


def advance(message: Message, *, to: MessageState, error_code: str, at: datetime) -> bool:
    """Move a locked message further along, never back, and let its alert follow.

    Returns whether it moved; a step of the caller's transaction.
    """
    # Mail servers accept first and return mails later; a text that arrived stays so.
    bounced = message.channel == Channel.EMAIL and to == MessageState.UNDELIVERED
    returned = bounced and message.state == MessageState.DELIVERED
    if not returned and not rules.advances(message.state, to):
        return False
    columns: dict[str, object] = {"error_code": error_code}
    if message.sent_at is None and to not in {MessageState.SENDING, *BAD_ENDS}:
        columns["sent_at"] = at
    transition(message, machine=MESSAGE, to=to, actor=PROVIDER, at=at, reason=error_code, **columns)
    if message.alert_id:
        reason = f"the message was {to}: {error_code}"
        alerts.follow_message(message, reason=reason, at=at)
    return True


def record_receipt(
    *, reference: UUID, provider_sid: str, status: str, error_code: str, at: datetime
) -> bool:
    """Take in a provider's status report; return whether it told anything new.

    Reports may come twice, late and in any order: a message only ever moves forward. A bad end
    of a duplicate of the message is not believed, since the other copy may have arrived.
    """
    to = rules.state_of(status)
    with transaction.atomic():
        rows = Message.objects.filter(reference=reference)
        if to is None or not rows.exists():
            logger.warning("receipt not understood", extra={"status": status})
            return False
        message = lock_one(rows, what="message")
        if not message.provider_sid:
            message.provider_sid = provider_sid
            message.save(update_fields=["provider_sid"])
        if to in BAD_ENDS and message.provider_sid != provider_sid:
            return False
        if not advance(message, to=to, error_code=error_code, at=at):
            return False
        if to in BAD_ENDS:
            _try_once_more(message, code=error_code, at=at)
    return True


def _try_once_more(message: Message, *, code: str, at: datetime) -> None:
    """Queue a message once more, later, when its handset was merely out of reach."""
    if message.resends == 0 and rules.judge_receipt(code) is rules.Verdict.SECOND_TRY:
        later = at + rules.SECOND_TRY_AFTER
        requeue(message, actor="system", at=at, reason=f"once more after {code}", not_before=later)
