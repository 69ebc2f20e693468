"""Who is reminded and who is held out, so that what reminders change can be measured. Pure."""

import hashlib
from decimal import Decimal

from apps.recovery.states import Arm

_PARTS = 1_000_000


def arm_of(person: str, *, percent: Decimal) -> Arm:
    """Return the group of ``person``, a key that stays the same; ``percent`` are held out.

    By a hash and not by chance: the same person is in the same group with each cart, and raising
    the share moves people in one direction only.
    """
    digest = hashlib.sha256(f"recovery-group:{person}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") % _PARTS
    return Arm.HELD_OUT if place < percent * _PARTS / 100 else Arm.REMINDED
