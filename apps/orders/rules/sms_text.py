"""The kitchen's words about a paid cake: a text of at most two segments, and what a call says.

One character outside the 7-bit alphabet more than halves what fits (`bakery.kernel.segments`).
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bakery.kernel.segments import count_segments, is_basic

SEGMENTS = 2
# Septets of two segments.
_ROOM = 306
# Room for the code and the link that acknowledge, where the caller does not say how much.
LINK_RESERVE = 90
_SHORTEST_QUOTE = 12

_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "new": "CAKE",
            "changed": "CAKE CHANGED",
            "pickup": "for {when}.",
            "delivery": "for delivery {when}.",
            "allergy": "ALLERGY NOTE!",
            "board": "Text: see board",
            "said_new": "A cake was ordered and paid.",
            "said_changed": "A cake of an order that is paid was added or changed.",
            "said_pickup": "Pickup: {when}.",
            "said_delivery": "Delivery: {when}.",
            "said_order": "The order's number ends in {number}.",
            "said_allergy": "Attention: there is an allergy note.",
            "said_message": "Written on it: {text}.",
        },
        "fr": {
            "new": "GÂTEAU",
            "changed": "GÂTEAU MODIFIÉ",
            "pickup": "pour {when}.",
            "delivery": "livraison {when}.",
            "allergy": "NOTE D'ALLERGIE!",
            "board": "Texte: au tableau",
            "said_new": "Un gâteau a été commandé et payé.",
            "said_changed": "Un gâteau d'une commande payée a été ajouté ou modifié.",
            "said_pickup": "Retrait : {when}.",
            "said_delivery": "Livraison : {when}.",
            "said_order": "Le numéro de commande finit par {number}.",
            "said_allergy": "Attention : il y a une note d'allergie.",
            "said_message": "À écrire dessus : {text}.",
        },
    }
)
LANGUAGES = tuple(_WORDS)


@dataclass(frozen=True)
class CakeLine:
    """One cake of the order: how many, its flavour with its size, and what is written on it."""

    quantity: int
    name: str
    message: str


def fits(text: str, *, reserve: int = LINK_RESERVE) -> bool:
    """Tell whether ``text`` and ``reserve`` further plain characters fit in two segments."""
    return count_segments(text + "x" * reserve) <= SEGMENTS


def plain(text: str) -> str:
    """Return ``text`` in the 7-bit alphabet: without accents that it lacks, else with ``?``.

    For names and words of our own; what is written on a cake is never changed.
    """
    return "".join(map(_plain_char, unicodedata.normalize("NFC", text)))


def _plain_char(char: str) -> str:
    if is_basic(char):
        return char
    if char.isspace():
        return " "
    base = unicodedata.normalize("NFD", char)[:1]
    return base if base and is_basic(base) else "?"


def _shorten(text: str, size: int) -> str:
    return text if len(text) <= size else text[: max(0, size - 3)].rstrip() + "..."


def _quoted(head: str, message: str, reserve: int) -> str | None:
    """Return ``head`` with as much of ``message`` as fits; None when that is hardly any."""
    longest = min(len(message), max(0, _ROOM - reserve - len(head)))
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
    delivery: bool = False,
    changed: bool = False,
    language: str = "en",
    reserve: int = LINK_RESERVE,
) -> str:
    """Return the text: number, time, cakes, allergy flag, and the message as far as it fits.

    What does not fit is on the board; a text that is cut says so. Plain facts come first, so that
    a cut never hides the number, the time or the allergy flag.
    """
    words = _WORDS.get(language, _WORDS["en"])
    when = words["delivery" if delivery else "pickup"].format(when=pickup)
    lead = f"{words['changed' if changed else 'new']} {number} {when}"
    names = "; ".join(f"{cake.quantity}x {cake.name}" for cake in cakes)
    head = _head(plain(f"{lead} {words['allergy']}" if allergy else lead), names, words, reserve)
    messages = [" ".join(cake.message.split()) for cake in cakes if cake.message.strip()]
    if not messages:
        return head
    return _quoted(head, " / ".join(messages), reserve) or f"{head} {words['board']}"


def _head(lead: str, names: str, words: Mapping[str, str], reserve: int) -> str:
    # A name in another script would cost the whole message its room.
    room = _ROOM - reserve - len(lead) - len(words["board"]) - 2
    return f"{lead} {_shorten(plain(names), room)}"


def spoken_alert(
    number: str,
    *,
    pickup: str,
    cakes: Sequence[CakeLine],
    allergy: bool,
    delivery: bool = False,
    changed: bool = False,
    language: str = "en",
) -> str:
    """Return what a telephone call says: everything, since it is not limited."""
    words = _WORDS.get(language, _WORDS["en"])
    messages = [" ".join(cake.message.split()) for cake in cakes if cake.message.strip()]
    sentences = [
        words["said_changed" if changed else "said_new"],
        *(f"{cake.quantity} x {cake.name}." for cake in cakes),
        words["said_delivery" if delivery else "said_pickup"].format(when=pickup),
        words["said_allergy"] if allergy else "",
        *(words["said_message"].format(text=text) for text in messages),
        # Letter by letter: nobody understands it as a word.
        words["said_order"].format(number=" ".join(number[-4:])),
    ]
    return " ".join(filter(None, sentences))
