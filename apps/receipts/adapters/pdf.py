"""PDF from HTML, with xhtml2pdf."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

# What ReportLab writes as the date of every file when it is to make the same one again.
_NO_DATE = b"D:20000101000000+00'00'"


def make_pdf(html: str, *, made_at: datetime) -> bytes:
    """Return the PDF of an HTML page; the same page and moment give the same bytes.

    Nothing is fetched from the network, and of the disk only our own fonts are read: a page that
    names any other address is drawn without it. Raises `RuntimeError` when no PDF came of it.
    """
    pisa, policy = _library()
    out = io.BytesIO()
    done = pisa.CreatePDF(html, dest=out, encoding="utf-8", resource_policy=policy)
    if done.err:
        raise RuntimeError(f"the page could not be drawn: {done.err} errors")
    stamp = made_at.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'").encode()
    return out.getvalue().replace(_NO_DATE, stamp)


def font_directory() -> Path:
    """Return where our fonts are, the only files that a page may read."""
    return Path(settings.RECEIPT_FONTS)


def _library() -> tuple[Any, Any]:
    """Import the library when it is first used: it takes a second, and most processes never do."""
    from reportlab import rl_config
    from xhtml2pdf import pisa
    from xhtml2pdf.config.resources import ResourceAccessPolicy

    # Else a file has the time of day and a random number in it.
    rl_config.invariant = 1
    policy = ResourceAccessPolicy.server(font_directory(), allow_remote=False)
    return pisa, policy
