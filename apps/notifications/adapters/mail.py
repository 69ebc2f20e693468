"""Mails by Django's backend, rendered from a text template and an HTML one beside it."""

import smtplib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, TemplateDoesNotExist
from django.template.loader import get_template, render_to_string

from apps.notifications.adapters.outcome import DeliveryFailure, Receipt
from apps.notifications.rules import Verdict
from apps.notifications.states import MessageState

_SUBJECT = "Subject:"


def render(template: str, context: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return subject, text and HTML (empty when there is no such template).

    The text's first line is ``Subject: ...``; its values are not escaped, since it is not HTML.
    """
    known = {
        "shop_name": settings.SHOP_NAME,
        "base_url": settings.PUBLIC_BASE_URL.rstrip("/"),
        **context,
    }
    plain: Any = get_template(f"{template}.txt")
    text = str(plain.template.render(Context(known, autoescape=False))).lstrip()
    first, _, rest = text.partition("\n")
    if not first.startswith(_SUBJECT):
        raise ValueError(f"{template}.txt does not begin with a subject line")
    subject = " ".join(first.removeprefix(_SUBJECT).split())
    html = ""
    with suppress(TemplateDoesNotExist):
        html = str(render_to_string(f"{template}.html", {**known, "subject": subject}))
    return subject, rest.strip() + "\n", html


def send(*, template: str, to: str, context: Mapping[str, Any], reference: UUID) -> Receipt:
    """Hand one mail to the SMTP server. Raises `DeliveryFailure`.

    The Message-ID is the message's reference, so that a mail sent twice can be told as one.
    """
    subject, text, html = render(template, context)
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
