"""Mailboxes and numbers as customers type them beside a cart. Pure."""

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from bakery.kernel.errors import Invalid

_LONGEST = 254


def clean_mailbox(text: str) -> str:
    """Return the mailbox in lower case, "" for none; raise `Invalid` ``bad_email``."""
    mailbox = text.strip().lower()
    if not mailbox:
        return ""
    try:
        validate_email(mailbox)
    except ValidationError as error:
        raise _wrong("bad_email", "This is not an e-mail address.", "email") from error
    if len(mailbox) > _LONGEST:
        raise _wrong("bad_email", "This e-mail address is too long.", "email")
    return mailbox


def clean_number(text: str, *, country: str) -> str:
    """Return the number as E.164, "" for none; raise `Invalid` ``bad_phone``.

    Read as one of ``country`` when it has no +.
    """
    if not text.strip():
        return ""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        raise _wrong("bad_phone", "This is not a phone number.", "phone") from error
    if not phonenumbers.is_valid_number(number):
        raise _wrong("bad_phone", "This phone number cannot be reached.", "phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _wrong(code: str, message: str, field: str) -> Invalid:
    return Invalid(code, message, details={"field": field})
