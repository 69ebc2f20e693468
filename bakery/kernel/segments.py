"""How many parts of a text message a text is sent and billed as. Pure.

Source: 3GPP TS 23.038 (6.2.1, the alphabet) and TS 23.040 (9.2.3.24.1, the parts).
"""

from collections.abc import Sequence

# The default alphabet, and its extension reached by an escape.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM_ONE, _GSM_PART = 160, 153
_UCS2_ONE, _UCS2_PART = 70, 67


def is_basic(char: str) -> bool:
    """Tell whether a character takes one unit of the 7-bit alphabet."""
    return char in _BASIC


def is_gsm(text: str) -> bool:
    """Tell whether ``text`` can be sent in the 7-bit alphabet."""
    return all(char in _BASIC or char in _EXTENSION for char in text)


def _sizes(text: str) -> list[int]:
    if is_gsm(text):
        return [2 if char in _EXTENSION else 1 for char in text]
    return [2 if ord(char) > 0xFFFF else 1 for char in text]


def _pack(sizes: Sequence[int], part: int) -> int:
    """Count parts of ``part`` units when no character may be split over two."""
    parts, room = 1, part
    for size in sizes:
        if size > room:
            parts, room = parts + 1, part
        room -= size
    return parts


def count_segments(text: str) -> int:
    """Return how many segments ``text`` is billed as; 0 for no text.

    GSM-7: 160 septets, or 153 in each part of a longer one; an extension character takes two and
    is not split. Any other character makes it UCS-2: 70 UTF-16 units, or 67, surrogate pairs
    unsplit.
    """
    if not text:
        return 0
    sizes = _sizes(text)
    one, part = (_GSM_ONE, _GSM_PART) if is_gsm(text) else (_UCS2_ONE, _UCS2_PART)
    return 1 if sum(sizes) <= one else _pack(sizes, part)
