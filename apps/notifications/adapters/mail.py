"""Mails by Django's backend."""

import smtplib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from apps.notifications.adapters.outcome import DeliveryFailure, Receipt
from apps.notifications.adapters.rendering import render
from apps.notifications.rules import Verdict
from apps.notifications.states import MessageState
from bakery.kernel import wording


def send(
    *,
    template: str,
    to: str,
    context: Mapping[str, Any],
    reference: UUID,
    language: str = wording.DEFAULT,
) -> Receipt:
    """Hand one mail to the SMTP server. Raises `DeliveryFailure`.

    The Message-ID is the message's reference, so that a mail sent twice can be told as one.
    """
    subject, text, html = render(template, context, language)
    domain = urlsplit(settings.PUBLIC_BASE_URL).hostname or "localhost"
    mail = EmailMultiAlternatives(
        subject, text, to=[to], headers={"Message-ID": f"<{reference}@{domain}>"}
    )
    if html:
        mail.attach_alternative(html, "text/html")
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise _failure(code) from error
    except smtplib.SMTPResponseException as error:
        raise _failure(error.smtp_code) from error
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryFailure("no_answer", Verdict.TRANSIENT, ambiguous=True) from error
    return Receipt(provider_sid="", state=MessageState.SENT)


def _failure(code: int) -> DeliveryFailure:
    """SMTP: 4xx asks to come back later, 5xx says never (RFC 5321, 4.2.1)."""
    verdict = Verdict.TRANSIENT if code < 500 else Verdict.PERMANENT
    return DeliveryFailure(f"smtp_{code}", verdict)
