"""Text in the cells of a spreadsheet: formulas made harmless, and given back as they were. Pure.

A cell that begins with one of ``= + - @``, a tab or a line break is a formula to a spreadsheet, and
runs. An apostrophe before it makes it text: https://owasp.org/www-community/attacks/CSV_Injection.
"""

import re

# With apostrophes before it that somebody typed, so that taking one off gives back what was there.
_FORMULA = re.compile("'*\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]|'*[\\t\\r\\n]")


def guard(text: str) -> str:
    """Return ``text`` as a cell that no spreadsheet runs."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguard(text: str) -> str:
    """Return what `guard` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text
