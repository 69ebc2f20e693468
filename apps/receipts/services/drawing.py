"""PDF pages of other apps, drawn as receipts are."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string

from apps.receipts.adapters.pdf import font_directory, make_pdf


def draw_page(*, template: str, context: Mapping[str, Any], at: datetime) -> bytes:
    """Return the PDF of a template, with ``fonts`` in its context; the same page, the same bytes.

    ``at`` is the date of the file. Takes tenths of a second of one core: not in a transaction.
    Raises `RuntimeError` when no PDF came of it.
    """
    html = render_to_string(template, {**context, "fonts": font_directory()})
    return make_pdf(html, made_at=at)
