"""Whether somebody may take an order with them: codes as they are said, scanned and judged."""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from apps.orders.rules.numbers import ALPHABET
from apps.orders.states import Fulfilment, OrderStatus

# So many wrong codes within the window close the order to further ones until the window is over.
TRIES = 5
TRIES_WINDOW = timedelta(minutes=10)
# How long after it was paid an order may go over the counter at once, without its code.
AT_ONCE_WITHIN = timedelta(minutes=30)
# Letters that are not in the alphabet and are taken for a digit (Crockford's base 32).
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0"})
_NUMBER = r"B-\d{6}-[0-9A-Z]{4,5}(?:-\d{1,3})?"
_SCAN = re.compile(rf"(?P<number>{_NUMBER})\.(?P<code>[0-9A-Z]{{6}})\b")
_ONLY_NUMBER = re.compile(rf"\s*(?P<number>{_NUMBER})\s*")


@dataclass(frozen=True)
class Scan:
    """What a reader typed: the number of an order, and its code if that was in it."""

    number: str
    code: str


def scan_text(number: str, code: str) -> str:
    """Return what the QR code of an order says, without its address."""
    return f"{number}.{code}"


def read_scan(text: str) -> Scan | None:
    """Return what is in a scanned address, a scanned text or a typed number; None if nothing."""
    upper = text.upper()
    found = _SCAN.search(upper)
    if found:
        return Scan(found["number"], found["code"])
    found = _ONLY_NUMBER.fullmatch(upper)
    return Scan(found["number"], "") if found else None


def clean_code(text: str) -> str:
    """Return a code as it is kept, from what was said, typed with spaces or scanned as a whole."""
    scanned = read_scan(text)
    if scanned and scanned.code:
        return scanned.code
    plain = text.upper().translate(_READ_AS)
    return "".join(letter for letter in plain if letter in ALPHABET)


def code_fits(code: str, given: str) -> bool:
    """Tell whether ``given`` is the order's ``code``; an order without one has none that fits."""
    return bool(code) and hmac.compare_digest(code, clean_code(given))


def locked_until(wrong_at: list[datetime]) -> datetime | None:
    """Return until when no code is judged; ``wrong_at`` are the wrong ones within the window."""
    if len(wrong_at) < TRIES:
        return None
    return sorted(wrong_at)[-TRIES] + TRIES_WINDOW


def needs_proof(total: Decimal, *, limit: Decimal) -> bool:
    """Tell whether an order of ``total`` is signed for or photographed."""
    return total >= limit


def has_pickup_code(status: str, fulfilment: str, code: str) -> bool:
    """Tell whether an order has a code that its customer needs: paid, to be picked up, not out."""
    waits = {OrderStatus.PAID, OrderStatus.IN_PRODUCTION, OrderStatus.READY, OrderStatus.NO_SHOW}
    return bool(code) and fulfilment == Fulfilment.PICKUP and status in waits
