"""How many SMS segments a text takes."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")


def count_segments(text: str) -> int:
    """Return the number of segments by 3GPP TS 23.038.

    GSM-7: 160 septets in one segment or 153 in each of several; anything else goes as UCS-2 with
    70 and 67 code units. An extended character takes two septets and is not split.
    """
    if all(char in _BASIC or char in _EXTENDED for char in text):
        sizes = [2 if char in _EXTENDED else 1 for char in text]
        return _fill(sizes, single=160, several=153)
    sizes = [2 if ord(char) > 0xFFFF else 1 for char in text]
    return _fill(sizes, single=70, several=67)


def _fill(sizes: list[int], *, single: int, several: int) -> int:
    if sum(sizes) <= single:
        return 1
    segments, used = 1, 0
    for size in sizes:
        if used + size > several:
            segments, used = segments + 1, 0
        used += size
    return segments
