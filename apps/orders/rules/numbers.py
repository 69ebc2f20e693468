"""Order numbers: short enough to say at the counter, too many to guess."""

import secrets
from datetime import date

# Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O or U, so that a number
# read aloud or off a receipt cannot be taken for another.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SUFFIX_LENGTH = 4
SUFFIXES = len(ALPHABET) ** SUFFIX_LENGTH
PICKUP_LENGTH = 6


def order_number(day: date, entropy: int) -> str:
    """Return ``B-YYMMDD-XXXX`` for the shop's ``day``; ``entropy`` is random, below SUFFIXES."""
    if not 0 <= entropy < SUFFIXES:
        raise ValueError(f"entropy must be below {SUFFIXES}")
    suffix = ""
    for _ in range(SUFFIX_LENGTH):
        entropy, digit = divmod(entropy, len(ALPHABET))
        suffix = ALPHABET[digit] + suffix
    return f"B-{day:%y%m%d}-{suffix}"


def new_pickup_code() -> str:
    """Return six random characters to be said at the counter; it is asked for with the number."""
    return "".join(secrets.choice(ALPHABET) for _ in range(PICKUP_LENGTH))
