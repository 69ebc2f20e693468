"""Mails and texts out of their templates, in the language of the message.

``<template>.txt`` and ``.html`` are English, ``<template>.fr.txt`` and ``.fr.html`` French. Mail
programs read styles of elements but not always a sheet, so the frame's sheet is inlined; what is
left of it are the rules for dark screens.
"""

import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import css_inline
from django.conf import settings
from django.template import Context, TemplateDoesNotExist
from django.template.loader import get_template, render_to_string

from bakery.kernel import wording
from bakery.kernel.links import public_url

logger = logging.getLogger(__name__)
_SUBJECT = "Subject:"
_GAPS = re.compile(r"\n[ \t]*\n[ \t\n]*\n")
# Not in the alphabet of texts: one of them makes a text cost twice as much.
_PLAIN_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2019": "'"})


def render(
    template: str, context: Mapping[str, Any], language: str = wording.DEFAULT
) -> tuple[str, str, str]:
    """Return subject, text and HTML (empty when there is no such template).

    The text's first line is ``Subject: ...``; its values are not escaped, since it is not HTML.
    """
    base, language = _written_in(template, language)
    known = {**_shop(), "language": language, **context}
    text = _render_plain(f"{base}.txt", known)
    first, _, rest = text.partition("\n")
    if not first.startswith(_SUBJECT):
        raise ValueError(f"{base}.txt does not begin with a subject line")
    subject = " ".join(first.removeprefix(_SUBJECT).split())
    html = ""
    with suppress(TemplateDoesNotExist):
        html = render_to_string(f"{base}.html", {**known, "subject": subject})
    text = _GAPS.sub("\n\n", rest.strip())
    return subject, f"{text}\n", _inliner().inline(html) if html else ""


def write_text(template: str, context: Mapping[str, Any], language: str = wording.DEFAULT) -> str:
    """Return the words of a text message, with spaces that do not make it cost more."""
    base, language = _written_in(template, language)
    known = {**_shop(), "language": language, **context}
    return " ".join(_render_plain(f"{base}.txt", known).translate(_PLAIN_SPACES).split())


def _written_in(template: str, language: str) -> tuple[str, str]:
    """Return the template to take, and its language: English rather than nothing at all."""
    wished = wording.language_of(language)
    if wished == wording.DEFAULT:
        return template, wished
    base = f"{template}.{wished}"
    try:
        get_template(f"{base}.txt")
    except TemplateDoesNotExist:
        logger.exception("words are missing: %s", base)
        return template, wording.DEFAULT
    return base, wished


def _render_plain(name: str, context: Mapping[str, Any]) -> str:
    plain: Any = get_template(name)
    return str(plain.template.render(Context(dict(context), autoescape=False))).lstrip()


def _shop() -> dict[str, Any]:
    return {
        "shop_name": settings.SHOP_NAME,
        "shop_address": ", ".join(settings.SHOP_ADDRESS),
        "shop_phone": settings.SHOP_PHONE,
        "base_url": public_url(),
    }


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    """Return the inliner; it reads nothing from anywhere."""
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
