"""Text that people type: which signs can be written, printed and shown."""

import unicodedata

_BREAKS = ("\r\n", "\r", "\u2028", "\u2029")


def can_be_written(char: str) -> bool:
    """Tell whether ``char`` is visible, a blank, or invisible but part of writing.

    Joiners, marks of direction, soft hyphens and the tags of flags are; what turns the direction
    of the text around it, control characters and halves of characters are not.
    """
    code = ord(char)
    joins = code in {0x200C, 0x200D, 0x200E, 0x200F, 0x00AD} or 0xE0020 <= code <= 0xE007F
    return char.isprintable() or joins


def plain_text(text: str) -> str:
    """Return ``text`` trimmed, its lines parted by ``\\n`` alone and its blanks plain ones."""
    for sign in _BREAKS:
        text = text.replace(sign, "\n")
    blanks = (" " if char == "\t" or unicodedata.category(char) == "Zs" else char for char in text)
    return "".join(blanks).strip()
