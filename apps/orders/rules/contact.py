"""Names, mailboxes and phone numbers as customers type them."""

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from bakery.kernel.errors import Invalid


def clean_name(text: str) -> str:
    """Return the name without surrounding or doubled spaces; raise `Invalid` ``bad_name``."""
    name = " ".join(text.split())
    if not 1 <= len(name) <= 200 or not name.isprintable():
        raise Invalid("bad_name", "Tell us a name of 1 to 200 characters.")
    return name


def clean_email(text: str) -> str:
    """Return the mailbox; raise `Invalid` ``bad_email`` when it cannot be one."""
    email = text.strip()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid("bad_email", "This is not an e-mail address.") from error
    if len(email) > 254:
        raise Invalid("bad_email", "This e-mail address is too long.")
    return email


def clean_phone(text: str, *, country: str) -> str:
    """Return the number as E.164, read as one of ``country`` when it has no +; "" stays "".

    Raises `Invalid` ``bad_phone``.
    """
    if not text.strip():
        return ""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        raise Invalid("bad_phone", "This is not a phone number.") from error
    if not phonenumbers.is_possible_number(number):
        raise Invalid("bad_phone", "This phone number has too few or too many digits.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
