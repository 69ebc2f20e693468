"""Mails by Django's backend: SMTP, or the provider that EMAIL_PROVIDER names (django-anymail)."""

import smtplib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from anymail.exceptions import (
    AnymailError,
    AnymailRecipientsRefused,
    AnymailRequestsAPIError,
)
from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from apps.notifications.adapters.outcome import (
    DeliveryFailure,
    Receipt,
    guarded,
    seconds_asked_for,
)
from apps.notifications.adapters.rendering import render
from apps.notifications.rules import Verdict
from apps.notifications.states import MessageState
from bakery.kernel import wording

MAIL = "mail"
# Under this name a provider keeps our reference and reports it back.
METADATA = "message"
_LONGEST_ID = 64
_SMTP_CLOSING = 421


def send(
    *,
    template: str,
    to: str,
    context: Mapping[str, Any],
    reference: UUID,
    language: str = wording.DEFAULT,
    headers: Mapping[str, str] | None = None,
    measured: bool = False,
) -> Receipt:
    """Hand one mail to the mail server or provider. Raises `DeliveryFailure`.

    The Message-ID is the message's reference, so that a mail sent twice can be told as one.
    ``measured``: a provider may note whether it is opened and what is clicked.
    """
    subject, text, html = render(template, context, language)
    domain = urlsplit(settings.PUBLIC_BASE_URL).hostname or "localhost"
    mail: Any = EmailMultiAlternatives(
        subject,
        text,
        to=[to],
        headers={**(headers or {}), "Message-ID": f"<{reference}@{domain}>"},
    )
    if html:
        mail.attach_alternative(html, "text/html")
    if settings.EMAIL_PROVIDER:
        mail.metadata = {METADATA: str(reference)}
        mail.track_opens = mail.track_clicks = measured
    with guarded(MAIL), _translated():
        mail.send()
    return Receipt(provider_sid=_id_of(mail), state=MessageState.SENT)


def _id_of(mail: Any) -> str:
    """Return the provider's id of a mail, "" where it gives none or a server took it."""
    known = getattr(getattr(mail, "anymail_status", None), "message_id", None)
    return known[:_LONGEST_ID] if isinstance(known, str) else ""


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what a backend raises into what it means for the message."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        status = next(iter(error.recipients.values()))[0]
        raise _failure(status) from error
    except smtplib.SMTPResponseException as error:
        raise _failure(error.smtp_code) from error
    except AnymailRecipientsRefused as error:
        raise DeliveryFailure("recipient_refused", Verdict.PERMANENT) from error
    except AnymailRequestsAPIError as error:
        raise _refusal(error) from error
    except AnymailError as error:
        raise DeliveryFailure("provider_refused", Verdict.OPERATIONS) from error
    except (smtplib.SMTPException, OSError) as error:
        # Nobody took the connection: then nobody took the mail either.
        unsent = isinstance(error, ConnectionRefusedError)
        code = "no_connection" if unsent else "no_answer"
        raise DeliveryFailure(
            code, Verdict.TRANSIENT, ambiguous=not unsent, is_down=True
        ) from error


def _failure(code: int) -> DeliveryFailure:
    """SMTP: 4xx asks to come back later, 5xx says never (RFC 5321, 4.2.1)."""
    verdict = Verdict.TRANSIENT if code < 500 else Verdict.PERMANENT
    # 421: the service is closing, whoever asks (RFC 5321, 4.2.3).
    return DeliveryFailure(f"smtp_{code}", verdict, is_down=code == _SMTP_CLOSING)


def _refusal(error: AnymailRequestsAPIError) -> DeliveryFailure:
    """Read a provider's HTTP status; none, and a 200 that is not JSON, is no answer."""
    status = error.status_code or 0
    if status < HTTPStatus.BAD_REQUEST:
        return DeliveryFailure("no_answer", Verdict.TRANSIENT, ambiguous=True)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = seconds_asked_for(getattr(error.response, "headers", None))
        return DeliveryFailure("provider_429", Verdict.TRANSIENT, retry_after=wait)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return DeliveryFailure(f"provider_{status}", Verdict.TRANSIENT, ambiguous=True)
    ours = status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    verdict = Verdict.OPERATIONS if ours else Verdict.PERMANENT
    return DeliveryFailure(f"provider_{status}", verdict)
