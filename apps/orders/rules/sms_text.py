"""The kitchen's text message about a paid cake, in at most two segments.

A segment of several holds 153 characters of the GSM 03.38 alphabet or 67 UTF-16 units otherwise
(3GPP TS 23.040, 9.2.3.24.1), so one emoji more than halves what fits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

SEGMENTS = 2
GSM_PER_SEGMENT, UCS2_PER_SEGMENT = 153, 67
# Room for the link that acknowledges the alert, which notifications appends.
LINK_RESERVE = 90
_GSM_BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = set("^{}\\[~]|€")
_SHORTEST_QUOTE = 12


@dataclass(frozen=True)
class CakeLine:
    """One cake of the order: how many, which, and what is to be written on it."""

    quantity: int
    name: str
    message: str


def is_gsm(text: str) -> bool:
    """Tell whether ``text`` can be sent in the 7-bit alphabet."""
    return all(char in _GSM_BASIC or char in _GSM_EXTENDED for char in text)


def length(text: str) -> int:
    """Return the units that ``text`` takes: septets, or UTF-16 units."""
    if is_gsm(text):
        return len(text) + sum(char in _GSM_EXTENDED for char in text)
    return len(text.encode("utf-16-be")) // 2


def fits(text: str, *, reserve: int = LINK_RESERVE) -> bool:
    """Tell whether ``text`` and ``reserve`` further plain characters fit in two segments."""
    per_segment = GSM_PER_SEGMENT if is_gsm(text) else UCS2_PER_SEGMENT
    return length(text) + reserve <= SEGMENTS * per_segment


def _shorten(text: str, size: int) -> str:
    return text if len(text) <= size else text[: max(0, size - 3)].rstrip() + "..."


def _quoted(head: str, message: str, reserve: int) -> str | None:
    """Return ``head`` with as much of ``message`` as fits; None when that is hardly any."""
    longest = min(len(message), SEGMENTS * GSM_PER_SEGMENT - reserve - length(head))
    for size in range(longest, min(len(message), _SHORTEST_QUOTE) - 1, -1):
        text = f'{head} "{_shorten(message, size)}"'
        if fits(text, reserve=reserve):
            return text
    return None


def cake_alert(
    number: str,
    *,
    pickup: str,
    cakes: Sequence[CakeLine],
    allergy: bool,
    reserve: int = LINK_RESERVE,
) -> str:
    """Return the alert: number, pickup, cakes, allergy flag, and the message as far as it fits.

    What does not fit is on the board; a text that is cut says so. Plain facts come first, so that
    a cut never hides the number, the time or the allergy flag.
    """
    flag = " ALLERGY NOTE!" if allergy else ""
    names = "; ".join(f"{cake.quantity}x {cake.name}" for cake in cakes)
    head = _head(f"CAKE {number} for {pickup}.{flag}", names, reserve)
    messages = [" ".join(cake.message.split()) for cake in cakes if cake.message.strip()]
    if not messages:
        return head
    return _quoted(head, " / ".join(messages), reserve) or f"{head} Text: see board"


def _head(lead: str, names: str, reserve: int) -> str:
    # A name in another script would cost the whole message its room: what GSM lacks is shown as ?.
    plain = "".join(char if char in _GSM_BASIC else "?" for char in names)
    room = SEGMENTS * GSM_PER_SEGMENT - reserve - length(lead) - len(" Text: see board") - 1
    return f"{lead} {_shorten(plain, room)}"
