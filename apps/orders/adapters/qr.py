"""A number as a picture that a phone or a scanner reads."""

import segno


def qr_svg(text: str) -> str:
    """Return ``text`` as an SVG element, to stand in a page; it has no style or script in it."""
    code = segno.make(text, error="m", micro=False)
    return str(code.svg_inline(scale=4, border=2, dark="#000", light="#fff"))
