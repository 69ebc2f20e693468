"""Codes of gift cards and invitations: how they are made, read and kept. Pure."""

import hashlib
import hmac
import secrets
from uuid import UUID

# Crockford's base 32: no I, L, O and U, so that nothing is misread or spells a word.
# https://www.crockford.com/base32.html
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GIFT_LENGTH = 16
REFERRAL_LENGTH = 8
# Where a browser keeps the code of the invitation that it opened.
INVITATION_COOKIE = "invitation"
_LONGEST_TYPED = 64
_MISREAD = str.maketrans("OIL", "011")


def gift_code(public_id: UUID, *, key: str) -> str:
    """Return the code of a card: 80 bits that only who has ``key`` can compute.

    Derived, not stored: the mail that carries it is written when it is sent, and a printout
    that failed can be repeated, while the database alone gives no code away.
    """
    mac = hmac.new(key.encode(), b"gift-card-code:" + public_id.bytes, hashlib.sha256).digest()
    bits = int.from_bytes(mac[:10], "big")
    return "".join(ALPHABET[bits >> (5 * place) & 31] for place in reversed(range(GIFT_LENGTH)))


def digest_of(code: str, *, key: str) -> str:
    """Return what is stored of a card's code."""
    return hmac.new(key.encode(), b"gift-card:" + code.encode(), hashlib.sha256).hexdigest()


def read_code(text: str, *, length: int) -> str:
    """Return a typed code as it was made, misread letters put right; "" for what is none."""
    if len(text) > _LONGEST_TYPED:
        return ""
    kept = "".join(char for char in text.upper() if not char.isspace() and char not in "-_.\u2013")
    kept = kept.translate(_MISREAD)
    is_code = len(kept) == length and all(char in ALPHABET for char in kept)
    return kept if is_code else ""


def grouped(code: str) -> str:
    """Return a code as people read it: in groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def new_referral_code() -> str:
    """Return a random code to invite with; it gives nothing away, so 40 bits are enough."""
    return "".join(secrets.choice(ALPHABET) for _ in range(REFERRAL_LENGTH))
