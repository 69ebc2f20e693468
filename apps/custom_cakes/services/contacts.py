"""Who asks for a cake, as it is kept."""

from collections.abc import Callable

from django.conf import settings

from apps.custom_cakes.rules.wishes import Contact, wrong
from apps.orders import services as orders
from bakery.kernel import wording
from bakery.kernel.errors import Invalid


def checked_contact(contact: Contact) -> Contact:
    """Return ``contact`` in normal form, phones without + as the shop's country's.

    Raises `Invalid` with ``details.field``: ``bad_name``, ``bad_email``, ``bad_phone``,
    ``bad_language``.
    """
    if contact.language and contact.language not in wording.LANGUAGES:
        raise wrong("bad_language", "We write in English or in French.", "language")
    return Contact(
        name=_part("name", orders.clean_name, contact.name),
        email=_part("email", orders.clean_email, contact.email),
        phone=_part(
            "phone",
            lambda text: orders.clean_phone(text, country=settings.SHOP_COUNTRY),
            contact.phone,
        ),
        language=contact.language,
    )


def contact_errors(*, contact: Contact) -> dict[str, Invalid]:
    """Return everything that is wrong with ``contact`` by field, not only the first thing."""
    errors: dict[str, Invalid] = {}
    for name in ("name", "email", "phone"):
        # The other parts as they would be right, so that only this one can be refused.
        parts = {"name": "x", "email": "x@example.com", "phone": "", name: getattr(contact, name)}
        try:
            checked_contact(Contact(**parts))
        except Invalid as error:
            errors[name] = error
    return errors


def _part(name: str, clean: Callable[[str], str], text: str) -> str:
    try:
        return clean(text)
    except Invalid as error:
        raise wrong(error.code, error.message, name) from error
